import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase, type Database } from "../../src/store/driver.js";
import { MIGRATIONS, migrate, SCHEMA_VERSION, type Migration } from "../../src/store/schema.js";
import { newEvent } from "../helpers/event.js";
import { openTestStore, testFolder } from "./open-test-store.js";

async function open(path: string): Promise<Database> {
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 0 });
  onTestFinished(() => db.close());
  return db;
}

const numberOf = (db: Database, sql: string) => Number(Object.values(db.prepare(sql).get() ?? {})[0]);

/** A step after the released ones that copies ten rows, three at a time. */
const sliced: Migration = {
  version: SCHEMA_VERSION + 1,
  slice: (db) => {
    db.exec("CREATE TABLE IF NOT EXISTS copies (seq INTEGER PRIMARY KEY)");
    db.exec(`INSERT INTO copies SELECT seq FROM events WHERE seq > (SELECT coalesce(max(seq), 0) FROM copies)
      ORDER BY seq LIMIT 3`);
    return numberOf(db, "SELECT count(*) FROM copies") < 10 ? "more" : "done";
  },
};

describe("the schema", () => {
  it("is a list of versions without gaps", () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  it("marks the file as ours and syncs every commit", async () => {
    const store = await openTestStore();
    const db = await open(store.path);

    expect(numberOf(db, "PRAGMA application_id").toString(16)).toBe("686f6f6b");
    expect(numberOf(db, "PRAGMA user_version")).toBe(SCHEMA_VERSION);
    expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  });
});

describe("a migration", () => {
  it("works in slices between which others write, and keeps its place when it is stopped", async () => {
    const path = join(testFolder(), "events.db");
    const store = await openTestStore({ path });
    await Promise.all(Array.from({ length: 10 }, () => store.append(newEvent())));
    const db = await open(path);
    const other = await open(path);
    let pauses = 0;
    const pause = () => {
      pauses += 1;
      other.exec("CREATE TABLE IF NOT EXISTS elsewhere (a); INSERT INTO elsewhere VALUES (1)");
      if (pauses === 2) throw new Error("stopped");
    };

    expect(() => migrate(db, path, pause, [...MIGRATIONS, sliced])).toThrow("stopped");
    const between = [numberOf(db, "PRAGMA user_version"), numberOf(db, "SELECT count(*) FROM copies")];
    migrate(db, path, pause, [...MIGRATIONS, sliced]);

    expect(between).toEqual([SCHEMA_VERSION, 6]);
    expect(numberOf(db, "PRAGMA user_version")).toBe(SCHEMA_VERSION + 1);
    expect(numberOf(db, "SELECT count(*) FROM copies")).toBe(10);
    expect(pauses).toBe(3);
  });

  it("that fails leaves the version and the data as they were", async () => {
    const path = join(testFolder(), "events.db");
    await openTestStore({ path });
    const db = await open(path);
    const failing: Migration = {
      version: SCHEMA_VERSION + 1,
      slice: (connection) => {
        connection.exec("DROP TABLE attempts");
        throw new Error("no");
      },
    };

    expect(() => migrate(db, path, () => {}, [...MIGRATIONS, failing])).toThrow("no");

    expect(numberOf(db, "PRAGMA user_version")).toBe(SCHEMA_VERSION);
    expect(numberOf(db, "SELECT count(*) FROM attempts")).toBe(0);
  });

  it("of an older store is done on opening, and its events are there", async () => {
    const path = join(testFolder(), "events.db");
    const db = await open(path);
    // A store as it is before its first version: ours by its mark, and empty.
    db.exec("PRAGMA application_id = 1752133483; PRAGMA user_version = 0");

    const reader = await openTestStore({ path, readOnly: true });

    expect([...reader.select({ names: [] })]).toEqual([]);
    expect(numberOf(db, "PRAGMA user_version")).toBe(SCHEMA_VERSION);
  });
});
