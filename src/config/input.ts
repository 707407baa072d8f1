import { open } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import type { Context } from "../context.js";
import { CliError } from "../errors.js";

/** The most that hookcli reads from a file or from standard input, bytes. */
export const INPUT_LIMIT_BYTES = 64 * 2 ** 20;

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
    throw new CliError(`${options.what} takes @file or -, not ${text === "" ? "an empty value" : text}`);
  }
  return readFileLimited(resolve(options.context.cwd, path), { ...options, limitBytes });
}

/** Standard input to its end. Throws CliError 2 when it is a terminal, was read before, or is over the limit. */
export async function readStdin(
  context: Context,
  what: string,
  limitBytes: number = INPUT_LIMIT_BYTES,
): Promise<Uint8Array> {
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

async function readFileLimited(path: string, options: { what: string; limitBytes: number }): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > options.limitBytes) throw tooLarge(options.what, options.limitBytes);
      return await readAll(file.createReadStream({ autoClose: false }), options);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot read ${options.what} from ${path}: ${plainReason(error)}`, { cause: error });
  }
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
