/** An event with a body of 25 MiB, each byte of it written as an escape, is a line of 150 MiB. */
export const MAX_LINE_BYTES = 192 * 2 ** 20;

/** A line without its end. `bytes` is `undefined` when it was too long to be kept. */
export interface InputLine {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer | undefined;
}

/** The lines of a stream, as bytes; no more than one is held. LF and CRLF end a line. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncIterable<readonly InputLine[]> {
  const line = new LineUnderWay(maxBytes);
  for await (const chunk of chunks) {
    const found: InputLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      line.add(chunk.subarray(start, end));
      found.push(line.take());
      start = end + 1;
    }
    line.add(chunk.subarray(start));
    if (found.length > 0) yield found;
  }
  if (!line.isEmpty) yield [line.take()];
}

class LineUnderWay {
  private readonly maxBytes: number;
  private parts: Buffer[] = [];
  private length = 0;
  private number = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  add(part: Buffer): void {
    this.length += part.length;
    if (this.length > this.maxBytes) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }

  take(): InputLine {
    this.number += 1;
    const [only] = this.parts;
    const whole = this.parts.length === 1 && only !== undefined ? only : Buffer.concat(this.parts);
    const bytes = this.length > this.maxBytes ? undefined : whole.at(-1) === 0x0d ? whole.subarray(0, -1) : whole;
    this.parts = [];
    this.length = 0;
    return { number: this.number, bytes };
  }
}
