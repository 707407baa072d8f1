const PUNCTUATION = "{}[],:";
const WORD_ENDS = `${PUNCTUATION}" \t\r\n`;

/** How a JSON text is written out again. `item` and `colon`: what stands after a comma and between key and value. */
export interface JsonLayout {
  readonly name: string;
  /** Per level; `undefined`: all on one line. */
  readonly indent: string | undefined;
  readonly item: string;
  readonly colon: string;
}

/** The layouts that common libraries write. */
export const JSON_LAYOUTS: readonly JsonLayout[] = [
  { name: "compact", indent: undefined, item: ",", colon: ":" },
  { name: "in Python's style", indent: undefined, item: ", ", colon: ": " },
  { name: "indented by 2 spaces", indent: "  ", item: ",", colon: ": " },
  { name: "indented by 4 spaces", indent: "    ", item: ",", colon: ": " },
  { name: "indented by a tab", indent: "\t", item: ",", colon: ": " },
  { name: "indented by 1 space", indent: " ", item: ",", colon: ": " },
];

/** How the strings of a JSON text are written. */
export interface JsonEscapes {
  readonly name: string;
  readonly write: (token: string) => string;
}

const lowerUnicode = (text: string) => escapeNonAscii(text, (hex) => hex);
const upperUnicode = (text: string) => escapeNonAscii(text, (hex) => hex.toUpperCase());
const slashes = (text: string) => text.replaceAll("/", "\\/");
const html = (text: string) => text.replace(/[<>&\u2028\u2029]/g, (found) => unicodeEscape(found, (hex) => hex));

/** The escapings that common libraries write. */
export const JSON_ESCAPES: readonly JsonEscapes[] = [
  { name: "", write: (token) => token },
  { name: "without needless escapes", write: rewritten((text) => text) },
  { name: "with / written as \\/", write: rewritten(slashes) },
  { name: "with non-ASCII text as \\uXXXX", write: rewritten(lowerUnicode) },
  { name: "with non-ASCII text as \\uXXXX and / as \\/", write: rewritten((text) => slashes(lowerUnicode(text))) },
  { name: "with non-ASCII text as upper-case \\uXXXX", write: rewritten(upperUnicode) },
  { name: "with < > & as \\u003c \\u003e \\u0026", write: rewritten(html) },
];

/** How the numbers of a JSON text are written. */
export interface JsonNumbers {
  readonly name: string;
  readonly write: (token: string) => string;
}

export const JSON_NUMBERS: readonly JsonNumbers[] = [
  { name: "", write: (token) => token },
  { name: "numbers as JavaScript writes them", write: (token) => String(Number(token)) },
  { name: "whole numbers with .0", write: (token) => (/^-?\d+$/.test(token) ? `${token}.0` : token) },
];

/** The tokens of a text that looks like JSON; `undefined` for other text, or more than `limit` tokens. Linear, never recursive. */
export function jsonTokens(text: string, limit: number): string[] | undefined {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? "";
    if (" \t\r\n".includes(character)) {
      at += 1;
      continue;
    }
    if (tokens.length === 0 && !'{["'.includes(character)) return undefined;
    if (tokens.length >= limit) return undefined;
    const end = tokenEnd(text, at);
    tokens.push(text.slice(at, end));
    at = end;
  }
  return tokens.length === 0 ? undefined : tokens;
}

function tokenEnd(text: string, start: number): number {
  const first = text[start] ?? "";
  if (PUNCTUATION.includes(first)) return start + 1;
  let end = start + 1;
  if (first === '"') {
    while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
    return Math.min(end + 1, text.length);
  }
  while (end < text.length && !WORD_ENDS.includes(text[end] ?? "")) end += 1;
  return end;
}

/** The tokens written out in a layout; `undefined` when that takes more than `limit` characters. */
export function writeJson(tokens: readonly string[], layout: JsonLayout, limit: number): string | undefined {
  const pieces: string[] = [];
  let length = 0;
  let depth = 0;
  const newline = () => (layout.indent === undefined ? "" : `\n${layout.indent.repeat(depth)}`);
  for (const [index, token] of tokens.entries()) {
    // Checked before the piece is made: the indentation of deep JSON grows with the square of its depth.
    if (length + depth * (layout.indent?.length ?? 0) > limit) return undefined;
    const opens = token === "{" || token === "[";
    const closes = token === "}" || token === "]";
    const nextCloses = tokens[index + 1] === "}" || tokens[index + 1] === "]";
    const emptyBefore = tokens[index - 1] === "{" || tokens[index - 1] === "[";
    if (closes) depth = Math.max(0, depth - 1);
    if (opens) depth += 1;
    let piece = token;
    if (opens && !nextCloses) piece = token + newline();
    else if (closes && !emptyBefore) piece = newline() + token;
    else if (token === ",") piece = layout.indent === undefined ? layout.item : `,${newline()}`;
    else if (token === ":") piece = layout.colon;
    pieces.push(piece);
    length += piece.length;
  }
  return length > limit ? undefined : pieces.join("");
}

/** The tokens with strings and numbers written in another way. */
export function rewriteTokens(tokens: readonly string[], escapes: JsonEscapes, numbers: JsonNumbers): string[] {
  return tokens.map((token) => {
    if (token.startsWith('"')) return escapes.write(token);
    return /^-?\d/.test(token) ? numbers.write(token) : token;
  });
}

/** A writer that decodes a string token and encodes it again; a token that is no JSON string stays as it is. */
function rewritten(escape: (text: string) => string): (token: string) => string {
  return (token) => {
    try {
      return escape(JSON.stringify(JSON.parse(token)));
    } catch {
      return token;
    }
  };
}

function escapeNonAscii(text: string, spell: (hex: string) => string): string {
  return text.replace(/[\u0080-\uffff]/g, (found) => unicodeEscape(found, spell));
}

function unicodeEscape(character: string, spell: (hex: string) => string): string {
  return `\\u${spell(character.charCodeAt(0).toString(16).padStart(4, "0"))}`;
}
