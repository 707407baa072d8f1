import { existsSync, statSync } from "node:fs";
import { open, rename, unlink, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { plainReason } from "../../../config/input.js";
import type { Context } from "../../../context.js";
import { CliError, EXIT } from "../../../errors.js";
import type { Output } from "../../../output/output.js";

/** Bytes that are gathered before they are written. */
const CHUNK_BYTES = 256 * 1024;

/** Where an export goes. */
export interface Sink {
  write(data: Uint8Array): Promise<void>;
  /** All of it is there now. */
  commit(): Promise<void>;
  /** Nothing of it stays. */
  abort(): Promise<void>;
}

export interface FileOptions {
  readonly context: Pick<Context, "random">;
  readonly force: boolean;
  /** A loss of power right afterwards must not cost it. Takes milliseconds, which is much for each of many files. */
  readonly isSynced: boolean;
  /** Only the user may read it. */
  readonly isPrivate: boolean;
}

/** Standard output. What has been written there cannot be taken back. */
export function stdoutSink(output: Output): Sink {
  return gathered({ write: (data) => output.bytes(data), commit: async () => {}, abort: async () => {} });
}

/**
 * A file that is there whole or not at all: it is written beside its place, and given its name in the end. A device
 * or a pipe is written to as it is. Throws CliError 2 where something is there already.
 */
export async function fileSink(path: string, options: FileOptions): Promise<Sink> {
  if (existsSync(path) && isSpecial(path))
    return gathered(await handleSink(path, "w", path, { ...options, isSynced: false }));
  requireFree(path, options.force);
  const beside = join(
    dirname(path),
    `.${basename(path)}.${Buffer.from(options.context.random(6)).toString("hex")}.tmp`,
  );
  return gathered(await handleSink(beside, "wx", path, options));
}

/** Throws CliError 2 when a file is there and may not be written over. */
export function requireFree(path: string, force: boolean): void {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) throw new CliError(`${path} is a folder`);
  if (!force) throw new CliError(`${path} is there already`, { hint: "--force writes over it" });
}

async function handleSink(path: string, flags: "w" | "wx", named: string, options: FileOptions): Promise<Sink> {
  const file = await guarded(named, () => open(path, flags, options.isPrivate ? 0o600 : 0o666));
  const isTemporary = path !== named;
  return {
    write: (data) => guarded(named, () => writeAll(file, data)),
    commit: () =>
      guarded(named, async () => {
        if (options.isSynced) await file.sync();
        await file.close();
        if (isTemporary) await rename(path, named);
      }),
    abort: async () => {
      await file.close().catch(() => {});
      if (isTemporary) await unlink(path).catch(() => {});
    },
  };
}

async function writeAll(file: FileHandle, data: Uint8Array): Promise<void> {
  let done = 0;
  while (done < data.byteLength) done += (await file.write(data, done)).bytesWritten;
}

/** Small pieces go together. */
function gathered(sink: Sink): Sink {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const flush = async () => {
    const whole = waiting.length === 1 && waiting[0] !== undefined ? waiting[0] : Buffer.concat(waiting, bytes);
    waiting = [];
    bytes = 0;
    if (whole.byteLength > 0) await sink.write(whole);
  };
  return {
    write: async (data) => {
      waiting.push(data);
      bytes += data.byteLength;
      if (bytes >= CHUNK_BYTES) await flush();
    },
    commit: async () => {
      await flush();
      await sink.commit();
    },
    abort: () => sink.abort(),
  };
}

function isSpecial(path: string): boolean {
  const stats = statSync(path);
  return !stats.isFile() && !stats.isDirectory();
}

async function guarded<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const reason = code === "ENOSPC" ? "the disk is full" : plainReason(error);
    throw new CliError(`cannot write ${path}: ${reason}`, { exitCode: EXIT.usage, cause: error });
  }
}
