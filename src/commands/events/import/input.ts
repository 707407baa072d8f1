import { createReadStream, statSync } from "node:fs";
import { resolve } from "node:path";
import { plainReason } from "../../../config/input.js";
import type { Context } from "../../../context.js";
import { CliError } from "../../../errors.js";

/** Bytes that are read at a time. */
const READ_BYTES = 256 * 1024;

/** Something to import from. */
export interface Input {
  /** As it is called in messages. */
  readonly name: string;
  /** Bytes; `undefined` when nobody knows. */
  readonly size: number | undefined;
  readonly chunks: AsyncIterable<Buffer>;
}

/** The input that an argument names: a file, or `-`. Throws CliError 2. */
export function openInput(name: string, context: Pick<Context, "stdin" | "cwd">): Input {
  if (name === "-") {
    if (context.stdin.isTTY === true) {
      throw new CliError("events are read from standard input, which is a terminal", {
        hint: "pipe them in, or name a file",
      });
    }
    return { name: "standard input", size: undefined, chunks: buffers(context.stdin, "standard input") };
  }
  const path = resolve(context.cwd, name);
  const stats = readable(path);
  if (stats.isDirectory()) throw new CliError(`${name} is a folder`, { hint: "name the files in it" });
  const stream = () => createReadStream(path, { highWaterMark: READ_BYTES });
  return { name, size: stats.isFile() ? stats.size : undefined, chunks: lazily(() => buffers(stream(), name)) };
}

function readable(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${plainReason(error)}`, { cause: error });
  }
}

/** A file is opened when its turn comes. */
function lazily(open: () => AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => open()[Symbol.asyncIterator]() };
}

async function* buffers(stream: AsyncIterable<unknown>, name: string): AsyncIterable<Buffer> {
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
      yield typeof chunk === "string"
        ? Buffer.from(chunk)
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } catch (error) {
    throw new CliError(`cannot read ${name}: ${plainReason(error)}`, { cause: error });
  }
}
