/**
 * What the index knows texts by, as numbers below this; different ones may share one. A gram is three characters; or
 * seven, about a mark that parts words, so that a key and its value are known together though each stands in many
 * texts; or a run of one character; or four hexadecimal digits, for any three of these stand in every other text.
 */
export const GRAMS: number = 2 ** 18;

/** What a segment of the index knows of texts: the first kinds of grams, or all of them. */
export const FIRST_GRAMS = 1;
export const ALL_GRAMS = 2;

/** A gram, and from which of these on it is known. */
export interface Gram {
  readonly gram: number;
  readonly since: typeof FIRST_GRAMS | typeof ALL_GRAMS;
}

/** The class (6 bits) of each character of ASCII: letters, digits and the marks of JSON and forms have one each. */
const ASCII_CLASSES = asciiClasses("abcdefghijklmnopqrstuvwxyz0123456789 \":,-_./{}[]=&%+@\n\\;()'", 128);
/** Marks that part words, by their classes. */
const PARTING = classesOf(" :._/=");
/** Of these, marks between a name and its value, which may be one character or two. */
const BINDING = classesOf(":=");

/** Runs of one character that are grams of their own. */
const SHORTEST_RUN = 4;
const LONGEST_RUN = 12;

/** 1 for the class of each hexadecimal digit, and how many of them in a row are a gram. */
const DIGITS = classesOf("0123456789abcdef");
const DIGITS_TOGETHER = 4;

/** The different grams of texts, each told once an event. */
export class GramSet {
  private readonly seen = new Uint32Array(GRAMS);
  private round = 0;

  /** Calls `found` once for each gram of folded texts. */
  each(texts: readonly string[], found: (gram: number) => void): void {
    this.round += 1;
    const tell = (gram: number) => {
      if (this.seen[gram] === this.round) return;
      this.seen[gram] = this.round;
      found(gram);
    };
    for (const text of texts) eachGram(text, tell);
  }
}

/** The different grams of one folded text. */
export function gramsOf(text: string): Gram[] {
  const grams = new Map<number, Gram>();
  eachGram(text, (gram, since) => {
    if (since <= (grams.get(gram)?.since ?? ALL_GRAMS)) grams.set(gram, { gram, since });
  });
  return [...grams.values()];
}

function eachGram(text: string, tell: (gram: number, since: Gram["since"]) => void): void {
  // The grams that ended one to four characters ago: a mark three ago stands between the one of four ago and this.
  let now = 0;
  let one = 0;
  let two = 0;
  let three = 0;
  let four = 0;
  let run = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const kind = classOf(text.charCodeAt(index));
    run = index > 0 && kind === (now & 63) ? run + 1 : 1;
    digits = DIGITS[kind] === 1 ? digits + 1 : 0;
    four = three;
    three = two;
    two = one;
    one = now;
    now = ((now << 6) & (GRAMS - 1)) | kind;
    if (index < 2) continue;
    tell(now, FIRST_GRAMS);
    if (index >= 6 && PARTING[three & 63] === 1) tell(mixed(four, now), FIRST_GRAMS);
    if (index >= 6 && (BINDING[one & 63] === 1 || BINDING[two & 63] === 1))
      tell(mixed(mixed(four, three & 63), now), FIRST_GRAMS);
    if (run >= SHORTEST_RUN && run <= LONGEST_RUN) tell(mixed(kind, run), FIRST_GRAMS);
    if (digits >= DIGITS_TOGETHER) tell(mixed(GRAMS + one, now), ALL_GRAMS);
  }
}

/** Two numbers as one gram. */
function mixed(a: number, b: number): number {
  return (Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b)) >>> 14;
}

function classOf(code: number): number {
  return code < 128 ? (ASCII_CLASSES[code] ?? 0) : (code ^ (code >> 6)) & 63;
}

/** 1 for each class of these marks. */
function classesOf(marks: string): Uint8Array {
  const classes = new Uint8Array(64);
  for (let index = 0; index < marks.length; index += 1) classes[classOf(marks.charCodeAt(index))] = 1;
  return classes;
}

function asciiClasses(own: string, size: number): Uint8Array {
  const classes = Uint8Array.from({ length: size }, (_, code) => (own.length + (code & 1)) & 63);
  for (let index = 0; index < own.length; index += 1) classes[own.charCodeAt(index)] = index;
  return classes;
}
