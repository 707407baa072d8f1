/**
 * Text from the network, from files and from the command line may hold terminal control sequences: they can repaint
 * lines, set the clipboard, or make the terminal type. These functions turn each such character into a visible escape;
 * nothing is dropped silently.
 *
 * Escaped: C0 (but newline and tab in blocks), DEL, C1, line and paragraph separators, bidirectional controls, zero-width
 * characters, the byte-order mark, tag characters, and lone surrogates.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** Printable ASCII alone, as most texts are: known to be safe at a fraction of the cost. */
const PLAIN = /^[ -~]*$/;

/** One line of untrusted text for a terminal: newlines and tabs become `\n` and `\t`, all else as `\x1b` or `\u{202e}`. */
export function safeText(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, escapeForPeople);
}

/** Several lines of untrusted text for a terminal: newlines and tabs are kept. */
export function safeBlock(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === "\n" || character === "\t" ? character : escapeForPeople(character),
  );
}

/** A value as one line of JSON that is safe to print; what it parses to is unchanged. */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value);
  return PLAIN.test(text) ? text : text.replace(UNSAFE, escapeForJson);
}

function escapeForPeople(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

function escapeForJson(character: string): string {
  let escaped = "";
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
