import type { Readable } from "node:stream";

/** One line longer than this is a bad line, bytes. */
export const MAX_LINE_BYTES = 64 * 2 ** 20;

/** A line without its line end; `undefined`: it was longer than {@link MAX_LINE_BYTES} and was skipped. */
export type InputLine = Buffer | undefined;

/**
 * Reads a stream line by line: `handle` gets each line in order and at once, `pause` is awaited after each chunk of the
 * stream, so that what was written can leave. The last line needs no line end. One chunk and one line are held, no more.
 */
export async function eachLine(
  stream: Readable,
  handle: (line: InputLine) => void,
  pause: () => Promise<void>,
): Promise<void> {
  const pending = new PendingLine();
  for await (const data of stream as AsyncIterable<Uint8Array | string>) {
    const chunk = typeof data === "string" ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length);
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const rest = chunk.subarray(start, end);
      handle(pending.empty ? withoutReturn(rest) : pending.end(rest));
      start = end + 1;
    }
    if (start < chunk.length) pending.add(chunk.subarray(start));
    await pause();
  }
  if (!pending.empty) handle(pending.end(Buffer.alloc(0)));
  await pause();
}

/** The pieces of a line that began in an earlier chunk. */
class PendingLine {
  private pieces: Buffer[] = [];
  private size = 0;

  get empty(): boolean {
    return this.size === 0;
  }

  add(piece: Buffer): void {
    this.size += piece.length;
    if (this.size > MAX_LINE_BYTES) this.pieces = [];
    else this.pieces.push(piece);
  }

  end(piece: Buffer): InputLine {
    this.add(piece);
    const line = this.size > MAX_LINE_BYTES ? undefined : withoutReturn(Buffer.concat(this.pieces));
    this.pieces = [];
    this.size = 0;
    return line;
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}
