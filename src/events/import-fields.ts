import { CliError } from "../errors.js";
import { isToken, type HeaderList } from "./headers.js";
import { isEventIdPrefix } from "./id.js";

// What is imported was written by somebody else: every field is looked at before it becomes part of an event.

/** Names and ids; the store keeps an index over them. */
export const MAX_WORD_LENGTH = 4096;
/** A request target that no server would take is longer. */
const MAX_PATH_LENGTH = 64 * 1024;
/** All names and values of a header list together; servers take 64 KiB. */
const MAX_HEADER_LENGTH = 1024 * 1024;
/** The years 1970 to 9999: what a date can be written as. */
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const EVENT_ID_LENGTH = "evt_".length + 26;

/** A JSON object whose fields are not known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object. Throws CliError 2. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (isFields(value)) return value;
  throw new CliError(`${what} is not an object`);
}

/** True for a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of its own, never one of the prototype. */
export function field(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** A text, at most `limit` characters. Throws CliError 2. */
export function textField(fields: Fields, name: string, limit = MAX_WORD_LENGTH): string {
  const value = field(fields, name);
  if (typeof value !== "string") throw new CliError(`${name} is ${value === undefined ? "missing" : "not a text"}`);
  if (value.length > limit) throw new CliError(`${name} is longer than ${limit} characters`);
  return value;
}

/** A text, or `null` when it is not there. Throws CliError 2. */
export function textOrNull(fields: Fields, name: string): string | null {
  return (field(fields, name) ?? null) === null ? null : textField(fields, name);
}

/** A number between `min` and `max`, or `null` when it is not there. Throws CliError 2. */
export function numberOrNull(fields: Fields, name: string, max = Number.MAX_SAFE_INTEGER): number | null {
  const value = field(fields, name) ?? null;
  if (value === null) return null;
  if (typeof value === "number" && value >= 0 && value <= max) return value;
  throw new CliError(`${name} is not a number from 0 to ${max}`);
}

/** One of a list of words; `fallback` when it is not there. Throws CliError 2. */
export function wordField<Word extends string>(
  fields: Fields,
  name: string,
  { words, fallback }: { readonly words: readonly Word[]; readonly fallback: Word },
): Word {
  const value = field(fields, name);
  if (value === undefined) return fallback;
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  throw new CliError(`${name} is none of ${words.join(", ")}`);
}

/** A date in RFC 3339 as milliseconds since 1970. Throws CliError 2. */
export function timeField(fields: Fields, name: string): number {
  const text = textField(fields, name, 64);
  return checkedTime(/^\d{4}-\d{2}-\d{2}[T ]/.test(text) ? Date.parse(text) : Number.NaN, name);
}

/** Milliseconds since 1970 that a date can be written for. Throws CliError 2. */
export function checkedTime(ms: number, name: string): number {
  if (Number.isFinite(ms) && ms >= 0 && ms <= LATEST_MS) return Math.trunc(ms);
  throw new CliError(`${name} is not a date`);
}

/** A request's method. Throws CliError 2. */
export function checkedMethod(method: string): string {
  if (method.length <= 64 && isToken(method)) return method;
  throw new CliError("method is not an HTTP method");
}

/**
 * A request target: latin1 without spaces and control characters, a path or `*`. A whole URL is reduced to its path, as the
 * listener does. Throws CliError 2 for all else: behind a target's authority it would be a part of that.
 */
export function checkedPath(target: string): string {
  const rest = /^https?:\/\/[^/?#]+(.*)$/is.exec(target)?.[1];
  const path = rest === undefined || rest.startsWith("/") ? (rest ?? target) : `/${rest}`;
  if (path.length <= MAX_PATH_LENGTH && /^(?:\*|\/[\x21-\x7e\x80-\xff]*)$/.test(path)) return path;
  throw new CliError("path is not a request target");
}

/** Pairs of header name and value: names are tokens, values latin1 without control characters. Throws CliError 2. */
export function checkedHeaders(value: unknown, what: string): HeaderList {
  if (!Array.isArray(value)) throw new CliError(`${what} is not a list of pairs`);
  let length = 0;
  const pairs = value.map((pair: unknown): readonly [string, string] => {
    const [name, text] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof name !== "string" || typeof text !== "string") throw new CliError(`${what} is not a list of pairs`);
    if (!isToken(name)) throw new CliError(`${what} has a name that is none: ${JSON.stringify(name.slice(0, 60))}`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text))
      throw new CliError(`the value of ${name} in ${what} is no header text`);
    length += name.length + text.length;
    return [name, text];
  });
  if (length > MAX_HEADER_LENGTH) throw new CliError(`${what} is longer than ${MAX_HEADER_LENGTH} characters`);
  return pairs;
}

/** True for a whole event id. */
export function isEventId(text: string): boolean {
  return text.length === EVENT_ID_LENGTH && isEventIdPrefix(text);
}

/** Bytes in base64, of either alphabet. Throws CliError 2. */
export function base64Bytes(text: string, what: string): Uint8Array {
  if (/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return Buffer.from(text, "base64");
  throw new CliError(`${what} is not base64`);
}
