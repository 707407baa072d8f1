/** A chunk-size line, its extensions included, is never longer than this. */
const MAX_SIZE_LINE_BYTES = 4096;
const SIZE_LINE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/;

/** The body inside chunked framing, LF or CRLF. A body that is not framed, or breaks off, is kept as it is, and said. */
export function removeChunks(raw: Uint8Array): { body: Uint8Array; notes: string[]; isUnframed?: true } {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const size = sizeLine(buffer, at);
    if (!size) return { body: raw, notes: [unframed(at)], isUnframed: true };
    if (size.bytes === 0)
      return { body: Buffer.concat(chunks), notes: ["the chunk framing was removed from the body"] };
    const end = size.next + size.bytes;
    const next = end + newlineAt(buffer, end);
    if (end > buffer.length || next === end) return { body: raw, notes: [unframed(at || 1)], isUnframed: true };
    chunks.push(buffer.subarray(size.next, end));
    at = next;
  }
}

function sizeLine(buffer: Buffer, at: number): { bytes: number; next: number } | undefined {
  const feed = buffer.subarray(at, at + MAX_SIZE_LINE_BYTES).indexOf(0x0a);
  // A dump may end right behind the last chunk's "0".
  const end = feed === -1 ? buffer.length : at + feed;
  if (end - at > MAX_SIZE_LINE_BYTES) return undefined;
  const line = buffer.toString("latin1", at, buffer[end - 1] === 0x0d ? end - 1 : end);
  const match = SIZE_LINE.exec(line);
  if (!match) return undefined;
  const bytes = Number.parseInt(match[1] ?? "", 16);
  return feed === -1 && bytes > 0 ? undefined : { bytes, next: end + 1 };
}

/** Bytes of the newline that stands there; 0 when there is none. */
function newlineAt(buffer: Buffer, at: number): number {
  if (buffer[at] === 0x0a) return 1;
  return buffer[at] === 0x0d && buffer[at + 1] === 0x0a ? 2 : 0;
}

function unframed(at: number): string {
  return at === 0
    ? "Transfer-Encoding says chunked, but the body is not framed in chunks: it is taken as it is"
    : "the chunk framing of the body is broken: the body is taken as it is";
}
