import type { MessagePort } from "node:worker_threads";
import { createApply, type Apply } from "./apply.js";
import { commitBatch, packError } from "./batch.js";
import type { Database, OpenDatabase } from "./driver.js";
import { tightenFiles } from "./file.js";
import type { FromWriter, Numbered, ToWriter, WriterData } from "./operations.js";
import { configure, inspectDatabase, migrate } from "./schema.js";

/** How long a locked file is waited for before a pause, and how often, when its journal mode is set. */
const RETRY_MS = 20;
/** Writes in one transaction at most: it must not hold the lock over 50 ms. */
const MAX_BATCH_EVENTS = 512;
const MAX_BATCH_BYTES = 8 * 2 ** 20;

/**
 * The writer: takes writes from the main thread, commits all that are there in one transaction a turn of the loop, and
 * answers for each by its number after the commit.
 */
export async function serveWriter(port: MessagePort, data: WriterData, open: OpenDatabase): Promise<void> {
  const send = (message: FromWriter) => port.postMessage(message);
  try {
    const db = await openForWriting(data, open);
    listen(port, send, { db, apply: createApply(db), path: data.path });
    send({ kind: "open" });
  } catch (error) {
    send({ kind: "failed", error: packError(error, data.path) });
    port.close();
  }
}

interface Connection {
  readonly db: Database;
  readonly apply: Apply;
  readonly path: string;
}

function listen(port: MessagePort, send: (message: FromWriter) => void, connection: Connection): void {
  const waiting: Numbered[] = [];
  let closing = false;
  let scheduled = false;
  const turn = () => {
    scheduled = false;
    const batch = waiting.splice(0, batchLength(waiting));
    if (batch.length > 0) send({ kind: "outcomes", outcomes: commitOrReport(connection, batch) });
    if (waiting.length > 0) schedule();
    else if (closing) finish();
  };
  const schedule = () => {
    if (!scheduled) setImmediate(turn);
    scheduled = true;
  };
  const finish = () => {
    closeTidily(connection.db);
    send({ kind: "closed" });
    port.close();
  };
  port.on("message", (message: ToWriter) => {
    if (message.kind === "close") closing = true;
    else waiting.push(...message.operations);
    schedule();
  });
}

/**
 * Brings what is in the journal into the file itself before closing. The driver of Node 20 and 22 keeps a connection
 * with prepared statements half open, so that SQLite would not do it. Other connections are not waited for.
 */
function closeTidily(db: Database): void {
  try {
    db.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // Everything committed is in the journal, and will be found there.
  }
  db.close();
}

/** A failure that even the rollback could not contain still gets an answer for every write. */
function commitOrReport({ db, apply, path }: Connection, batch: readonly Numbered[]) {
  try {
    return commitBatch(db, apply, batch, path);
  } catch (error) {
    const packed = packError(error, path);
    return batch.map(({ id }) => ({ id, error: packed }));
  }
}

function batchLength(waiting: readonly Numbered[]): number {
  let bytes = 0;
  const cut = waiting.findIndex(({ operation }, index) => {
    bytes += operation.kind === "append" ? operation.event.body.byteLength : 0;
    return index > 0 && (index >= MAX_BATCH_EVENTS || bytes > MAX_BATCH_BYTES);
  });
  return cut === -1 ? waiting.length : cut;
}

async function openForWriting({ path, busyTimeoutMs }: WriterData, open: OpenDatabase): Promise<Database> {
  const db = await open(path, { readOnly: false, busyTimeoutMs });
  try {
    inspectDatabase(db, path);
    const tries = { left: Math.ceil(busyTimeoutMs / RETRY_MS) };
    configure(db, () => {
      pause();
      tries.left -= 1;
      return tries.left > 0;
    });
    migrate(db, path, pause);
    tightenFiles(path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Sleeps, which a thread of its own may do. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
}
