/*
 * Form bodies, read by bytes: percent escapes become bytes, never text, so that a body that is not UTF-8 is signed as it
 * was sent. Names and values are latin1 strings: one character is one byte.
 */

import { headerValue, isFormType, type HeaderList } from "../events/headers.js";
import { partsOf } from "../events/pretty-multipart.js";

/** Fields in the order of the body. */
export type FormFields = readonly (readonly [name: string, value: string])[];

/** Reads `application/x-www-form-urlencoded`. Never fails: a wrong escape stands for itself, as in the URL standard. */
export function parseForm(body: Uint8Array): FormFields {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1");
  return text
    .split("&")
    .filter((item) => item !== "")
    .map((item) => {
      const at = item.indexOf("=");
      return at < 0 ? [unescape(item), ""] : [unescape(item.slice(0, at)), unescape(item.slice(at + 1))];
    });
}

/**
 * A form's fields. A body that is no form as its content type has it is one field without a name: where fields are signed
 * it is signed too, and cannot be put beside a signature of none.
 */
export function fieldsOf({ headers, body }: { readonly headers: HeaderList; readonly body: Uint8Array }): FormFields {
  const type = headerValue(headers, "content-type");
  if (type === undefined || isFormType(type)) return parseForm(body);
  const read = /^\s*multipart\/form-data/i.test(type) ? partsOf(body, type) : undefined;
  if (read !== undefined && !read.areMore)
    return read.parts.map(({ name = "", body: value }) => [name, Buffer.from(value).toString("latin1")]);
  return body.length === 0 ? [] : [["", Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1")]];
}

/** The value of a field that stands there once: of several, the app may read another one. */
export function formField(fields: FormFields, name: string): string | undefined {
  const [only, ...others] = fields.filter(([key]) => key === name);
  return others.length === 0 ? only?.[1] : undefined;
}

/** Names and values joined, sorted by name; of a repeated name the values sorted, each once. Twilio's rule, and Mandrill's. */
export function sortedFields(fields: FormFields): string {
  const byName = new Map<string, Set<string>>();
  for (const [name, value] of fields) {
    const values = byName.get(name);
    if (values === undefined) byName.set(name, new Set([value]));
    else values.add(value);
  }
  const names = sortAsText([...byName.keys()]);
  return names
    .map((name) =>
      sortAsText([...(byName.get(name) ?? [])])
        .map((value) => name + value)
        .join(""),
    )
    .join("");
}

/** Sorted by name, as PHP's serialize writes an array of strings; lengths are bytes. */
export function phpFields(fields: FormFields): string {
  const sorted = fields.toSorted(([a], [b]) => byCodeUnits(a, b));
  const items = sorted.map(([name, value]) => `${phpString(name)}${phpString(value)}`);
  return `a:${sorted.length}:{${items.join("")}}`;
}

function phpString(text: string): string {
  return `s:${text.length}:"${text}";`;
}

/** The order of JavaScript's own sort. */
export function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Sorted as the providers' libraries do: by UTF-16 code units of the text. */
function sortAsText(values: string[]): string[] {
  if (values.length < 2) return values;
  const keyed = values.map((value) => [Buffer.from(value, "latin1").toString("utf8"), value] as const);
  return keyed.toSorted(([a], [b]) => byCodeUnits(a, b)).map(([, value]) => value);
}

function unescape(text: string): string {
  return text
    .replaceAll("+", " ")
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
