import { suggestion } from "../nearest.js";
import type { OutgoingHeader, ValueSource } from "../provider.js";
import { headerName, path, words } from "./members.js";
import { choice, DefinitionError, either, lazy, list, mapped, optional, record, text, variants } from "./shape.js";
import type { Place, Shape } from "./shape.js";

/** Where the schema of the config has a place in full. */
export const PLACE_REF = "#/definitions/place";

const WRITTEN = /^(header|body|form|query):([^\0]+)$/;

/** `header:X-Event`, `body:data.type`, `form:name`, `query:name`. */
const place: Shape<ValueSource> = mapped(
  text('a place such as "header:X-Event" or "body:data.type"', WRITTEN),
  (written, at) => {
    const [, where = "", what = ""] = WRITTEN.exec(written) ?? [];
    if (where === "body") return { in: "body", path: path.read(what, at) };
    if (where === "header") return { in: "header", name: headerName.read(what, at) };
    return { in: where === "form" ? "form" : "query", name: what };
  },
);

const nested: Shape<ValueSource> = lazy('a place such as "header:X-Event"', PLACE_REF, () => valueSource);

const beside = {
  also: optional(nested),
  names: optional(record(/^/, "words by word", words)),
  prefix: optional(words),
  as: optional(words),
};

/** A place, in short or in full. */
export const valueSource: Shape<ValueSource> = either<ValueSource>(
  place,
  variants<ValueSource, "in">("in", {
    header: { name: headerName, ...beside },
    body: { path, ...beside },
    form: { name: words, ...beside },
    formJson: { name: words, path, ...beside },
    query: { name: words, ...beside },
    xml: { element: words, form: optional(words), ...beside },
  }),
);

/** One place or several, the first that has a value counts. */
export const valueSources: Shape<readonly ValueSource[]> = either<readonly ValueSource[]>(
  mapped(place, (one) => [one]),
  mapped(nested, (one) => [one]),
  list(nested, 0),
);

type Outgoing = OutgoingHeader["value"];

const SENT: Readonly<Record<string, Outgoing>> = {
  "{eventType}": { from: "eventType" },
  "{eventId}": { from: "eventId" },
  "{deliveryId}": { from: "deliveryId" },
  "{now}": { from: "now" },
  "{nowSeconds}": { from: "nowSeconds" },
};

/** What a header of the provider holds: one of the words in braces, or a text. */
const sent: Shape<Outgoing> = either<Outgoing>(
  mapped(
    text("a header's value, or one of {eventType}, {eventId}, {deliveryId}, {now}, {nowSeconds}", /^[\t\x20-\x7e]+$/),
    sentOf,
  ),
  variants<Outgoing, "from">("from", {
    literal: { text: words },
    eventType: {
      form: optional(choice({ whole: true, beforeDot: true, slash: true, colon: true })),
      names: optional(record(/^/, "words by event type", words)),
    },
    eventId: {},
    deliveryId: {},
    now: {},
    nowSeconds: {},
  }),
);

function sentOf(written: string, at: Place): Outgoing {
  if (!written.includes("{")) return { from: "literal", text: written };
  const known = SENT[written];
  if (known !== undefined) return known;
  throw new DefinitionError(at, `unknown value ${written}`, suggestion(written, Object.keys(SENT)));
}

/** Headers that go with each event, by name. */
export const outgoing: Shape<readonly OutgoingHeader[]> = mapped(
  record(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "values by header", sent),
  (byName): readonly OutgoingHeader[] => Object.entries(byName).map(([name, value]) => ({ name, value })),
);
