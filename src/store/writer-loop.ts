import type { MessagePort } from "node:worker_threads";
import { createApply, type Apply } from "./apply.js";
import { commitBatch, packError } from "./batch.js";
import { sleep } from "./begin.js";
import type { Database, OpenDatabase } from "./driver.js";
import { tightenFiles } from "./file.js";
import { closeTidily, configureJournal, relieveJournal } from "./journal.js";
import type { FromWriter, Outcome, ToWriter, WriterData } from "./operations.js";
import { IdleWork } from "./idle-work.js";
import { WriteQueues, type Batch } from "./queues.js";
import { configure, inspectDatabase, migrate } from "./schema.js";

/** How long a locked file is waited for before a pause, and how often, when its journal mode is set. */
const RETRY_MS = 20;
/** How often the lock is tried for: by the writes of each moment, and by bulk work, which lets those of others go first. */
const PROMPT_POLL_MS = 1;
const BULK_POLL_MS = 4;
/** How long bulk work tries for it before the writes that have come meanwhile have their turn. */
const BULK_PATIENCE_MS = 20;
/** How long bulk work goes on in one transaction; the commit comes on top. */
const SLICE_MS = 6;

/**
 * The writer: takes writes from the main thread, commits all that are there in one transaction a turn of the loop, and
 * answers for each by its number after the commit.
 */
export async function serveWriter(port: MessagePort, data: WriterData, open: OpenDatabase): Promise<void> {
  const send = (message: FromWriter) => port.postMessage(message);
  try {
    const db = await openForWriting(data, open);
    listen(port, send, { db, apply: createApply(db), path: data.path, busyTimeoutMs: data.busyTimeoutMs });
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
  readonly busyTimeoutMs: number;
}

function listen(port: MessagePort, send: (message: FromWriter) => void, connection: Connection): void {
  const queues = new WriteQueues();
  const idle = new IdleWork(connection.db);
  let closing = false;
  let scheduled = false;
  let rest: NodeJS.Timeout | undefined;
  const locked = new LockedTime(connection.busyTimeoutMs);
  const turn = () => {
    scheduled = false;
    const batch = queues.next();
    if (batch !== undefined) {
      const outcomes = commitOrReport(connection, batch);
      const goesOn = batch.isBulk && locked.isPassing(outcomes);
      if (!goesOn) send({ kind: "outcomes", outcomes });
      if (!goesOn && batch.isBulk) relieve(connection);
      queues.done(batch, goesOn ? 0 : outcomes.length);
      idle.written(batch.writes.some(({ operation }) => operation.kind === "remove"));
    }
    if (!queues.isEmpty) schedule();
    else if (closing) finish();
  };
  const schedule = () => {
    clearTimeout(rest);
    if (scheduled) return;
    const restMs = queues.restMs();
    scheduled = restMs === 0;
    if (scheduled) setImmediate(turn);
    else rest = setTimeout(turn, restMs);
  };
  const finish = () => {
    idle.stop();
    closeTidily(connection.db);
    send({ kind: "closed" });
    port.close();
  };
  port.on("message", (message: ToWriter) => {
    if (message.kind === "close") closing = true;
    else queues.add(message.operations);
    schedule();
  });
}

/** For how long bulk work has found the file locked, time after time. */
class LockedTime {
  private readonly limitMs: number;
  private since: number | undefined;

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  /** True when a slice found the file locked and shall be tried again. */
  isPassing(outcomes: readonly Outcome[]): boolean {
    const [first] = outcomes;
    if (first === undefined || !("error" in first) || first.error.fault !== "busy") {
      this.since = undefined;
      return false;
    }
    this.since ??= performance.now();
    return performance.now() - this.since < this.limitMs;
  }
}

/** A failure that even the rollback could not contain still gets an answer for every write. */
function commitOrReport({ db, apply, path, busyTimeoutMs }: Connection, { writes, isBulk }: Batch) {
  const patience = isBulk
    ? { busyTimeoutMs: Math.min(busyTimeoutMs, BULK_PATIENCE_MS), pollMs: BULK_POLL_MS }
    : { busyTimeoutMs, pollMs: PROMPT_POLL_MS };
  const isOver = (elapsedMs: number) => isBulk && elapsedMs >= SLICE_MS;
  try {
    return commitBatch({ db, apply, path, patience, isOver }, writes);
  } catch (error) {
    const packed = packError(error, path);
    return writes.map(({ id }) => ({ id, error: packed }));
  }
}

/** A journal that cannot be emptied now is so later, at the latest by the commit that finds it too long. */
function relieve({ db, busyTimeoutMs }: Connection): void {
  try {
    relieveJournal(db, busyTimeoutMs);
  } catch {
    // A full or failing disk is the next commit's to report.
  }
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
    configureJournal(db);
    migrate(db, path, pause);
    tightenFiles(path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function pause(): void {
  sleep(RETRY_MS);
}
