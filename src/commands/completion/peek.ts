import type { Config } from "../../config/config.js";
import { openDatabase } from "../../store/driver.js";
import { inspectFiles } from "../../store/file.js";
import { Reader } from "../../store/reader.js";
import { inspectDatabase } from "../../store/schema.js";

/** How long completion waits for a lock, milliseconds: somebody is typing. */
const BUSY_MS = 20;

/**
 * Looks into the store, and closes it. Nothing is created, and a store of an older version is left for the next command that
 * reads it: `undefined`. Throws what the store throws.
 */
export async function peek<Value>(
  { dbPath }: Config,
  look: (reader: Pick<Reader, "select">) => Value,
): Promise<Value | undefined> {
  if (!inspectFiles(dbPath)) return undefined;
  const db = await openDatabase(dbPath, { readOnly: true, busyTimeoutMs: BUSY_MS });
  try {
    return inspectDatabase(db, dbPath) === "current" ? look(new Reader(db, dbPath)) : undefined;
  } finally {
    db.close();
  }
}
