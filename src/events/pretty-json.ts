/** Levels that are indented; what lies deeper stays on one line, or the spaces alone would outgrow the text. */
const DEEPEST_INDENT = 60;
const WHITE_SPACE = /[ \t\n\r]/;

/**
 * JSON text with one member a line; `undefined` when it is no JSON. Every token stays as it was written (big numbers,
 * escapes, repeated keys, the order of keys): only the white space between them is new. Not recursive: a text may nest a
 * million levels.
 */
export function prettyJson(text: string): string | undefined {
  return isJson(text) ? reindented(text) : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // A SyntaxError, or a RangeError when it nests too deeply even for the parser.
    return false;
  }
}

function reindented(text: string): string {
  const parts: string[] = [];
  let depth = 0;
  let index = 0;
  const newline = () => {
    if (depth <= DEEPEST_INDENT) parts.push("\n", "  ".repeat(depth));
  };
  while (index < text.length) {
    const character = text[index] ?? "";
    const end = tokenEnd(text, index);
    if (character === "{" || character === "[") {
      const after = skipSpace(text, end);
      if (text[after] === closing(character)) {
        parts.push(character, closing(character));
        index = after + 1;
        continue;
      }
      parts.push(character);
      depth += 1;
      newline();
    } else if (character === "}" || character === "]") {
      depth -= 1;
      // The container stands on lines of its own when its members do, which is one level deeper.
      if (depth < DEEPEST_INDENT) newline();
      parts.push(character);
    } else if (character === ",") {
      parts.push(",");
      newline();
    } else if (character === ":") parts.push(": ");
    else if (!WHITE_SPACE.test(character)) parts.push(text.slice(index, end));
    index = end;
  }
  return parts.join("");
}

/** Where the token that begins at `start` ends: a string, a number or word, or a single character. */
function tokenEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  let end = start + 1;
  if (!/[-\w]/.test(first ?? "")) return end;
  while (end < text.length && /[-+.\w]/.test(text[end] ?? "")) end += 1;
  return end;
}

function stringEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end + 1;
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (WHITE_SPACE.test(text[index] ?? "")) index += 1;
  return index;
}

function closing(opening: string): string {
  return opening === "{" ? "}" : "]";
}
