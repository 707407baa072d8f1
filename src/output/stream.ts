import type { TerminalOutput } from "../context.js";

/** Characters that are written at once. */
const CHUNK_LENGTH = 32 * 1024;

/** What comes bit by bit. */
export type Stream<Value> = Iterable<Value> | AsyncIterable<Value>;

/**
 * Writes texts as they come, many at a time: no more is taken while the reader is behind, and signals are heard between
 * two writes. Ends early, and without an error, when nobody reads any more.
 */
export async function writeStream(stream: TerminalOutput, texts: Stream<string>): Promise<void> {
  for await (const chunk of chunksOf(texts)) {
    if (isOver(stream)) return;
    if (!stream.write(chunk)) await drained(stream);
    // Pipes and files are written to in the call itself: without a turn of the loop nobody could end this with Ctrl-C.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The texts of a JSON array, one for each member and one for its end. `toText` makes JSON of a member. */
export async function* arrayTexts(values: Stream<unknown>, toText: (value: unknown) => string): AsyncIterable<string> {
  let before = "[";
  for await (const texts of batchesOf(values, (value) => toText(value))) {
    yield `${before}${texts.join(",")}`;
    before = ",";
  }
  yield before === "[" ? "[]\n" : "]\n";
}

async function* chunksOf(texts: Stream<string>): AsyncIterable<string> {
  for await (const batch of batchesOf(texts, (text) => text)) yield batch.join("");
}

/** So many texts that they are worth a write. A plain iterable is not waited for, value by value. */
async function* batchesOf<Value>(values: Stream<Value>, toText: (value: Value) => string): AsyncIterable<string[]> {
  let batch: string[] = [];
  let length = 0;
  const isFull = (value: Value) => {
    const text = toText(value);
    batch.push(text);
    length += text.length;
    return length >= CHUNK_LENGTH;
  };
  const taken = () => {
    const full = batch;
    batch = [];
    length = 0;
    return full;
  };
  if (Symbol.asyncIterator in values) {
    for await (const value of values) if (isFull(value)) yield taken();
  } else {
    for (const value of values) if (isFull(value)) yield taken();
  }
  if (batch.length > 0) yield taken();
}

function isOver(stream: TerminalOutput): boolean {
  return stream.destroyed || stream.writableEnded;
}

function drained(stream: TerminalOutput): Promise<void> {
  return new Promise((resolve) => {
    const names = ["drain", "error", "close"] as const;
    const finish = () => {
      for (const name of names) stream.off(name, finish);
      resolve();
    };
    for (const name of names) stream.on(name, finish);
  });
}
