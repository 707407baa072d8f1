/** A separator; or a piece of a word: in single quotes, in double quotes, an escaped character, plain characters. */
const PIECES = /\s+|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^\s'"\\]+/y;
/** The same where a backslash is part of a path. */
const WINDOWS_PIECES = /\s+|'[^']*'|"[^"]*"|[^\s'"]+/y;

/**
 * A command line as its words, as a POSIX shell would part it, but with nothing expanded: `less -F '-P my prompt'`. On
 * Windows backslashes stand for themselves. `undefined` when a quotation does not end.
 */
export function splitWords(text: string, platform: NodeJS.Platform): string[] | undefined {
  const pattern = platform === "win32" ? WINDOWS_PIECES : PIECES;
  const words: string[] = [];
  let word: string | undefined;
  pattern.lastIndex = 0;
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    const piece = pattern.exec(text)?.[0];
    if (piece === undefined) return undefined;
    if (piece.trim() !== "") word = (word ?? "") + unquoted(piece, platform);
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

function unquoted(piece: string, platform: NodeJS.Platform): string {
  const first = piece[0];
  if (first === "'") return piece.slice(1, -1);
  if (first === '"')
    return platform === "win32" ? piece.slice(1, -1) : piece.slice(1, -1).replaceAll(/\\(["\\$`])/g, "$1");
  return first === "\\" && platform !== "win32" ? piece.slice(1) : piece;
}
