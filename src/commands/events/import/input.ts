import { createReadStream, statSync } from "node:fs";
import { resolve } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
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

/** The input that an argument names: a file, or `-`. It ends with an error when `context.signal` is aborted. Throws CliError 2. */
export function openInput(name: string, context: Pick<Context, "stdin" | "cwd" | "signal">): Input {
  if (name === "-") {
    if (context.stdin.isTTY === true) {
      throw new CliError("events are read from standard input, which is a terminal", {
        hint: "pipe them in, or name a file",
      });
    }
    return {
      name: "standard input",
      size: undefined,
      chunks: lazily(() => buffers(context.stdin, "standard input", context.signal)),
    };
  }
  const path = resolve(context.cwd, name);
  const stats = readable(path);
  if (stats.isDirectory()) throw new CliError(`${name} is a folder`, { hint: "name the files in it" });
  const stream = () => createReadStream(path, { highWaterMark: READ_BYTES });
  return {
    name,
    size: stats.isFile() ? stats.size : undefined,
    chunks: lazily(() => buffers(stream(), name, context.signal)),
  };
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

async function* buffers(stream: Readable, name: string, signal: AbortSignal): AsyncIterable<Buffer> {
  try {
    for await (const chunk of addAbortSignal(signal, stream) as AsyncIterable<Uint8Array | string>) {
      yield typeof chunk === "string"
        ? Buffer.from(chunk)
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new CliError(`cannot read ${name}: ${plainReason(error)}`, { cause: error });
  }
}
