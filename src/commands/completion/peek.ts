import type { Config } from "../../config/config.js";
import type { Reader } from "../../store/reader.js";

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
  const { inspectFiles } = await import("../../store/file.js");
  if (!inspectFiles(dbPath)) return undefined;
  const [{ openDatabase }, { inspectDatabase }, { Reader }] = await Promise.all([
    import("../../store/driver.js"),
    import("../../store/schema.js"),
    import("../../store/reader.js"),
  ]);
  const db = await openDatabase(dbPath, { readOnly: true, busyTimeoutMs: BUSY_MS });
  try {
    return inspectDatabase(db, dbPath) === "current" ? look(new Reader(db, dbPath)) : undefined;
  } finally {
    db.close();
  }
}
