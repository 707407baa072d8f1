/**
 * Characters that take two columns: East_Asian_Width W and F of Unicode 16's EastAsianWidth.txt, blocks with their
 * unassigned places; emoji are told by their property.
 */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4e00-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Characters that stand on the one before them. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;
const REGIONAL = /\p{Regional_Indicator}/u;
/** Asks for the one before it as an emoji, which is wide. */
const EMOJI_SELECTOR = "\ufe0f";

/** In characters of one column each: what most texts are, whose width need not be counted. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Columns of a terminal that a text takes; it is safe text, so it has no control characters. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text within so many columns: cut between two characters, and then with an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  if (text.length <= columns && PLAIN.test(text)) return text;
  let width = 0;
  let kept = 0;
  let length = 0;
  for (const character of text) {
    width += characterWidth(character);
    length += character.length;
    if (width <= columns - 1) kept = length;
    if (width > columns) return columns <= 0 ? "" : `${text.slice(0, kept)}…`;
  }
  return text;
}

function characterWidth(character: string): number {
  if (character < "\u0300") return 1;
  if (character === EMOJI_SELECTOR) return 1;
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) && !REGIONAL.test(character) ? 2 : 1;
}
