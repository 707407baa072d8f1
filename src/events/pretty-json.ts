import { isJson } from "./json-tree.js";

/** Levels that are indented; what lies deeper stays on one line, or the spaces alone would outgrow the text. */
const DEEPEST_INDENT = 60;
const INDENTS = Array.from({ length: DEEPEST_INDENT + 1 }, (_, depth) => `\n${"  ".repeat(depth)}`);
/** Pieces of text that are joined at once. */
const PIECES_AT_ONCE = 10_000;

const codesOf = (characters: string) => Array.from(characters, (character) => character.charCodeAt(0));
const BACKSLASH = 0x5c;
const SPACES = new Set(codesOf(" \t\n\r"));
const ENDS_WORD = new Set([...SPACES, ...codesOf(",:]}")]);

/**
 * JSON text with one member a line; `undefined` when it is no JSON. Every token stays as it was written (big numbers,
 * escapes, repeated keys, the order of keys): only the white space between them is new. Not recursive: a text may nest a
 * million levels.
 */
export function prettyJson(text: string): string | undefined {
  return isJson(text) ? reindented(text) : undefined;
}

function reindented(text: string): string {
  const laid = new Pieces();
  let depth = 0;
  let index = 0;
  while (index < text.length) {
    const character = text[index] ?? "";
    let end = index + 1;
    if (character === "{" || character === "[") {
      const after = skipSpace(text, end);
      if (text[after] === closing(character)) {
        laid.add(character + closing(character));
        end = after + 1;
      } else {
        depth += 1;
        laid.add(character + indent(depth));
      }
    } else if (character === "}" || character === "]") {
      depth -= 1;
      // The container stands on lines of its own when its members do, which is one level deeper.
      laid.add((depth < DEEPEST_INDENT ? indent(depth) : "") + character);
    } else if (character === ",") laid.add(`,${indent(depth)}`);
    else if (character === ":") laid.add(": ");
    else if (!isSpace(text.charCodeAt(index))) {
      end = character === '"' ? stringEnd(text, index) : wordEnd(text, index);
      laid.add(text.slice(index, end));
    }
    index = end;
  }
  return laid.text();
}

/** Many short texts that become a long one: joined some at a time, as an array of all of them would outgrow it. */
class Pieces {
  private pieces: string[] = [];
  private joined = "";

  add(piece: string): void {
    this.pieces.push(piece);
    if (this.pieces.length >= PIECES_AT_ONCE) this.join();
  }

  text(): string {
    this.join();
    return this.joined;
  }

  private join(): void {
    this.joined += this.pieces.join("");
    this.pieces = [];
  }
}

/** What begins a line of that depth. */
function indent(depth: number): string {
  return INDENTS[depth] ?? "";
}

/** Where the string that begins at `start` ends: at a quote that no odd number of backslashes stands before. */
function stringEnd(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote === -1 ? text.length : quote + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote;
  while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 1;
}

/** Where the number or word that begins at `start` ends. */
function wordEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && !ENDS_WORD.has(text.charCodeAt(end))) end += 1;
  return end;
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (isSpace(text.charCodeAt(index))) index += 1;
  return index;
}

function isSpace(code: number): boolean {
  return SPACES.has(code);
}

function closing(opening: string): string {
  return opening === "{" ? "}" : "]";
}
