import { sqliteCode } from "./driver.js";
import { StoreError, type StoreFault } from "./store.js";

/** SQLite's result codes that have a meaning of their own for us: https://sqlite.org/rescode.html */
const FAULTS: Readonly<Record<number, StoreFault>> = {
  5: "busy", // SQLITE_BUSY: another connection holds the lock
  6: "busy", // SQLITE_LOCKED
  8: "readonly", // SQLITE_READONLY
  11: "corrupt", // SQLITE_CORRUPT
  13: "full", // SQLITE_FULL
  14: "io", // SQLITE_CANTOPEN
  26: "corrupt", // SQLITE_NOTADB
};

/** SQLITE_IOERR_SHMSIZE: the wal-index could not grow, which is what a full disk does to it. */
const IOERR_SHMSIZE = 4874;

const WORDING: Readonly<Record<StoreFault, (path: string) => readonly [message: string, hint?: string]>> = {
  full: (path) => [`the disk of the store is full: ${path}`, "free some space, or name a file elsewhere with --db"],
  busy: (path) => [`the store is locked by another program: ${path}`, "close whatever holds a transaction on it open"],
  io: (path) => [`cannot use the store: ${path}`],
  corrupt: (path) => [
    `the store is damaged, or is no store of hookcli: ${path}`,
    "nothing was changed in it; move it away to start a new one, or name another with --db",
  ],
  newer: (path) => [
    `the store was written by a newer hookcli: ${path}`,
    "update hookcli, or name another file with --db",
  ],
  readonly: (path) => [`the store cannot be written: ${path}`, "check the permissions of the file and of its folder"],
  unsafe: (path) => [`the store is not a file of your own: ${path}`],
  closed: () => ["the store is closed"],
};

/** A fault with its wording; `detail` says what exactly was found. */
export function storeError(fault: StoreFault, path: string, detail?: string, cause?: unknown): StoreError {
  const [message, hint] = WORDING[fault](path);
  return new StoreError(fault, detail === undefined ? message : `${message} (${detail})`, { hint, cause });
}

/** Any error of SQLite or of the file system as a {@link StoreError}. */
export function toStoreError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const fault = faultOf(error);
  const detail =
    fault === "busy" || fault === "full" ? undefined : error instanceof Error ? error.message : String(error);
  return storeError(fault, path, detail, error);
}

function faultOf(error: unknown): StoreFault {
  const code = sqliteCode(error);
  if (code !== undefined) return code.extended === IOERR_SHMSIZE ? "full" : (FAULTS[code.primary] ?? "io");
  const errno = (error as NodeJS.ErrnoException | null)?.code;
  if (errno === "ENOSPC" || errno === "EDQUOT") return "full";
  return errno === "EROFS" || errno === "EACCES" || errno === "EPERM" ? "readonly" : "io";
}
