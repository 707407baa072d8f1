import { setImmediate } from "node:timers/promises";
import { begin } from "./begin.js";
import { openDatabase } from "./driver.js";
import { requireWritable } from "./file.js";
import { configure } from "./schema.js";
import { SearchBuilder, unindexed } from "./search-build.js";

/** How long one slice reads events. */
const SLICE_MS = 20;
const PATIENCE = { busyTimeoutMs: 5_000, pollMs: 4 };
/** Slices between two reports. */
const REPORT_EVERY = 16;

/**
 * Brings the index of `--grep` up to date, in this thread, with a connection of its own. Stops quietly where the store
 * cannot be written: a search reads what is not indexed.
 */
export async function catchUp(
  path: string,
  { isStopped, onProgress }: { isStopped: () => boolean; onProgress: (left: number) => void },
): Promise<void> {
  try {
    requireWritable(path);
    const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: PATIENCE.busyTimeoutMs });
    try {
      configure(db, () => false);
      const builder = new SearchBuilder(db, () => begin(db, PATIENCE));
      for (let slices = 0; builder.work(SLICE_MS) === "more" && !isStopped(); slices += 1) {
        if (slices % REPORT_EVERY === 0) onProgress(unindexed((sql) => db.prepare(sql).get()));
        await setImmediate();
      }
    } finally {
      db.close();
    }
  } catch {
    // Not a reason for a search to fail: it reads what is not indexed, and reports what it cannot read.
  }
}
