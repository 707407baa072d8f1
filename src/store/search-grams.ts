/** Three characters as a number below this; different ones may have the same. */
export const GRAMS: number = 2 ** 18;

/** The class (6 bits) of each character of ASCII: letters, digits and the marks of JSON and forms have one each. */
const ASCII_CLASSES = asciiClasses("abcdefghijklmnopqrstuvwxyz0123456789 \":,-_./{}[]=&%+@\n\\;()'", 128);

/** The different grams of texts, each told once an event. */
export class GramSet {
  private readonly seen = new Uint32Array(GRAMS);
  private round = 0;

  /** Calls `found` once for each gram of folded texts. */
  each(texts: readonly string[], found: (gram: number) => void): void {
    this.round += 1;
    for (const text of texts) {
      let gram = 0;
      for (let index = 0; index < text.length; index += 1) {
        gram = ((gram << 6) & (GRAMS - 1)) | classOf(text.charCodeAt(index));
        if (index < 2 || this.seen[gram] === this.round) continue;
        this.seen[gram] = this.round;
        found(gram);
      }
    }
  }
}

/** The different grams of one folded text. */
export function gramsOf(text: string): number[] {
  const grams = new Set<number>();
  for (let index = 2; index < text.length; index += 1) {
    const [a, b, c] = [index - 2, index - 1, index].map((at) => classOf(text.charCodeAt(at)));
    grams.add(((a ?? 0) << 12) | ((b ?? 0) << 6) | (c ?? 0));
  }
  return [...grams];
}

function classOf(code: number): number {
  return code < 128 ? (ASCII_CLASSES[code] ?? 0) : (code ^ (code >> 6)) & 63;
}

function asciiClasses(own: string, size: number): Uint8Array {
  const classes = Uint8Array.from({ length: size }, (_, code) => (own.length + (code & 1)) & 63);
  for (let index = 0; index < own.length; index += 1) classes[own.charCodeAt(index)] = index;
  return classes;
}
