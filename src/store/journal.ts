import type { Database } from "./driver.js";

/**
 * Pages in the journal from which a commit brings them into the file itself: 16 MB. A capture that does so waits for
 * the disk, and bulk work beside it has done so before.
 */
const AUTO_CHECKPOINT_PAGES = 4_000;
/** Pages from which bulk work has the journal begin anew, which only happens with the lock of the file held. */
const RESTART_PAGES = 3_000;
/** How long that waits for the lock and for readers. */
const RESTART_WAIT_MS = 5;

/** Sets when the journal is emptied. */
export function configureJournal(db: Database): void {
  db.exec(`PRAGMA wal_autocheckpoint = ${AUTO_CHECKPOINT_PAGES}`);
}

/**
 * Brings what bulk work has put into the journal into the file, without the lock, so that no capture has to. Beside
 * steady captures the journal would never be empty at the end of that, and grow: then it is begun anew.
 */
export function relieveJournal(db: Database, busyTimeoutMs: number): void {
  db.exec(`PRAGMA busy_timeout = ${RESTART_WAIT_MS}`);
  try {
    const pages = Number(db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get()?.["log"]);
    if (pages > RESTART_PAGES) db.exec("PRAGMA wal_checkpoint(RESTART)");
  } finally {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }
}

/**
 * Brings what is in the journal into the file itself before closing. The driver of Node 20 and 22 keeps a connection
 * with prepared statements half open, so that SQLite would not do it. Other connections are not waited for.
 */
export function closeTidily(db: Database): void {
  try {
    // The long part without the lock, for others may be capturing; the rest is short.
    db.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(PASSIVE); PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // Everything committed is in the journal, and will be found there.
  }
  db.close();
}
