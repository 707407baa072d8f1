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

const lowerUnicode = (text: string) => escapeEach(text, /[\u007f-\uffff]/g, lower);
const upperUnicode = (text: string) => escapeEach(text, /[\u007f-\uffff]/g, upper);
const slashes = (text: string) => text.replaceAll("/", "\\/");
const html = (text: string) => escapeEach(text, /[<>&\u2028\u2029]/g, lower);
const upperHtml = (text: string) => escapeEach(text, /[<>&]/g, upper);
const gson = (text: string) => escapeEach(text, /[<>&='\u2028\u2029]/g, lower);
const separators = (text: string) => escapeEach(text, /[\u2028\u2029]/g, lower);

/** The escapings that common libraries write. */
export const JSON_ESCAPES: readonly JsonEscapes[] = [
  { name: "", write: (token) => token },
  { name: "without needless escapes", write: rewritten((text) => text) },
  { name: "with / written as \\/", write: rewritten(slashes) },
  { name: "with non-ASCII text as \\uXXXX", write: rewritten(lowerUnicode) },
  { name: "with non-ASCII text as \\uXXXX and / as \\/", write: rewritten((text) => slashes(lowerUnicode(text))) },
  { name: "with non-ASCII text as upper-case \\uXXXX", write: rewritten(upperUnicode) },
  { name: "with < > & as \\u003c \\u003e \\u0026", write: rewritten(html) },
  {
    name: "with < > & as \\u003c \\u003e \\u0026 and non-ASCII text as \\uXXXX",
    write: rewritten((text) => html(lowerUnicode(text))),
  },
  { name: "with < > & ' \" as .NET escapes them", write: rewritten((text) => dotnet(upperUnicode(text))) },
  {
    name: "with < > & ' \" as PHP's JSON_HEX options escape them",
    write: rewritten((text) => slashes(phpHex(lowerUnicode(text)))),
  },
  { name: "with < > & = ' as Gson escapes them", write: rewritten(gson) },
  { name: "with < > & as upper-case \\u003C \\u003E \\u0026", write: rewritten(upperHtml) },
  {
    name: "with non-ASCII text as upper-case \\uXXXX and / as \\/",
    write: rewritten((text) => slashes(upperUnicode(text))),
  },
  { name: "with U+2028 and U+2029 escaped", write: rewritten(separators) },
  { name: "with control characters as \\u00XX", write: rewritten(longControls) },
];

/** How the numbers of a JSON text are written. */
export interface JsonNumbers {
  readonly name: string;
  readonly write: (token: string) => string;
}

/** A JSON text in tokens, with what stands before each, and after the last. */
export interface JsonParts {
  readonly tokens: readonly string[];
  /** One more than tokens: blanks and line ends. */
  readonly gaps: readonly string[];
}

/** The tokens of a text that looks like JSON; `undefined` for other text, or more than `limit` tokens. Linear, never recursive. */
export function jsonTokens(text: string, limit: number): string[] | undefined {
  const parts = jsonParts(text, limit);
  return parts === undefined ? undefined : [...parts.tokens];
}

/** As {@link jsonTokens}, with the blanks between them. */
export function jsonParts(text: string, limit: number): JsonParts | undefined {
  const tokens: string[] = [];
  const gaps: string[] = [];
  let at = 0;
  for (;;) {
    const start = at;
    while (" \t\r\n".includes(text[at] ?? "x")) at += 1;
    gaps.push(text.slice(start, at));
    if (at >= text.length) return tokens.length === 0 ? undefined : { tokens, gaps };
    if (tokens.length === 0 && !'{["'.includes(text[at] ?? "")) return undefined;
    if (tokens.length >= limit) return undefined;
    const end = tokenEnd(text, at);
    tokens.push(text.slice(at, end));
    at = end;
  }
}

/** The tokens with the blanks that a text had. */
export function joinParts({ tokens, gaps }: JsonParts): string {
  return tokens.map((token, index) => (gaps[index] ?? "") + token).join("") + (gaps[tokens.length] ?? "");
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

/** What any of the escapings writes otherwise, inside the quotes of a token. */
const SPECIAL = /[\u0000-\u001f/\\<>&='+`\u007f-\uffff]/;

/** A writer that decodes a string token and encodes it again; a token that is no JSON string stays as it is. */
function rewritten(escape: (text: string) => string): (token: string) => string {
  return (token) => {
    if (!SPECIAL.test(token)) return token;
    try {
      return escape(JSON.stringify(JSON.parse(token)));
    } catch {
      return token;
    }
  };
}

/** Each character that fits, as `\uXXXX`. */
function escapeEach(text: string, characters: RegExp, spell: (hex: string) => string): string {
  return text.replace(characters, (found) => `\\u${spell(found.charCodeAt(0).toString(16).padStart(4, "0"))}`);
}

function lower(hex: string): string {
  return hex;
}

function upper(hex: string): string {
  return hex.toUpperCase();
}

/** System.Text.Json escapes all that has a meaning in HTML, quotes too; the quotes around the string stay. */
function dotnet(token: string): string {
  const inside = token.slice(1, -1).replaceAll('\\"', "\\u0022");
  return `"${escapeEach(inside, /[<>&'+`]/g, upper)}"`;
}

function phpHex(token: string): string {
  const inside = token.slice(1, -1).replaceAll('\\"', "\\u0022");
  return `"${escapeEach(inside, /[<>&']/g, upper)}"`;
}

/** As encoders do that have no `\b` and `\f`. */
function longControls(token: string): string {
  return token.replace(/\\[bf]/g, (found) => (found === "\\b" ? "\\u0008" : "\\u000c"));
}
