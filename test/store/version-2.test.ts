import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase, type Database, type Row } from "../../src/store/driver.js";
import { MIGRATIONS, migrate } from "../../src/store/schema.js";
import { version2 } from "../../src/store/version-2.js";
import { TEST_NOW } from "../helpers/event.js";
import { openTestStore, testFolder } from "./open-test-store.js";

const firstVersion = MIGRATIONS.slice(0, 1);
/** One step of a few hundred events in each slice. */
const inShortSlices = [...firstVersion, version2(0)];

async function open(path: string): Promise<Database> {
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 0 });
  onTestFinished(() => db.close());
  return db;
}

/** A store as the first version wrote it, with this many events. */
async function oldStore(count: number): Promise<{ db: Database; path: string }> {
  const path = join(testFolder(), "events.db");
  const db = await open(path);
  migrate(db, path, () => {}, firstVersion);
  db.exec(
    "INSERT INTO names (id, kind, value) VALUES (1, 'project', x'2f61'), (2, 'type', x'70757368'), (3, 'type', x'73746172')",
  );
  for (let index = 1; index <= count; index += 1) addEvent(db, index);
  return { db, path };
}

function addEvent(db: Database, index: number): void {
  db.prepare(
    `INSERT INTO events (id, project, received_at, type, status, state, signature, source, size)
      VALUES (?, 1, ?, ?, ?, ?, 'unchecked', 'local', 0)`,
  ).run(
    `evt_${String(index).padStart(26, "0")}`,
    TEST_NOW - index,
    pick([2, 3, null], index),
    pick([200, 404, null, 500], index),
    pick(["delivered", "failed", "stored", "failed", "dead"], index),
  );
  db.prepare(
    `INSERT INTO requests (seq, method, path, signature, duplicate_of, body_sha256, body_complete, headers, trailers)
      VALUES (last_insert_rowid(), x'47', x'2f', x'7b7d', ?, x'00', 1, x'5b5d', x'5b5d')`,
  ).run(index % 10 === 0 ? "evt_1" : null);
}

const pick = <T>(values: readonly T[], index: number): T => values[index % values.length] as T;

/** Of each event what the tables of the second version say, and what they should. */
function listed(db: Database): { found: Row[]; expected: Row[] } {
  const columns = "project, type, status, state, signature, source, received_at";
  return {
    found: db.prepare(`SELECT seq, ${columns} FROM listing JOIN facets ON id = facet ORDER BY seq`).all(),
    expected: db
      .prepare(`SELECT seq, ${columns.replace("type, status", "coalesce(type, 0) AS type, coalesce(status, 0) AS status")}
        FROM events ORDER BY seq`)
      .all(),
  };
}

const seqs = (db: Database, sql: string) =>
  db
    .prepare(sql)
    .all()
    .map((row) => Number(row["seq"]));

describe("a store of the first version", () => {
  it("is listed in slices between which others write, and goes on where it was stopped", async () => {
    const { db, path } = await oldStore(1100);
    const other = await open(path);
    let pauses = 0;
    const pause = () => {
      pauses += 1;
      addEvent(other, 2000 + pauses);
      other.exec("UPDATE events SET status = 418, state = 'dead' WHERE seq IN (10, 1000)");
      other.exec("DELETE FROM events WHERE seq IN (20, 1001)");
      if (pauses === 2) throw new Error("stopped");
    };

    expect(() => migrate(db, path, pause, inShortSlices)).toThrow("stopped");
    const between = listed(db);
    migrate(db, path, pause, inShortSlices);
    const { found, expected } = listed(db);

    expect(between.found.length).toBeLessThan(between.expected.length);
    expect(expected).toHaveLength(1100 - 2 + pauses);
    expect(found).toEqual(expected);
    expect(seqs(db, "SELECT seq FROM arrivals ORDER BY seq")).toEqual(expected.map((row) => row["seq"]));
    expect(seqs(db, "SELECT seq FROM duplicates ORDER BY seq")).toEqual(
      seqs(db, "SELECT seq FROM requests WHERE duplicate_of IS NOT NULL ORDER BY seq"),
    );
    expect(pauses).toBeGreaterThan(3);
  });

  it("is brought up to date by reading it, and filters find its events", async () => {
    const { path } = await oldStore(700);

    const store = await openTestStore({ path, readOnly: true });

    expect([...store.seqs({ names: [], statuses: ["4xx"], types: ["star"], limit: 2 })]).toEqual([697, 685]);
    expect(store.count({ names: [], states: ["dead"] })).toBe(140);
    expect(store.stats({ names: [] }).duplicates).toBe(70);
  });

  it("that is empty gets its tables in one transaction", async () => {
    const { db, path } = await oldStore(0);
    let pauses = 0;

    migrate(db, path, () => (pauses += 1), inShortSlices);

    expect(pauses).toBe(0);
    expect(seqs(db, "SELECT seq FROM listing")).toEqual([]);
  });
});
