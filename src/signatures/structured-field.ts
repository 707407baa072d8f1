/*
 * Structured fields (RFC 9651, and RFC 8941 before it), strictly: what is not exactly in the grammar is no field. Reading is
 * linear in the text; nothing is looked at twice.
 */

/** A value without parameters. Decimals keep at most three digits after the point; dates are whole seconds. */
export type BareItem =
  | { readonly kind: "integer" | "decimal" | "date"; readonly value: number }
  | { readonly kind: "string" | "token" | "display"; readonly value: string }
  | { readonly kind: "binary"; readonly value: Buffer }
  | { readonly kind: "boolean"; readonly value: boolean };

/** Parameters in their order; of a key that stands there twice the last value counts. */
export type Parameters = ReadonlyMap<string, BareItem>;

export interface Item {
  readonly item: BareItem;
  readonly parameters: Parameters;
}

export interface InnerList {
  readonly items: readonly Item[];
  readonly parameters: Parameters;
}

export type Member = Item | InnerList;

/** A dictionary's members in their order. */
export interface Dictionary {
  readonly members: ReadonlyMap<string, Member>;
  /** A key that stands there more than once: the grammar takes the last, whoever signs must not. */
  readonly repeated: string | undefined;
}

/** `a=1, b;x=2, c=(1 2)`; `undefined`: it is none. */
export function parseDictionary(text: string): Dictionary | undefined {
  return whole(text, (reader) => readDictionary(reader));
}

/** `1, (2 3), a`; `undefined`: it is none. */
export function parseList(text: string): Member[] | undefined {
  return whole(text, (reader) => reader.separated(() => readMember(reader)));
}

/** `1;a=2`; `undefined`: it is none. */
export function parseItem(text: string): Item | undefined {
  return whole(text, readItem);
}

/** Not in the grammar. It never leaves this file. */
class Fault extends Error {}

