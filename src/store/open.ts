import type { Context } from "../context.js";
import { openDatabase } from "./driver.js";
import { toStoreError } from "./faults.js";
import { createFiles, inspectFiles, requireWritable } from "./file.js";
import { Reader } from "./reader.js";
import { isCutOff } from "./rollback.js";
import { inspectDatabase, type FileState } from "./schema.js";
import { SqliteStore } from "./sqlite-store.js";
import type { Store } from "./store.js";
import type { QueueLimits, Writer } from "./writer.js";

/** How long a batch of writes waits for a lock that another process holds. */
const WRITE_BUSY_MS = 10_000;
/** The same for a read, which has to wait only while another process recovers the file. */
const READ_BUSY_MS = 2_000;

export interface OpenOptions {
  readonly path: string;
  readonly context: Pick<Context, "now">;
  /** Reads only: nothing is created, and a store that does not exist is an empty one. */
  readonly readOnly?: boolean;
  readonly limits?: Partial<QueueLimits>;
  readonly busyTimeoutMs?: number;
  /** The writer's entry, where it is not the one of the bundle. */
  readonly writerPath?: URL;
  /** Passed to a test's own writer entry. */
  readonly faults?: unknown;
}

/**
 * Opens the store, creating it where it may. Rejects with StoreError: `unsafe`, `corrupt`, `newer`, `readonly`, `busy`,
 * `full` or `io`; a file that is not a store of ours is left as it is.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const { path, context } = options;
  const exists = inspectFiles(path);
  if (options.readOnly === true) {
    const reader = exists ? await openCurrent(options) : undefined;
    return new SqliteStore({ path, now: context.now, reader, writer: undefined });
  }
  if (exists) requireWritable(path);
  else createFiles(path);
  // Judged over a connection that cannot write, and before there is one that can: SQLite would tidy up a journal.
  (await openUnlessCutOff(path))?.reader.close();
  const writer = await startWriter(options);
  try {
    return new SqliteStore({ path, now: context.now, reader: (await openReader(path)).reader, writer });
  } catch (error) {
    await writer.close();
    throw error;
  }
}

/** A reader of a store that exists; one of an older version is brought up to date first, an empty file is no store yet. */
async function openCurrent(options: OpenOptions): Promise<Reader | undefined> {
  const opened = await openUnlessCutOff(options.path);
  if (opened?.state === "current") return opened.reader;
  opened?.reader.close();
  if (opened?.state === "new") return undefined;
  const writer = await startWriter(options);
  await writer.close();
  return (await openReader(options.path)).reader;
}

/** `undefined`: a transaction was cut off in it, which a writer takes back. */
async function openUnlessCutOff(path: string): Promise<{ reader: Reader; state: FileState } | undefined> {
  try {
    return await openReader(path);
  } catch (error) {
    if (isCutOff(error, path)) return undefined;
    throw error;
  }
}

async function openReader(path: string): Promise<{ reader: Reader; state: FileState }> {
  try {
    const db = await openDatabase(path, { readOnly: true, busyTimeoutMs: READ_BUSY_MS });
    try {
      return { state: inspectDatabase(db, path), reader: new Reader(db, path) };
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw toStoreError(error, path);
  }
}

/** Reading, which is all that many commands do, loads no worker threads. */
async function startWriter({
  path,
  writerPath,
  limits,
  busyTimeoutMs = WRITE_BUSY_MS,
  faults,
}: OpenOptions): Promise<Writer> {
  const entry = writerPath ?? new URL(import.meta.resolve("#store-writer"));
  const data = { path, busyTimeoutMs, ...(faults === undefined ? {} : { faults }) };
  const { DEFAULT_LIMITS, Writer } = await import("./writer.js");
  return Writer.start(entry, data, { ...DEFAULT_LIMITS, ...limits });
}
