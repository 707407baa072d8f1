import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ImportedEvent } from "../../src/events/event.js";
import { openDatabase, type Database } from "../../src/store/driver.js";
import { IdleWork } from "../../src/store/idle-work.js";
import type { Store } from "../../src/store/store.js";
import { Sweep } from "../../src/store/sweep.js";
import { newEvent } from "../helpers/event.js";
import { openTestStore } from "./open-test-store.js";

afterEach(() => void vi.useRealTimers());

function ofTypes(types: readonly string[]): ImportedEvent[] {
  return types.map((eventType) => ({ ...newEvent({ eventType }), duplicateOf: null, attempts: [] }));
}

const distinct = (count: number) => Array.from({ length: count }, (_, index) => `type.${index}`);

async function connectionTo({ path }: Store): Promise<Database> {
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 5000 });
  onTestFinished(() => db.close());
  return db;
}

const count = (db: Database, what: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${what}`).get()?.["n"]);
const typesIn = (db: Database) => count(db, "names WHERE kind = 'type'");

/** The connection, with all that is prepared over it. */
function recording(db: Database): { db: Database; prepared: string[] } {
  const prepared: string[] = [];
  const prepare = (sql: string) => {
    prepared.push(sql);
    return db.prepare(sql);
  };
  return {
    prepared,
    db: {
      get isTransaction() {
        return db.isTransaction;
      },
      exec: (sql) => db.exec(sql),
      prepare,
      close: () => db.close(),
    },
  };
}

/** Empty segments of the index, each of one number that no event has. */
function addSegments(db: Database, length: number): void {
  const insert = db.prepare("INSERT INTO search_segments (first, last) VALUES (?, ?)");
  for (let index = 0; index < length; index += 1) insert.run(1_000_000 + index, 1_000_000 + index);
}

describe("what removed events have left behind", () => {
  it("goes when room is given back, but for the newest, and what other events have stays", async () => {
    const store = await openTestStore();
    const seqs = await store.importEvents(ofTypes(["stays", ...distinct(600), "stays.too"]));
    await store.remove(seqs.slice(1, -1).map(Number));

    await store.shrink();

    const db = await connectionTo(store);
    expect([count(db, "facets"), typesIn(db)]).toEqual([2, 2]);
    expect([...store.select({ names: [] })].map(({ eventType }) => eventType)).toEqual(["stays.too", "stays"]);
    expect(store.stats({ names: [] }).types.map(({ value }) => value)).toEqual(["stays", "stays.too"]);
    await store.remove([...store.seqs({ names: [] })]);
    expect(count(db, "requests")).toBe(0);
  });

  it("goes in the writer's thread once it has nothing to write", async () => {
    const store = await openTestStore();
    await store.importEvents(ofTypes(distinct(300)));
    const db = await connectionTo(store);
    await store.remove([...store.seqs({ names: [] })]);

    await expect.poll(() => [count(db, "facets"), typesIn(db)], { timeout: 10_000 }).toEqual([1, 1]);
    await store.append(newEvent({ eventType: "type.7" }));

    expect(store.count({ names: [], types: ["type.7"] })).toBe(1);
  });

  it("stays where an event came for it before it was deleted", async () => {
    const store = await openTestStore();
    await store.importEvents(ofTypes(["gone", "other", "newest"]));
    await store.remove([1]);
    const db = await connectionTo(store);
    db.exec("PRAGMA foreign_keys = OFF");
    const sweep = new Sweep(db);
    let transactions = 0;
    const transact = (remove: () => void) => {
      transactions += 1;
      if (transactions === 1)
        db.exec("UPDATE events SET type = (SELECT id FROM names WHERE value = CAST('gone' AS BLOB))");
      remove();
    };
    while (!sweep.step(transact));

    expect(transactions).toBeGreaterThan(0);
    expect([...store.select({ names: [] })].map(({ eventType }) => eventType)).toEqual(["gone", "gone"]);
    expect(store.count({ names: [], types: ["gone"] })).toBe(2);
  });

  it("is judged in the transaction that deletes it: the number of a segment may be another's by then", async () => {
    const store = await openTestStore();
    await store.importEvents(ofTypes(["a"]));
    const db = await connectionTo(store);
    addSegments(db, 1);
    const sweep = new Sweep(db);
    let transactions = 0;
    const transact = (remove: () => void) => {
      transactions += 1;
      db.exec("DELETE FROM search_segments; INSERT INTO search_segments (id, first, last) VALUES (1, 1, 1)");
      remove();
    };
    while (!sweep.step(transact));

    expect(transactions).toBe(1);
    expect(count(db, "search_segments")).toBe(1);
  });

  it("is looked for some segments at a time, and begun anew after a failure", async () => {
    const store = await openTestStore();
    const db = await connectionTo(store);
    addSegments(db, 40);
    const sweep = new Sweep(db);
    let left = 0;
    const fail = () => {
      throw new Error("locked");
    };

    expect(() => sweep.step(fail)).toThrow("locked");
    while (!sweep.step((remove) => void (remove(), (left = count(db, "search_segments")))));

    expect(left).toBe(0);
  });

  it("is not looked for before something was removed, and then when nothing else is written", async () => {
    const store = await openTestStore();
    const { db, prepared } = recording(await connectionTo(store));
    addSegments(db, 3);
    vi.useFakeTimers();
    const idle = new IdleWork(db);
    onTestFinished(() => idle.stop());
    const looks = () => prepared.filter((sql) => sql.includes("NOT EXISTS")).length;

    vi.advanceTimersByTime(10_000);
    idle.written(false);
    vi.advanceTimersByTime(10_000);
    const before = looks();
    idle.written(true);
    for (let writes = 0; writes < 20; writes += 1) {
      vi.advanceTimersByTime(100);
      idle.written(false);
    }
    const busy = looks();
    vi.advanceTimersByTime(1_000);

    expect([before, busy]).toEqual([0, 0]);
    expect(count(db, "search_segments")).toBe(0);
  });
});
