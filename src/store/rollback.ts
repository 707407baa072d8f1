import { closeSync, openSync, readSync } from "node:fs";
import { sqliteCode } from "./driver.js";
import { APPLICATION_ID, SCHEMA_VERSION } from "./schema.js";
import { StoreError } from "./store.js";

/** SQLITE_READONLY_ROLLBACK: a transaction that was cut off must be taken back first, which only a writer may do. */
const READONLY_ROLLBACK = 776;
/** SQLite's header, and the head of the first page's tree behind it: https://sqlite.org/fileformat2.html */
const HEAD_BYTES = 108;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;
const PAGE_KIND_AT = 100;
const CELL_COUNT_AT = 103;
const LEAF_OF_A_TABLE = 13;

/**
 * Whether a file could not be read because a transaction was cut off in it, and may be opened for writing, which takes that
 * back: it is a store of ours, or one whose first pages were being made. Such a journal is only there at the first start,
 * before there is a -wal, or on a file system that cannot have one.
 */
export function isCutOff(error: unknown, path: string): boolean {
  const cause = error instanceof StoreError ? error.cause : error;
  if (sqliteCode(cause)?.extended !== READONLY_ROLLBACK) return false;
  const head = headOf(path);
  const [application, version] = [head.readUInt32BE(APPLICATION_ID_AT), head.readUInt32BE(USER_VERSION_AT)];
  if (application === APPLICATION_ID) return version <= SCHEMA_VERSION;
  const isEmpty = head[PAGE_KIND_AT] === LEAF_OF_A_TABLE && head.readUInt16BE(CELL_COUNT_AT) === 0;
  return application === 0 && version === 0 && (isEmpty || head.every((byte) => byte === 0));
}

function headOf(path: string): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, "r");
  try {
    readSync(file, head);
  } finally {
    closeSync(file);
  }
  return head;
}
