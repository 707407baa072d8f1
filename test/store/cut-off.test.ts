import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/driver.js";
import { openStore } from "../../src/store/open.js";
import { newEvent } from "../helpers/event.js";
import { writerUrl } from "../helpers/writer.js";
import { openTestStore, testFolder } from "./open-test-store.js";

const PAGE_BYTES = 4096;

/**
 * A file in which a transaction was cut off after `sql`, by kill -9 or a loss of power, while its first pages were on
 * their way; the journal beside it is one that SQLite takes back.
 */
async function cutOff(path: string, sql: string): Promise<void> {
  const db = await openDatabase(`${path}.other`, { readOnly: false, busyTimeoutMs: 0 });
  // With a cache of one page the rest is written, and the journal synced, while the transaction goes on.
  db.exec(`PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; ${sql}`);
  for (const suffix of ["", "-journal"]) copyFileSync(`${path}.other${suffix}`, path + suffix);
  db.exec("ROLLBACK");
  db.close();
}

const FILL = (table: string) =>
  `INSERT INTO ${table} SELECT hex(randomblob(900)) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i FROM n)`;

/** The journal of a first page that was being made: nothing was there before. */
function journalOfNothing(): Buffer {
  const journal = Buffer.alloc(512);
  Buffer.from("d9d505f920a163d7", "hex").copy(journal);
  journal.writeUInt32BE(0x2a1f7fe7, 12);
  journal.writeUInt32BE(512, 20);
  journal.writeUInt32BE(PAGE_BYTES, 24);
  return journal;
}

/** The first page of an empty database. */
async function firstPage(folder: string): Promise<Buffer> {
  const path = join(folder, "empty.db");
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 0 });
  db.exec("PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE a (b); DROP TABLE a");
  db.close();
  return readFileSync(path).subarray(0, PAGE_BYTES);
}

describe("a store whose first start was cut off while its file was being made", () => {
  it.each(["written", "blank"])("is made anew by a listener, and by a reader (its first page: %s)", async (page) => {
    for (const readOnly of [true, false]) {
      const folder = testFolder();
      const path = join(folder, "events.db");
      writeFileSync(path, page === "blank" ? Buffer.alloc(PAGE_BYTES) : await firstPage(folder), { mode: 0o600 });
      writeFileSync(`${path}-journal`, journalOfNothing());

      const reader = await openTestStore({ path, readOnly });
      const store = await openTestStore({ path });
      await store.append(newEvent());

      expect([...reader.select({ names: [] })]).toHaveLength(1);
      expect(existsSync(`${path}-journal`)).toBe(false);
    }
  });
});

describe("a store on a file system without a -wal, killed in a transaction", () => {
  it("has what was committed before", async () => {
    const path = join(testFolder(), "events.db");
    const first = await openTestStore({ path: `${path}.first` });
    await first.append(newEvent());
    await first.close();
    copyFileSync(`${path}.first`, `${path}.other`);
    const other = await openDatabase(`${path}.other`, { readOnly: false, busyTimeoutMs: 0 });
    other.exec("PRAGMA journal_mode = DELETE; CREATE TABLE filler (text)");
    other.close();
    await cutOff(path, FILL("filler"));

    const reader = await openTestStore({ path, readOnly: true });
    const store = await openTestStore({ path });

    expect([...reader.select({ names: [] })]).toHaveLength(1);
    expect(store.get(1)?.seq).toBe(1);
  });
});

describe("another program's database, killed in a transaction", () => {
  it.each([true, false])("is refused and left as it was (reading only: %s)", async (readOnly) => {
    const path = join(testFolder(), "events.db");
    const other = await openDatabase(`${path}.other`, { readOnly: false, busyTimeoutMs: 0 });
    other.exec("CREATE TABLE notes (text)");
    other.close();
    await cutOff(path, FILL("notes"));
    const before = ["", "-journal"].map((suffix) => readFileSync(path + suffix).toString("base64"));

    const opened = openStore({ path, context: { now: () => 0 }, readOnly, writerPath: await writerUrl() });

    await expect(opened).rejects.toMatchObject({ name: "StoreError", fault: "readonly" });
    expect(["", "-journal"].map((suffix) => readFileSync(path + suffix).toString("base64"))).toEqual(before);
  });
});
