import type { HeaderList } from "../events/headers.js";
import { elementText } from "../events/xml-text.js";
import { fieldAt, parseJsonBody, scalarText } from "../signatures/body.js";
import { fieldsOf, formField, type FormFields } from "../signatures/form.js";
import { findHeader } from "../signatures/spelling.js";
import { queryParameter } from "../signatures/url.js";
import type { ValueSource } from "./provider.js";

/** A request in which values are looked for. */
export interface Describable {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** Types and ids are short words; what is longer is none, and would only fill the store's index. */
const MAX_VALUE_LENGTH = 512;
/** Forms over this are not searched for an event type. */
const MAX_FORM_BYTES = 1024 * 1024;
/** Of XML no more than its start. */
const MAX_XML_BYTES = 64 * 1024;

/** What stands in places of a request; `undefined` where nothing does, or too much. Untrusted text. */
export function placeReader(request: Describable): (source: ValueSource) => string | undefined {
  const reader = makeReader(request);
  return (source) => valueOf(source, reader);
}

/** A request, and its body read at most once in each way. */
export interface Reader {
  readonly request: Describable;
  readonly json: () => unknown;
  readonly form: () => FormFields;
}

/** Reads nothing yet. */
export function makeReader(request: Describable): Reader {
  return { request, json: once(() => parseJsonBody(request.body)), form: once(() => readForm(request)) };
}

function readForm(request: Describable): FormFields {
  const type = findHeader(request.headers, "content-type");
  return type.count === 1 && request.body.length <= MAX_FORM_BYTES ? fieldsOf(request) : [];
}

type PlaceOf<Place extends ValueSource["in"]> = Extract<ValueSource, { readonly in: Place }>;

const PLACES: {
  readonly [Place in ValueSource["in"]]: (reader: Reader, source: PlaceOf<Place>) => string | undefined;
} = {
  header: ({ request }, { name }) => request.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1],
  body: ({ json }, { path }) => scalarText(fieldAt(json(), path)),
  form: ({ form }, { name }) => formText(form(), name),
  formJson: ({ form }, { name, path }) => {
    const text = formField(form(), name);
    return text === undefined ? undefined : scalarText(fieldAt(parseJsonBody(Buffer.from(text, "latin1")), path));
  },
  query: ({ request }, { name }) => queryParameter(request.path, name),
  xml: ({ request, form }, { element, form: field }) => {
    const xml = field === undefined ? request.body : Buffer.from(formField(form(), field) ?? "", "base64");
    return elementText(Buffer.from(xml.subarray(0, MAX_XML_BYTES)).toString("utf8"), element);
  },
};

/** What stands in the first place where something does. */
export function firstValue(sources: readonly ValueSource[], reader: Reader): string | null {
  for (const source of sources) {
    const value = valueOf(source, reader);
    if (value !== undefined) return value;
  }
  return null;
}

function valueOf<Place extends ValueSource["in"]>(
  source: PlaceOf<Place> & { readonly in: Place },
  reader: Reader,
): string | undefined {
  const raw = PLACES[source.in](reader, source);
  const { names, prefix = "", also, as }: ValueSource = source;
  // Of what is called after its place it is enough that the place is there.
  if (raw === undefined || (raw === "" && as === undefined) || raw.length > MAX_VALUE_LENGTH) return undefined;
  const value = as ?? prefix + (names !== undefined && Object.hasOwn(names, raw) ? names[raw] : raw);
  const second = also === undefined ? undefined : valueOf(also, reader);
  return second === undefined ? value : `${value}.${second}`;
}

function formText(fields: FormFields, name: string): string | undefined {
  const value = formField(fields, name);
  return value === undefined ? undefined : Buffer.from(value, "latin1").toString("utf8");
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
