/** What file systems and shells take as no more than a name; longer ones are cut. */
const UNSAFE = /[^A-Za-z0-9._-]+/g;
const MAX_LENGTH = 80;
/** Devices of Windows, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * A word from the network as a file's name: letters, digits, dots, dashes and underlines, beginning with a letter or digit.
 * `fallback` where nothing is left of it.
 */
export function safeFileName(word: string | null, fallback: string): string {
  const name = (word ?? "")
    .slice(0, 10 * MAX_LENGTH)
    .replaceAll(UNSAFE, "-")
    .replaceAll(/\.{2,}/g, ".")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, MAX_LENGTH)
    .replace(/[.-]+$/, "");
  if (name === "" || /^[.-]*$/.test(name)) return fallback;
  return DEVICE.test(name) ? `event-${name}` : name;
}

/** Gives every file a name of its own, also where upper and lower case are one: the second `a.json` is `a-2.json`. */
export class FileNames {
  private readonly taken = new Map<string, number>();

  next(base: string, extension: string): string {
    const key = `${base}${extension}`.toLowerCase();
    const count = (this.taken.get(key) ?? 0) + 1;
    this.taken.set(key, count);
    if (count === 1) return `${base}${extension}`;
    return this.next(`${base}-${count}`, extension);
  }
}
