import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase, type Database } from "../../src/store/driver.js";
import { catchUp } from "../../src/store/catch-up.js";
import { SearchBuilder } from "../../src/store/search-build.js";
import { foldCase } from "../../src/store/search-text.js";
import type { Store } from "../../src/store/store.js";
import { newEvent } from "../helpers/event.js";
import { openTestStore } from "./open-test-store.js";

const bodies = (count: number, text: (index: number) => string | Uint8Array) =>
  Array.from({ length: count }, (_, index) => {
    const { signature, ...event } = newEvent({ body: Buffer.from(text(index)) });
    return { ...event, signature, duplicateOf: null, attempts: [] };
  });

async function builderOf({ path }: Store): Promise<{ db: Database; builder: SearchBuilder }> {
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 5000 });
  onTestFinished(() => db.close());
  return { db, builder: new SearchBuilder(db, () => db.exec("BEGIN IMMEDIATE")) };
}

const find = (store: Store, grep: string) => [...store.seqs({ names: [], grep, order: "oldest" })];

describe("the index of --grep", () => {
  it("is built by the writer's thread once it has nothing to write", async () => {
    const store = await openTestStore();
    await store.importEvents(bodies(1100, (index) => `number ${index}`));

    await expect.poll(() => store.unindexed(), { timeout: 20_000 }).toBeLessThan(1024);

    expect(find(store, "number 77")).toEqual([78, ...Array.from({ length: 10 }, (_, index) => 771 + index)]);
  });

  it("of two builders at once takes each segment from the one that is first", async () => {
    const store = await openTestStore();
    await store.importEvents(bodies(2100, (index) => `number ${index}`));
    const first = await builderOf(store);
    const second = await builderOf(store);

    while ([first.builder.work(1), second.builder.work(1)].includes("more"));

    const segments = first.db.prepare("SELECT first, last FROM search_segments ORDER BY id").all();
    expect(segments).toMatchObject([
      { first: 1, last: 1024 },
      { first: 1025, last: 2048 },
    ]);
    expect(find(store, "number 1500")).toEqual([1501]);
  });

  it("ends a segment early when its events have much text, and finds what is in each", async () => {
    const random = randomLetters();
    const texts = Array.from({ length: 1030 }, () => random(4000));
    const store = await openTestStore();
    await store.importEvents(bodies(1030, (index) => texts[index] ?? ""));
    const { db, builder } = await builderOf(store);
    while (builder.work(5) === "more");

    expect(Number(db.prepare("SELECT max(last) AS last FROM search_segments").get()?.["last"])).toBeLessThan(1024);
    for (const index of [0, 100, 1000]) expect(find(store, texts[index]?.slice(2000, 2040) ?? "")).toEqual([index + 1]);
  });

  it("is brought up to date before a search, unless that is stopped", async () => {
    const store = await openTestStore();
    await store.importEvents(bodies(2100, (index) => `number ${index}`));
    const left: number[] = [];

    await catchUp(store.path, { isStopped: () => true, onProgress: () => {} });
    const afterStop = store.unindexed();
    await catchUp(store.path, { isStopped: () => false, onProgress: (events) => left.push(events) });

    expect(afterStop).toBeGreaterThan(1024);
    expect(store.unindexed()).toBe(2100 - 2048);
    expect(left.length).toBeGreaterThan(0);
  });

  it("looks up in an older segment only what that knows of its texts", async () => {
    const store = await openTestStore();
    await store.importEvents(bodies(1100, (index) => (index === 500 ? "dea ead adb dbe bee eef" : `number ${index}`)));
    await catchUp(store.path, { isStopped: () => false, onProgress: () => {} });
    const { db } = await builderOf(store);
    // The index knows the threes of digits of this text, but none of its fours.
    db.exec("UPDATE bodies SET body = CAST('deadbeef' AS BLOB) WHERE seq = 501");

    const inNewer = find(store, "deadbeef");
    db.exec("UPDATE search_segments SET grams = 1");

    expect(inNewer).toEqual([]);
    expect(find(store, "deadbeef")).toEqual([501]);
  });
});

describe("what is searched", () => {
  it("is the first 256 KiB of a body that is UTF-8, the last character left out when the limit cuts it", async () => {
    const limit = 256 * 1024;
    const store = await openTestStore();
    await store.importEvents([
      ...bodies(1, () => `${"a".repeat(limit - 6)}before`),
      ...bodies(1, () => `${"a".repeat(limit - 5)}beyond`),
      ...bodies(1, () => `cut ${"a".repeat(limit - 5)}\u{1d4b3}`),
      ...bodies(1, () => Buffer.from([0xff, ...Buffer.from("not text")])),
    ]);

    expect(find(store, "before")).toEqual([1]);
    expect(find(store, "beyond")).toEqual([]);
    expect(find(store, "CUT ")).toEqual([3]);
    expect(find(store, "not text")).toEqual([]);
  });

  it("is folded character by character, so that a part of a text folds as the text does", () => {
    expect(foldCase("ΟΔΟΣ")).toBe("οδοσ");
    expect(foldCase("ΟΔΟΣ ΜΟΥ").startsWith(foldCase("ΟΔΟΣ"))).toBe(true);
    expect(foldCase("Zürich ÉCOLE")).toBe("zürich école");
  });
});

/** Letters as chance has them, the same at every run. */
function randomLetters(): (length: number) => string {
  let state = 1;
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  return (length) => Array.from({ length }, () => String.fromCharCode(97 + (next() % 26))).join("");
}
