import type { Readable } from "node:stream";

/** Longest line that is passed on, characters; the rest of a longer one is dropped. */
const LINE_LIMIT = 8 * 1024;

/**
 * Calls `onLine` for each line of UTF-8 text, without its end (LF, CRLF or CR), and for a last one without an end.
 * Memory is bounded: a line is cut at {@link LINE_LIMIT}. A stream that fails simply ends.
 */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new TextDecoder();
  let line = "";
  const take = (text: string) => {
    const parts = text.split(/\r\n|\n|\r/);
    const last = parts.pop() ?? "";
    for (const part of parts) {
      if (line !== "" || part !== "") onLine((line + part).slice(0, LINE_LIMIT));
      line = "";
    }
    line = (line + last).slice(0, LINE_LIMIT);
  };
  stream.on("data", (chunk: Buffer) => take(decoder.decode(chunk, { stream: true })));
  stream.on("error", () => undefined);
  stream.once("end", () => take(`${decoder.decode()}\n`));
}
