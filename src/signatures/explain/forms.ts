import { scalarText } from "../body.js";
import { parseForm, type FormFields } from "../form.js";
import { permutations } from "./key-order.js";
import { fromLatin1, latin1, MAX_TEXT_BYTES, utf8, type BodyVariant } from "./body.js";
import { quoted } from "./mask.js";

/** Fields that providers send JSON in. */
const JSON_FIELDS = ["payload", "json", "data", "mandrill_events"];
/** Larger bodies are not taken for a form, or for one that was parsed. */
const MAX_FORM_BYTES = 2 ** 20;
const MAX_FIELDS = 2_000;

/** The JSON inside a form, the form around JSON, and forms encoded in other ways. */
export function* formVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length === 0 || body.length > Math.min(MAX_TEXT_BYTES, MAX_FORM_BYTES)) return;
  const text = latin1(body);
  if (/^\s*[{[]/.test(text)) {
    yield* formsOfJson(body);
    return;
  }
  if (text.startsWith("--")) yield* partsOf(text);
  if (/^[^\s{}<>"]+=/.test(text)) yield* otherForms(parseForm(body), text);
}

function* formsOfJson(body: Uint8Array): Generator<BodyVariant> {
  const text = utf8(body);
  for (const field of JSON_FIELDS) {
    const spaced = encodeURIComponent(text);
    const about = `the form ${field}=... that this JSON came in`;
    yield formed(`${field}=${encodeAs.whatwg(fromUtf8(text))}`, about);
    yield formed(`${field}=${encodeAs.php(fromUtf8(text))}`, about);
    yield formed(`${field}=${spaced}`, about);
    yield formed(`${field}=${fromUtf8(text)}`, `${about}, not encoded`);
  }
  const fields = fieldsOfJson(text);
  if (fields === undefined) return;
  for (const [title, encode] of ENCODERS) {
    yield formed(written(fields, encode), `the form whose fields this JSON has, encoded as ${title} does`);
  }
}

/** A form that was parsed into an object and written as JSON: its fields again, in PHP's names for what is nested. */
function fieldsOfJson(text: string): FormFields | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields: [string, string][] = [];
  collect(value, "", fields);
  return fields.length === 0 || fields.length > MAX_FIELDS ? undefined : fields;
}

function collect(value: object, prefix: string, fields: [string, string][]): void {
  for (const [key, item] of Object.entries(value) as [string, unknown][]) {
    if (fields.length > MAX_FIELDS) return;
    const inArray = Array.isArray(value);
    const name = prefix === "" ? key : `${prefix}[${inArray && typeof item !== "object" ? "" : key}]`;
    if (typeof item === "object" && item !== null && prefix.length < 1_000) collect(item, name, fields);
    else fields.push([fromUtf8(name), fromUtf8(scalarText(item) ?? "")]);
  }
}

function* otherForms(fields: FormFields, text: string): Generator<BodyVariant> {
  const jsonFields = fields.filter(([name, value]) => JSON_FIELDS.includes(name) || /^\s*[{[]/.test(value));
  for (const [name, value] of jsonFields.slice(0, 5)) {
    yield {
      bytes: fromLatin1(value),
      cause: "body_form",
      about: `the value of the form field ${quoted(name.slice(0, 40))}`,
    };
  }
  if (fields.length > MAX_FIELDS) return;
  const lists = fields.map(([name, value]) => [name.replace(/\[\d+\]$/, "[]"), value] as const);
  const orders: readonly (readonly [FormFields, string])[] = [
    [fields, ""],
    [fields.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))), ", sorted by name"],
    [fields.filter(([, value]) => value !== ""), ", without its empty fields"],
    [lists, ", with [] for each index"],
    ...dotted(fields).map((changed) => [changed, ", with dots in names, of which PHP makes _"] as const),
  ];
  for (const [ordered, words] of orders) {
    for (const [title, encode] of ENCODERS) {
      const changed = written(ordered, encode);
      if (changed !== text) yield formed(changed, `the form encoded as ${title} does${words}`);
    }
  }
  const lower = text.replace(/%[0-9A-F]{2}/g, (found) => found.toLowerCase());
  if (lower !== text) yield formed(lower, "the form with lower-case %-escapes");
}

/** PHP makes `_` of dots in names: of all, or of one. */
function dotted(fields: FormFields): FormFields[] {
  const names = [...new Set(fields.map(([name]) => name))].filter((name) => name.includes("_")).slice(0, 20);
  const sets = names.length === 0 ? [] : [names, ...(names.length > 1 ? names.map((name) => [name]) : [])];
  return sets.map((set) =>
    fields.map(([name, value]) => [set.includes(name) ? name.replaceAll("_", ".") : name, value] as const),
  );
}

/** With more fields not all orders are tried: 720. */
const MAX_ORDERED = 6;

/** A form with its fields in any other order, each as it is encoded. */
export function* formOrderVariants(body: Uint8Array): Generator<BodyVariant> {
  const text = body.length > 65_536 ? "" : latin1(body);
  const items = /^[^\s{}<>"]+=/.test(text) ? text.split("&") : [];
  if (items.length < 2 || items.length > MAX_ORDERED) return;
  for (const order of permutations(items)) yield formed(order.join("&"), "the form with its fields in another order");
}

function written(fields: FormFields, encode: (text: string) => string): string {
  return fields.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
}

/** How languages encode names and values. Names and values are latin1: one character is one byte. */
const encodeAs = {
  whatwg: (text: string) => escaped(text, /[^A-Za-z0-9*._ -]/g).replaceAll(" ", "+"),
  php: (text: string) => escaped(text, /[^A-Za-z0-9._ -]/g).replaceAll(" ", "+"),
  python: (text: string) => escaped(text, /[^A-Za-z0-9._~ -]/g).replaceAll(" ", "+"),
  rfc3986: (text: string) => escaped(text, /[^A-Za-z0-9._~-]/g),
  component: (text: string) => escaped(text, /[^A-Za-z0-9._~!'()*-]/g),
  qs: (text: string) => escaped(text, /[^A-Za-z0-9._~()-]/g),
  brackets: (text: string) => escaped(text, /[^A-Za-z0-9._~[\]-]/g),
  lower: (text: string) =>
    escaped(text, /[^A-Za-z0-9._~ -]/g)
      .replaceAll(" ", "+")
      .replace(/%[0-9A-F]{2}/g, (found) => found.toLowerCase()),
  plain: (text: string) => text,
};

const TITLES: Readonly<Record<keyof typeof encodeAs, string>> = {
  whatwg: "URLSearchParams",
  php: "PHP",
  python: "Python",
  rfc3986: "RFC 3986 says (%20)",
  component: "encodeURIComponent",
  qs: "the package qs",
  brackets: "RFC 3986 says, brackets left as they are,",
  lower: ".NET",
  plain: "a program that escapes nothing",
};

const ENCODERS = (Object.keys(TITLES) as (keyof typeof encodeAs)[]).map(
  (name) => [TITLES[name], encodeAs[name]] as const,
);

function escaped(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

/** The first parts of a multipart body. */
function* partsOf(text: string): Generator<BodyVariant> {
  const [boundary = ""] = text.split(/\r?\n/, 1);
  if (boundary.length < 4 || boundary.length > 80) return;
  for (const part of text.split(boundary).slice(1, 6)) {
    const value = /\r?\n\r?\n([\s\S]*?)\r?\n$/.exec(part)?.[1];
    const name = /name="([^"]{1,40})"/.exec(part)?.[1] ?? "";
    if (value !== undefined) yield formed(value, `the value of the part ${quoted(name)} of the form`);
  }
}

function formed(text: string, about: string): BodyVariant {
  return { bytes: fromLatin1(text), cause: "body_form", about };
}

function fromUtf8(text: string): string {
  return Buffer.from(text).toString("latin1");
}
