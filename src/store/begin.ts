import { sqliteCode, type Database } from "./driver.js";

/** How the lock of the file is waited for. */
export interface Patience {
  /** How long in all, milliseconds. */
  readonly busyTimeoutMs: number;
  /** How often it is tried. */
  readonly pollMs: number;
}

/**
 * Begins a write, with the lock. SQLite itself would look again after up to 100 ms, and find the lock taken by the next
 * slice of a long import or prune of another process, which leaves it free for a few milliseconds at a time.
 */
export function begin(db: Database, { busyTimeoutMs, pollMs }: Patience): void {
  db.exec("PRAGMA busy_timeout = 0");
  try {
    const deadline = performance.now() + busyTimeoutMs;
    while (!tryBegin(db, performance.now() >= deadline)) sleep(pollMs);
  } finally {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }
}

/** Sleeps, which a thread of its own may do. */
export function sleep(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

function tryBegin(db: Database, isLast: boolean): boolean {
  try {
    db.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (isLast || sqliteCode(error)?.primary !== 5) throw error;
    return false;
  }
}