function whole<Value>(text: string, read: (reader: Reader) => Value): Value | undefined {
  const reader = new Reader(text);
  try {
    reader.spaces();
    const value = read(reader);
    reader.spaces();
    return reader.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
const TOKEN = /[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y;
const NUMBER = /-?[0-9]+(?:\.[0-9]*)?/y;
const BASE64 = /[A-Za-z0-9+/=]*/y;
const PLAIN = /[\x20\x21\x23-\x5b\x5d-\x7e]*/y;
const PLAIN_DISPLAY = /[\x20\x21\x23\x24\x26-\x7e]*/y;
const ESCAPE = /%[0-9a-f]{2}/y;
const BLANKS = /[ \t]*/y;
const SPACES = / */y;

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at === this.text.length;
  }

  /** The next character, not taken. */
  get next(): string {
    return this.text.charAt(this.at);
  }

  /** Takes this text when it comes next. */
  takes(wanted: string): boolean {
    const isNext = this.text.startsWith(wanted, this.at);
    if (isNext) this.at += wanted.length;
    return isNext;
  }

  demand(wanted: string): void {
    if (!this.takes(wanted)) throw new Fault();
  }

  /** Takes what matches a sticky pattern here; @throws Fault when nothing does. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw new Fault();
    this.at += found.length;
    return found;
  }

  spaces(): void {
    this.match(SPACES);
  }

  /** Members with commas between; none when the field is empty, and none after the last comma is a fault. */
  separated<Value>(read: () => Value): Value[] {
    const values: Value[] = [];
    while (!this.isAtEnd) {
      values.push(read());
      this.match(BLANKS);
      if (this.isAtEnd) break;
      this.demand(",");
      this.match(BLANKS);
      if (this.isAtEnd) throw new Fault();
    }
    return values;
  }
}

function readDictionary(reader: Reader): Dictionary {
  const members = new Map<string, Member>();
  let repeated: string | undefined;
  reader.separated(() => {
    const key = reader.match(KEY);
    if (members.has(key)) repeated ??= key;
    members.set(key, reader.takes("=") ? readMember(reader) : { item: TRUE, parameters: readParameters(reader) });
  });
  return { members, repeated };
}

const TRUE: BareItem = { kind: "boolean", value: true };

function readMember(reader: Reader): Member {
  return reader.next === "(" ? readInnerList(reader) : readItem(reader);
}

function readInnerList(reader: Reader): InnerList {
  reader.demand("(");
  const items: Item[] = [];
  for (;;) {
    reader.spaces();
    if (reader.takes(")")) return { items, parameters: readParameters(reader) };
    items.push(readItem(reader));
    if (reader.next !== " " && reader.next !== ")") throw new Fault();
  }
}

function readItem(reader: Reader): Item {
  return { item: readBare(reader), parameters: readParameters(reader) };
}

function readParameters(reader: Reader): Parameters {
  const parameters = new Map<string, BareItem>();
  while (reader.takes(";")) {
    reader.spaces();
    const key = reader.match(KEY);
    parameters.set(key, reader.takes("=") ? readBare(reader) : TRUE);
  }
  return parameters;
}

function readBare(reader: Reader): BareItem {
  const { next } = reader;
  if (next === '"') return { kind: "string", value: readString(reader) };
  if (next === ":") return { kind: "binary", value: readBinary(reader) };
  if (next === "?") return { kind: "boolean", value: readBoolean(reader) };
  if (next === "@") return readDate(reader);
  if (next === "%") return { kind: "display", value: readDisplay(reader) };
  return next === "-" || (next >= "0" && next <= "9")
    ? readNumber(reader)
    : { kind: "token", value: reader.match(TOKEN) };
}

function readNumber(reader: Reader): BareItem {
  const text = reader.match(NUMBER);
  const [digits = "", fraction] = text.replace("-", "").split(".", 2);
  if (fraction === undefined) {
    if (digits.length > 15) throw new Fault();
    return { kind: "integer", value: Number(text) };
  }
  if (digits.length > 12 || fraction.length === 0 || fraction.length > 3) throw new Fault();
  return { kind: "decimal", value: Number(text) };
}

function readDate(reader: Reader): BareItem {
  reader.demand("@");
  const { kind, value } = readNumber(reader);
  if (kind !== "integer") throw new Fault();
  return { kind: "date", value: Number(value) };
}

function readString(reader: Reader): string {
  reader.demand('"');
  let value = "";
  for (;;) {
    value += reader.match(PLAIN);
    if (reader.takes('"')) return value;
    reader.demand("\\");
    if (reader.takes('"')) value += '"';
    else {
      reader.demand("\\");
      value += "\\";
    }
  }
}

function readBinary(reader: Reader): Buffer {
  reader.demand(":");
  const text = reader.match(BASE64);
  reader.demand(":");
  const bytes = Buffer.from(text, "base64");
  // One writing of the bytes counts, with its padding and without stray bits.
  if (bytes.toString("base64") !== text) throw new Fault();
  return bytes;
}

function readBoolean(reader: Reader): boolean {
  reader.demand("?");
  if (reader.takes("1")) return true;
  reader.demand("0");
  return false;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readDisplay(reader: Reader): string {
  reader.demand('%"');
  const bytes: Buffer[] = [];
  for (;;) {
    bytes.push(Buffer.from(reader.match(PLAIN_DISPLAY)));
    if (reader.takes('"')) break;
    bytes.push(Buffer.from(reader.match(ESCAPE).slice(1), "hex"));
  }
  try {
    return UTF8.decode(Buffer.concat(bytes));
  } catch {
    throw new Fault();
  }
}

/** A dictionary, list or item member in its one strict writing. */
export function writeMember(member: Member): string {
  return "items" in member
    ? `(${member.items.map(writeMember).join(" ")})${writeParameters(member.parameters)}`
    : writeBare(member.item) + writeParameters(member.parameters);
}

export function writeList(members: readonly Member[]): string {
  return members.map(writeMember).join(", ");
}

export function writeDictionary({ members }: Dictionary): string {
  return [...members]
    .map(([key, member]) =>
      "item" in member && member.item.value === true
        ? key + writeParameters(member.parameters)
        : `${key}=${writeMember(member)}`,
    )
    .join(", ");
}

/** `;a=1;b`. */
export function writeParameters(parameters: Parameters): string {
  return [...parameters]
    .map(([key, value]) => (value.value === true ? `;${key}` : `;${key}=${writeBare(value)}`))
    .join("");
}

/** A string with its quotes: `"a \"b\""`. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function writeBare(item: BareItem): string {
  switch (item.kind) {
    case "integer":
      return String(item.value);
    case "decimal":
      return writeDecimal(item.value);
    case "date":
      return `@${item.value}`;
    case "string":
      return quoted(item.value);
    case "token":
      return item.value;
    case "binary":
      return `:${item.value.toString("base64")}:`;
    case "boolean":
      return item.value ? "?1" : "?0";
    case "display":
      return `%"${[...Buffer.from(item.value)].map(displayByte).join("")}"`;
  }
}

function writeDecimal(value: number): string {
  const text = value.toFixed(3).replace(/0{1,2}$/, "");
  return text === "-0.0" ? "0.0" : text;
}

function displayByte(byte: number): string {
  const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x25;
  return isPlain ? String.fromCodePoint(byte) : `%${byte.toString(16).padStart(2, "0")}`;
}
