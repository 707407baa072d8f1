import type { Apply } from "./apply.js";
import { sqliteCode, type Database } from "./driver.js";
import { toStoreError } from "./faults.js";
import type { Numbered, Outcome, PackedError, Result } from "./operations.js";

/** SQLITE_CONSTRAINT, SQLITE_FULL, SQLITE_TOOBIG, SQLITE_MISMATCH: one row's own trouble, or less of it with fewer rows. */
const ROW_TROUBLE: ReadonlySet<number> = new Set([19, 13, 18, 20]);

/**
 * Commits writes in one transaction with one sync, and says of each whether it is on disk. Where one row is the trouble
 * the others are tried again one by one; what failed is rolled back before it is reported.
 */
export function commitBatch(db: Database, apply: Apply, batch: readonly Numbered[], path: string): Outcome[] {
  try {
    return commit(db, apply, batch);
  } catch (error) {
    rollback(db);
    if (batch.length > 1 && isRowTrouble(error)) return batch.flatMap((one) => commitBatch(db, apply, [one], path));
    return batch.map(({ id }) => ({ id, error: packError(error, path) }));
  }
}

/** An error for its way to the main thread. */
export function packError(error: unknown, path: string): PackedError {
  const { fault, message, hint } = toStoreError(error, path);
  return { fault, message, hint };
}

function commit(db: Database, apply: Apply, batch: readonly Numbered[]): Outcome[] {
  db.exec("BEGIN IMMEDIATE");
  const results: Result[] = batch.map(({ operation }) => apply(operation));
  db.exec("COMMIT");
  return batch.map(({ id }, index) => ({ id, result: results[index] as Result }));
}

/** A full disk ends the transaction by itself; anything else leaves it open. */
function rollback(db: Database): void {
  if (db.isTransaction) db.exec("ROLLBACK");
}

function isRowTrouble(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === undefined || ROW_TROUBLE.has(code.primary);
}
