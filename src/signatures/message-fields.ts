import type { HeaderList } from "../events/headers.js";
import {
  parseDictionary,
  parseItem,
  parseList,
  writeDictionary,
  writeList,
  writeMember,
  type Parameters,
} from "./structured-field.js";

/* What RFC 9421 takes from a request's header fields (its section 2.1). */

/** The lines of a field in their order, blanks around them dropped. */
export function fieldLines(headers: HeaderList, name: string): string[] {
  return headers.flatMap(([key, value]) => (key.toLowerCase() === name ? [trimmed(value)] : []));
}

/** All lines of a field as one value; `undefined`: there is none. */
export function fieldValue(headers: HeaderList, name: string): string | undefined {
  const lines = fieldLines(headers, name);
  return lines.length === 0 ? undefined : lines.join(", ");
}

/**
 * A field in the form that its parameters ask for: as it is, `sf` in its strict writing, `key` one member of a dictionary,
 * `bs` each line as bytes.
 *
 * @returns `undefined` when the field has no such form
 */
export function fieldInForm(lines: readonly string[], parameters: Parameters): string | undefined {
  const key = parameters.get("key");
  if (parameters.has("bs"))
    return lines.map((line) => `:${Buffer.from(line, "latin1").toString("base64")}:`).join(", ");
  const value = lines.join(", ");
  if (key !== undefined) return memberOf(value, String(key.value));
  return parameters.has("sf") ? strictly(value) : value;
}

function memberOf(value: string, key: string): string | undefined {
  const member = parseDictionary(value)?.members.get(key);
  return member === undefined ? undefined : writeMember(member);
}

/**
 * The strict writing of a field whose type nobody has told: of the types that it may be all must agree. They disagree where a
 * key of what may be a dictionary is repeated.
 */
function strictly(value: string): string | undefined {
  const dictionary = parseDictionary(value);
  const list = parseList(value);
  const item = parseItem(value);
  const writings = new Set([
    ...(dictionary === undefined ? [] : [writeDictionary(dictionary)]),
    ...(list === undefined ? [] : [writeList(list)]),
    ...(item === undefined ? [] : [writeMember(item)]),
  ]);
  const [only] = writings;
  return writings.size === 1 ? only : undefined;
}

/** Without the blanks around it; a pattern for its end would try each blank anew. */
function trimmed(value: string): string {
  let [start, end] = [0, value.length];
  while (start < end && isBlank(value[start])) start += 1;
  while (end > start && isBlank(value[end - 1])) end -= 1;
  return value.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
