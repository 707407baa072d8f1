import { CliError } from "../errors.js";
import { eventFromJson } from "./event-from-json.js";
import { field, isFields, type Fields } from "./import-fields.js";
import { isGithubDelivery, readGithubDelivery } from "./import-github.js";
import { harEntries, isHarEntry, readHarEntry } from "./import-har.js";
import type { Imported, ImportForm } from "./import-request.js";
import { jsonSource, type JsonPath, type JsonSource } from "./import-slice.js";
import { isSmeeMessage, readSmeeMessage } from "./import-smee.js";
import { isStripeEvent, isStripeFixture, readStripeEvent, refuseStripeFixture } from "./import-stripe.js";

/** Something in a JSON document that is an event, or should be one. `read` throws CliError 2 when it cannot be one. */
export interface JsonItem {
  /** Which of a list it is, from 0; `undefined` when it is no part of one. */
  readonly index: number | undefined;
  readonly read: () => Imported;
}

interface Place {
  readonly path: JsonPath;
  readonly source: JsonSource;
}

interface JsonForm {
  readonly form: ImportForm;
  readonly fits: (fields: Fields) => boolean;
  readonly read: (fields: Fields, place: Place) => Imported;
}

/** The forms of one event, each known by fields that no other has. */
const JSON_FORMS: readonly JsonForm[] = [
  {
    form: "ndjson",
    fits: (fields) => typeof field(fields, "receivedAt") === "string" && field(fields, "method") !== undefined,
    read: (fields) => ({ kind: "event", event: eventFromJson(fields) }),
  },
  { form: "har", fits: isHarEntry, read: (fields) => readHarEntry(fields) },
  {
    form: "stripe",
    fits: isStripeEvent,
    read: (fields, { source, path }) => request("stripe", readStripeEvent(fields, source.exact(path))),
  },
  { form: "stripe", fits: isStripeFixture, read: refuseStripeFixture },
  {
    form: "github",
    fits: isGithubDelivery,
    read: (fields, { source, path }) =>
      request(
        "github",
        readGithubDelivery(fields, () => source.compact([...path, "request", "payload"])),
      ),
  },
  {
    form: "smee",
    fits: isSmeeMessage,
    read: (fields, { source, path }) =>
      request(
        "smee",
        readSmeeMessage(fields, () => source.compact([...path, "body"])),
      ),
  },
];

/** Lines of `listen --json` that tell of no event. */
const LISTEN_TALK = new Set(["ready", "attempt", "tunnel", "done"]);

/**
 * The events in a JSON document of any form: one of them, a list, a HAR file, a list of Stripe's API, a line of
 * `listen --json`. `only`: the form that everything must have.
 *
 * @param bytes the document, which `JSON.parse` takes
 */
export function* jsonItems(bytes: Uint8Array, value: unknown, only?: ImportForm): Iterable<JsonItem> {
  const source = jsonSource(bytes);
  for (const { value: one, path, index } of membersOf(value)) {
    yield { index, read: () => readItem(one, { source, path }, only) };
  }
}

function* membersOf(value: unknown): Iterable<{ value: unknown; path: JsonPath; index: number | undefined }> {
  const list = listIn(value);
  if (list !== undefined) {
    for (const [index, one] of list.items.entries()) yield { value: one, path: [...list.path, index], index };
  } else if (!isFields(value)) yield { value, path: [], index: undefined };
  else if (isFields(field(value, "event")) && field(value, "type") === "event") {
    yield { value: field(value, "event"), path: ["event"], index: undefined };
  } else if (!isTalk(value)) yield { value, path: [], index: undefined };
}

function listIn(value: unknown): { readonly items: readonly unknown[]; readonly path: JsonPath } | undefined {
  if (Array.isArray(value)) return { items: value, path: [] };
  if (!isFields(value)) return undefined;
  const entries = harEntries(value);
  if (entries !== undefined) return { items: entries, path: ["log", "entries"] };
  const data = field(value, "data");
  return field(value, "object") === "list" && Array.isArray(data) ? { items: data, path: ["data"] } : undefined;
}

function isTalk(fields: Fields): boolean {
  return LISTEN_TALK.has(String(field(fields, "type"))) && typeof field(fields, "at") === "string";
}

function readItem(value: unknown, place: Place, only: ImportForm | undefined): Imported {
  const fields = isFields(value) ? value : undefined;
  const row = fields === undefined ? undefined : JSON_FORMS.find(({ fits }) => fits(fields));
  if (fields === undefined || row === undefined) {
    throw new CliError(
      only === undefined ? "this is no event of any form that is known" : `this is no event in the form ${only}`,
    );
  }
  if (only !== undefined && row.form !== only) throw new CliError(`this is ${row.form}, not ${only}`);
  return row.read(fields, place);
}

function request(form: ImportForm, made: Extract<Imported, { kind: "request" }>["request"]): Imported {
  return { kind: "request", form, request: made };
}
