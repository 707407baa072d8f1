import { expect, it, onTestFinished } from "vitest";
import { openDatabase, type Database } from "../../src/store/driver.js";
import { Reader } from "../../src/store/reader.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { openTestStore } from "./open-test-store.js";

it("a short range of numbers is read without looking for the ends of a time", async () => {
  const store = await openTestStore();
  for (const age of [3, 2, 1]) await store.append(newEvent({ receivedAt: TEST_NOW - age }));
  const db = await openDatabase(store.path, { readOnly: true, busyTimeoutMs: 5000 });
  const asked: string[] = [];
  const prepare = (sql: string) => {
    asked.push(sql);
    return db.prepare(sql);
  };
  const recorded: Database = { isTransaction: false, exec: (sql) => db.exec(sql), prepare, close: () => db.close() };
  const reader = new Reader(recorded, store.path);
  onTestFinished(() => reader.close());
  const names = [{ kind: "range", from: 1, to: 10_000 }] as const;

  expect([...reader.seqs({ names, until: TEST_NOW - 2, order: "oldest" })]).toEqual([1, 2]);
  expect(asked.filter((sql) => sql.includes("arrivals"))).toEqual([]);
});
