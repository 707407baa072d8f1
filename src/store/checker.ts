import { writeSync } from "node:fs";
import { argv } from "node:process";
import { openDatabase } from "./driver.js";

/**
 * A program of its own: reads a store through with SQLite's quick_check and prints what is wrong with it, as a JSON array.
 * The check of a large file takes long and cannot be interrupted, but a process can be ended.
 */
void check(argv[2] ?? "")
  .catch((error: unknown) => [error instanceof Error ? error.message : String(error)])
  .then((problems) => writeSync(1, JSON.stringify(problems)));

async function check(path: string): Promise<string[]> {
  const db = await openDatabase(path, { readOnly: true, busyTimeoutMs: 2_000 });
  const rows = db.prepare("PRAGMA quick_check(5)").all();
  db.close();
  return rows.map((row) => String(row["quick_check"])).filter((text) => text !== "ok");
}
