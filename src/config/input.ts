import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import type { Context } from "../context.js";
import { CliError } from "../errors.js";

/** The most that hookcli reads from a file or from standard input, bytes. */
const INPUT_LIMIT_BYTES = 64 * 2 ** 20;

/** What is read beyond the size that a file tells, bytes: it shows the end of it. */
const READ_BEYOND_BYTES = 16 * 2 ** 10;

/** O_NONBLOCK is absent on Windows, and so are pipes that can be opened like files. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** How long a pipe may be without a writer, milliseconds. */
const WRITER_WAIT_MS = 2_000;
const WRITER_POLL_MS = 20;

/** Pipes that the shell has opened for us, as by `<(command)`: their writer has been there, so their end is an end. */
const INHERITED = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/(?:self|\d+)\/fd\/\d+)$/;

const stdinTakenBy = new WeakMap<Context, string>();

/**
 * The bytes that `@path`, `file:path` or `-` (standard input) name. Standard input can be read once in a run; a terminal there is
 * an error, not a wait. `what` names the option in errors. Throws CliError 2.
 */
export async function readInput(
  text: string,
  options: { context: Context; what: string; limitBytes?: number },
): Promise<Uint8Array> {
  const limitBytes = options.limitBytes ?? INPUT_LIMIT_BYTES;
  if (text === "-") return readStdin(options.context, options.what, limitBytes);
  const path = text.startsWith("@") ? text.slice(1) : text.startsWith("file:") ? text.slice(5) : undefined;
  if (path === undefined || path === "") {
    throw new CliError(`${options.what} takes @file or -, not ${text === "" ? "an empty value" : text}`, {
      hint: text === "" ? undefined : `for a file write @${text}`,
    });
  }
  return readFileLimited(resolve(options.context.cwd, path), { ...options, limitBytes });
}

/** Standard input to its end. Throws CliError 2 when it is a terminal, was read before, or is over the limit. */
async function readStdin(context: Context, what: string, limitBytes: number = INPUT_LIMIT_BYTES): Promise<Uint8Array> {
  if (context.stdin.isTTY === true) {
    throw new CliError(`${what} is read from standard input, which is a terminal`, {
      hint: "pipe it in, or name a file: --body @body.json",
    });
  }
  const taken = stdinTakenBy.get(context);
  if (taken !== undefined)
    throw new CliError(`standard input is already used for ${taken}; ${what} cannot come from it too`);
  stdinTakenBy.set(context, what);
  return readAll(context.stdin, { what, limitBytes });
}

/** All bytes of a stream, up to a limit. */
export async function readAll(stream: Readable, options: { what: string; limitBytes: number }): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > options.limitBytes) throw tooLarge(options.what, options.limitBytes);
    chunks.push(bytes);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

/**
 * The bytes of a file, or of a pipe such as `<(command)` makes. Opening a pipe that nobody writes to would wait for ever,
 * and not even a signal would end the process: it is opened without waiting, and is an error when it has nothing.
 */
export async function readFileLimited(
  path: string,
  options: { what: string; limitBytes: number },
): Promise<Uint8Array> {
  try {
    const fd = openSync(path, WITHOUT_WAITING);
    const stats = fstatSync(fd);
    if (stats.isFIFO()) return await readPipe(fd, path, options);
    if (!stats.isFile()) return await readAll(createReadStream(path, { fd }), options);
    try {
      return readWhole(fd, stats.size, options);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot read ${options.what} from ${path}: ${plainReason(error)}`, { cause: error });
  }
}

/**
 * A file that is there is read in one go: streams are slow to load. Its end is where reading ends: files of /proc say that
 * they are empty, and others grow.
 */
function readWhole(fd: number, sizeBytes: number, options: { what: string; limitBytes: number }): Uint8Array {
  if (sizeBytes > options.limitBytes) throw tooLarge(options.what, options.limitBytes);
  const chunks: Uint8Array[] = [];
  for (let total = 0; ;) {
    const chunk = new Uint8Array(Math.max(sizeBytes - total, 0) + READ_BEYOND_BYTES);
    const length = readSync(fd, chunk);
    if (length === 0) return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, total);
    total += length;
    if (total > options.limitBytes) throw tooLarge(options.what, options.limitBytes);
    chunks.push(chunk.subarray(0, length));
  }
}

/** Reads a pipe by polling, so that waiting holds no thread. The socket closes what it reads from. */
async function readPipe(fd: number, path: string, options: { what: string; limitBytes: number }): Promise<Uint8Array> {
  const { Socket } = await import("node:net");
  const first = await firstBytes(fd, INHERITED.test(path));
  if (first === undefined) {
    closeSync(fd);
    throw new CliError(`cannot read ${options.what} from ${path}: nobody writes to this pipe`);
  }
  if (first === "end") {
    closeSync(fd);
    return new Uint8Array();
  }
  const rest = await readAll(new Socket({ fd, readable: true, writable: false }), options);
  return Buffer.concat([first, rest]);
}

/**
 * What is in the pipe as soon as it has a writer; a pipe without one reads as ended. `undefined`: none came in time.
 * `hadWriter`: the end is one.
 */
async function firstBytes(fd: number, hadWriter: boolean): Promise<Uint8Array | "end" | undefined> {
  const bytes = new Uint8Array(4_096);
  for (let waitedMs = 0; waitedMs < WRITER_WAIT_MS; waitedMs += WRITER_POLL_MS) {
    try {
      const length = readSync(fd, bytes);
      if (length > 0) return bytes.subarray(0, length);
      if (hadWriter) return "end";
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return new Uint8Array();
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, WRITER_POLL_MS));
  }
  return undefined;
}

function tooLarge(what: string, limitBytes: number): CliError {
  return new CliError(`${what} is larger than ${limitBytes / 2 ** 20} MiB`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "part of the path is not a folder",
  ELOOP: "too many symbolic links",
};

/** What the system said, in plain words. */
export function plainReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
