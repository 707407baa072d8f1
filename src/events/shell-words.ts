import { safeBlock } from "./safe-text.js";

// Words for a POSIX shell that hold what somebody else wrote, and mean it also where they are pasted into an interactive bash
// or zsh. There `!` is taken for the history's even between double quotes, so that nothing but digits ever stands between
// those; and old shells forget at the end of a line that a quote is open.

/** What an interactive shell, or the connection to it, acts on where a line of a quoted text begins, and `!` anywhere in such lines. */
const ACTED_ON_IN_LINES = /!|^[\^~]/m;
/** All that is neither a visible character of ASCII nor a space. */
const ODD = /[^\x20-\x7e]/;

/** The bytes as one word between single quotes; `undefined` when a terminal or a shell would not take them as they are. */
export function quotedBytes(bytes: Uint8Array): string | undefined {
  const text = plainText(bytes);
  return text === undefined ? undefined : quoted(text);
}

/** A latin1 text as one word with exactly its bytes. What must not be shown goes through `printf`, in octal. */
export function shellWord(latin1: string): string {
  const text = plainText(Buffer.from(latin1, "latin1"));
  if (text !== undefined) return /^[A-Za-z0-9_./:-]+$/.test(text) ? text : quoted(text);
  const start = latin1.search(ODD);
  if (start === -1) return quoted(latin1);
  const end =
    latin1.length -
    Array.from(latin1)
      .reverse()
      .findIndex((character) => ODD.test(character));
  const middle = `"$(printf '${latin1.slice(start, end).replaceAll(/[^]/g, octal)}')"`;
  return quotedPart(latin1.slice(0, start)) + middle + quotedPart(latin1.slice(end));
}

/** A quoted format, on one line, for POSIX printf that writes exactly these bytes. */
export function printfFormat(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const escaped = latin1.replaceAll(/[^\x20-\x7e]|[\\%'!]/g, (character) => ESCAPES[character] ?? octal(character));
  // A leading dash could be taken for an option.
  return `'${escaped.replace(/^-/, octal("-"))}'`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "%": "%%",
  "'": "'\\''",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
}

/** The bytes as text, when they are UTF-8 that a terminal shows as it is and that no shell acts on between single quotes. */
function plainText(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  // A tab that is pasted completes what stands before it.
  if (text.includes("\t") || (text.includes("\n") && ACTED_ON_IN_LINES.test(text))) return undefined;
  return safeBlock(text) === text && Buffer.from(text).equals(buffer) ? text : undefined;
}

function quotedPart(text: string): string {
  return text === "" ? "" : quoted(text);
}

/** POSIX: nothing is special between single quotes but the single quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
