import { CliError } from "../errors.js";

/** Where a value stands in a JSON text: keys and indices from the outermost value on. */
export type JsonPath = readonly (string | number)[];

/** A JSON text whose values can be had as they were written. */
export interface JsonSource {
  /** The bytes of a value, its tokens untouched. Throws CliError 2 when it is not there. */
  exact(path: JsonPath): Uint8Array;
  /** The same without white space between tokens, as `JSON.stringify` would write it. */
  compact(path: JsonPath): Uint8Array;
}

/** The source over a text that `JSON.parse` has taken. Values are stepped to over the bytes: nothing is built of what lies before. */
export function jsonSource(bytes: Uint8Array): JsonSource {
  const walk = new Walk(bytes);
  const slice = (path: JsonPath) => {
    const start = walk.startOf(path);
    return bytes.subarray(start, valueEnd(bytes, start));
  };
  return { exact: (path) => slice(path).slice(), compact: (path) => withoutSpace(slice(path)) };
}

/** The JSON text without white space between its tokens; what stands in strings stays. */
export function withoutSpace(bytes: Uint8Array): Uint8Array {
  const compact = new Uint8Array(bytes.length);
  let length = 0;
  let at = 0;
  while (at < bytes.length) {
    const start = skipSpace(bytes, at);
    at = bytes[start] === QUOTE ? stringEnd(bytes, start) : start + 1;
    for (let from = start; from < Math.min(at, bytes.length); from += 1) compact[length++] = bytes[from] ?? 0;
  }
  return compact.slice(0, length);
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OBJECT, OBJECT_END, ARRAY, ARRAY_END] = [0x7b, 0x7d, 0x5b, 0x5d];

interface Item {
  readonly index: number;
  readonly start: number;
}

/** Goes to values of one text. The items of its outermost list are mostly asked for in order: each is stepped to from the one before. */
class Walk {
  private readonly bytes: Uint8Array;
  private last: (Item & { readonly list: string }) | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  startOf(path: JsonPath): number {
    const first = path.findIndex((step) => typeof step === "number");
    if (first === -1) return this.follow(path, skipSpace(this.bytes, 0));
    return this.follow(path.slice(first + 1), this.itemStart(path.slice(0, first), Number(path[first])));
  }

  private itemStart(list: JsonPath, index: number): number {
    const { bytes } = this;
    const name = JSON.stringify(list);
    const { last } = this;
    const from =
      last?.list === name && last.index <= index ? last : firstItem(bytes, this.follow(list, skipSpace(bytes, 0)));
    this.last = { list: name, index, start: nthStart(bytes, from, index) };
    return this.last.start;
  }

  private follow(path: JsonPath, from: number): number {
    const { bytes } = this;
    return path.reduce<number>(
      (at, step) =>
        typeof step === "number" ? nthStart(bytes, firstItem(bytes, at), step) : memberStart(bytes, at, step),
      from,
    );
  }
}

function firstItem(bytes: Uint8Array, list: number): Item {
  return { index: 0, start: bytes[list] === ARRAY ? skipSpace(bytes, list + 1) : bytes.length };
}

function nthStart(bytes: Uint8Array, { index: from, start }: Item, index: number): number {
  let at = start;
  for (let passed = from; passed < index && at < bytes.length && bytes[at] !== ARRAY_END; passed += 1)
    at = nextStart(bytes, at);
  if (at >= bytes.length || bytes[at] === ARRAY_END) throw new CliError(`${index} is missing`);
  return at;
}

/** Where the member's value starts: the last one of the name, as `JSON.parse` takes it. */
function memberStart(bytes: Uint8Array, object: number, name: string): number {
  let found: number | undefined;
  let at = bytes[object] === OBJECT ? skipSpace(bytes, object + 1) : bytes.length;
  while (bytes[at] === QUOTE) {
    const keyEnd = stringEnd(bytes, at);
    const value = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1);
    if (keyOf(bytes.subarray(at, keyEnd)) === name) found = value;
    at = nextStart(bytes, value);
  }
  if (found === undefined) throw new CliError(`${name} is missing`);
  return found;
}

function keyOf(quoted: Uint8Array): unknown {
  return JSON.parse(Buffer.from(quoted.buffer, quoted.byteOffset, quoted.byteLength).toString("utf8"));
}

/** From a value to what follows it and the comma: the next one, or the end of the list or object. */
function nextStart(bytes: Uint8Array, value: number): number {
  const end = skipSpace(bytes, valueEnd(bytes, value));
  return bytes[end] === COMMA ? skipSpace(bytes, end + 1) : end;
}

/** Just past the value. Brackets fit one another: the text is known to be JSON. */
function valueEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return stringEnd(bytes, start);
  let at = start;
  if (first !== OBJECT && first !== ARRAY) {
    while (at < bytes.length && !endsWord(bytes[at])) at += 1;
    return at;
  }
  for (let depth = 0; at < bytes.length;) {
    const byte = bytes[at];
    at = byte === QUOTE ? stringEnd(bytes, at) : at + 1;
    if (byte === OBJECT || byte === ARRAY) depth += 1;
    else if (byte === OBJECT_END || byte === ARRAY_END) depth -= 1;
    if (depth === 0) break;
  }
  return at;
}

function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function endsWord(byte: number | undefined): boolean {
  return byte === COMMA || byte === OBJECT_END || byte === ARRAY_END || isSpace(byte);
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
