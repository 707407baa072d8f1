import type { Apply } from "./apply.js";
import { begin, type Patience } from "./begin.js";
import { sqliteCode, type Database } from "./driver.js";
import { toStoreError } from "./faults.js";
import { withoutForeignKeys } from "./sweep.js";
import type { Numbered, Outcome, PackedError, Result } from "./operations.js";

/** SQLITE_CONSTRAINT, SQLITE_FULL, SQLITE_TOOBIG, SQLITE_MISMATCH: one row's own trouble, or less of it with fewer rows. */
const ROW_TROUBLE: ReadonlySet<number> = new Set([19, 13, 18, 20]);

/** Where and how a batch is committed. */
export interface BatchSettings {
  readonly db: Database;
  readonly apply: Apply;
  readonly path: string;
  readonly patience: Patience;
  /** Asked after each write, with the milliseconds since the transaction began: no further write goes into it. */
  readonly isOver: (elapsedMs: number) => boolean;
}

/**
 * Commits writes in one transaction with one sync, and says of each whether it is on disk: of all of them, or of the first
 * ones when the time was over. Where one row is the trouble the others are tried again one by one; what failed is rolled
 * back before it is reported.
 */
export function commitBatch(settings: BatchSettings, batch: readonly Numbered[]): Outcome[] {
  try {
    return commit(settings, batch);
  } catch (error) {
    rollback(settings.db);
    if (batch.length > 1 && isRowTrouble(error)) return batch.flatMap((one) => commitBatch(settings, [one]));
    return batch.map(({ id }) => ({ id, error: packError(error, settings.path) }));
  }
}

/** An error for its way to the main thread. */
export function packError(error: unknown, path: string): PackedError {
  const { fault, message, hint } = toStoreError(error, path);
  return { fault, message, hint };
}

/** What gives room back comes alone, and without foreign keys. */
function commit(settings: BatchSettings, batch: readonly Numbered[]): Outcome[] {
  const isShrink = batch[0]?.operation.kind === "shrink";
  return isShrink ? withoutForeignKeys(settings.db, () => transact(settings, batch)) : transact(settings, batch);
}

function transact({ db, apply, patience, isOver }: BatchSettings, batch: readonly Numbered[]): Outcome[] {
  begin(db, patience);
  const began = performance.now();
  const over = () => isOver(performance.now() - began);
  const results: Result[] = [];
  for (const { operation } of batch) {
    results.push(apply(operation, over));
    if (over()) break;
  }
  db.exec("COMMIT");
  return results.map((result, index) => ({ id: (batch[index] as Numbered).id, result }));
}

/** A full disk ends the transaction by itself; anything else leaves it open. */
function rollback(db: Database): void {
  if (db.isTransaction) db.exec("ROLLBACK");
}

function isRowTrouble(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === undefined || ROW_TROUBLE.has(code.primary);
}
