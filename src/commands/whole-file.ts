import { existsSync, lstatSync, statSync, type Stats } from "node:fs";
import { link, open, rename, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { plainReason } from "../config/input.js";
import type { Context } from "../context.js";
import { CliError, EXIT } from "../errors.js";

/** Where bytes go piece by piece. */
export interface Sink {
  write(data: Uint8Array): Promise<void>;
  /** All of it is there now. */
  commit(): Promise<void>;
  /** Nothing of it stays. */
  abort(): Promise<void>;
}

export interface FileOptions {
  readonly context: Pick<Context, "random">;
  /** A file that is there gives way in one step, even if it is a link. */
  readonly force: boolean;
  /** A loss of power right afterwards must not cost it. Takes milliseconds, which is much for each of many files. */
  readonly isSynced: boolean;
  /** Only the user may read it. */
  readonly isPrivate: boolean;
  /** What to do when a file is there that may not give way. */
  readonly hint?: string;
}

/** Writes a file that is there whole or not at all. Throws CliError 2, also where something is there already. */
export async function writeWholeFile(path: string, data: Uint8Array, options: FileOptions): Promise<void> {
  await writeAll(await openWholeFile(path, options), data);
}

/** Writes all that goes into a sink. */
export async function writeAll(sink: Sink, data: Uint8Array): Promise<void> {
  try {
    await sink.write(data);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** The same, piece by piece: it is written beside its place, and given its name in the end. */
export async function openWholeFile(path: string, options: FileOptions): Promise<Sink> {
  requireFree(path, options);
  const beside = join(dirname(path), `.hookcli-${Buffer.from(options.context.random(6)).toString("hex")}.tmp`);
  const file = await guarded(path, () => open(beside, "wx", modeFor(path, options)));
  return {
    write: (data) => guarded(path, () => writeBytes(file, data)),
    commit: () =>
      guarded(path, async () => {
        if (options.isSynced) await file.sync();
        await file.close();
        if (options.force) await rename(beside, path);
        else await moveIfFree(beside, path, options);
      }),
    abort: async () => {
      await file.close().catch(() => {});
      await unlink(beside).catch(() => {});
    },
  };
}

/** Something that is no file, such as a device or a pipe, written to as it is. */
export async function openAsItIs(path: string): Promise<Sink> {
  const file = await guarded(path, () => open(path, "w"));
  return {
    write: (data) => guarded(path, () => writeBytes(file, data)),
    commit: () => guarded(path, () => file.close()),
    abort: () => file.close().catch(() => {}),
  };
}

/** Throws CliError 2 when a file is there and may not be written over. */
function requireFree(path: string, { force, hint = "--force writes over it" }: FileOptions): void {
  const stats = statsOf(path);
  if (stats === undefined) return;
  if (existsSync(path) && statSync(path).isDirectory()) throw new CliError(`${path} is a folder`);
  if (!force) throw new CliError(`${path} is there already`, { hint });
}

/** A file written anew stays as private as it was. */
function modeFor(path: string, { isPrivate }: FileOptions): number {
  const before = lstatSync(path, { throwIfNoEntry: false });
  return isPrivate ? 0o600 : before?.isFile() === true ? before.mode & 0o777 : 0o666;
}

/** A file that came in the meantime stays; where the disk knows no links, one that comes at this very moment does not. */
async function moveIfFree(beside: string, path: string, options: FileOptions): Promise<void> {
  const isLinked = await link(beside, path).then(
    () => true,
    () => false,
  );
  if (isLinked) return unlink(beside);
  requireFree(path, options);
  await rename(beside, path);
}

async function writeBytes(file: FileHandle, data: Uint8Array): Promise<void> {
  let done = 0;
  while (done < data.byteLength) done += (await file.write(data, done)).bytesWritten;
}

async function guarded<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const reason = code === "ENOSPC" ? "the disk is full" : plainReason(error);
    throw new CliError(`cannot write ${path}: ${reason}`, { exitCode: EXIT.usage, cause: error });
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${plainReason(error)}`, { cause: error });
  }
}
