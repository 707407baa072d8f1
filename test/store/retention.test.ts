import { describe, expect, it } from "vitest";
import type { ImportedEvent } from "../../src/events/event.js";
import { prunable, prune, type Pruning } from "../../src/store/retention.js";
import type { Store } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { openTestStore } from "./open-test-store.js";

const PROJECT = "/home/dev/shop";
const DAY_MS = 86_400_000;
const everything: Pruning = { project: PROJECT, now: TEST_NOW, keep: 0, keepForMs: 0 };

async function storeWith(events: readonly Partial<ImportedEvent>[]): Promise<Store> {
  const store = await openTestStore();
  await store.importEvents(
    events.map((fields) => ({ ...newEvent({ source: "tunnel" }), duplicateOf: null, attempts: [], ...fields })),
  );
  return store;
}

function kept(store: Store): number[] {
  return [...store.seqs({ names: [], order: "oldest" })];
}

describe("a retention", () => {
  it("by number keeps the newest", async () => {
    const store = await storeWith(Array.from({ length: 10 }, () => ({})));

    const removed = await prune(store, { ...everything, keep: 4 });

    expect(removed).toBe(6);
    expect(kept(store)).toEqual([7, 8, 9, 10]);
  });

  it("by age keeps what came in since, whatever its number", async () => {
    const ages = [1, 40, 2, 31, 30, 29];
    const store = await storeWith(ages.map((days) => ({ receivedAt: TEST_NOW - days * DAY_MS })));

    const removed = await prune(store, { ...everything, keepForMs: 30 * DAY_MS });

    expect(removed).toBe(2);
    expect(kept(store)).toEqual([1, 3, 5, 6]);
  });

  it("without limits keeps all", async () => {
    const store = await storeWith([{ receivedAt: 0 }, {}]);

    expect(await prune(store, everything)).toBe(0);
    expect(kept(store)).toEqual([1, 2]);
  });

  it("never removes what is pending or dead, however old", async () => {
    const states = ["pending", "dead", "refused", "stored", "delivered", "failed"] as const;
    const store = await storeWith(states.map((state) => ({ state, receivedAt: 0 })));

    const removed = await prune(store, { ...everything, keep: 1, keepForMs: DAY_MS });

    expect(removed).toBe(4);
    expect(kept(store)).toEqual([1, 2]);
  });

  it("leaves an event alone that became pending after it was looked at", async () => {
    const store = await storeWith([{ state: "stored" }, {}, {}]);
    const looked: number[] = [];
    for await (const page of prunable(store, { ...everything, keep: 1 })) looked.push(...page);
    const id = store.get(1)?.id ?? "";
    const n = await store.startAttempt(id, { target: "a", startedAt: TEST_NOW });
    await store.endAttempt(
      id,
      n,
      { durationMs: 1, status: null, error: "refused", headers: [], body: new Uint8Array(0) },
      "pending",
    );

    const removed = await store.remove(looked, { spareUndelivered: true });

    expect(looked).toEqual([1, 2]);
    expect(removed).toBe(1);
    expect(kept(store)).toEqual([1, 3]);
  });

  it("of one project touches no other", async () => {
    const store = await storeWith([{ project: "/other" }, {}, {}]);

    await prune(store, { ...everything, keep: 1 });

    expect(kept(store)).toEqual([1, 3]);
    expect(store.projects()).toEqual(["/other", PROJECT]);
  });

  it("leaves imported events alone where it is told so, and does not count them", async () => {
    const store = await storeWith([{ source: "import", receivedAt: 0 }, {}, {}, {}, { source: "import" }]);

    await prune(store, { ...everything, keep: 2, keepForMs: DAY_MS, sparesImports: true });

    expect(kept(store)).toEqual([1, 3, 4, 5]);
  });

  it("finds its way through many pages, and stops between two of them when told to", async () => {
    const store = await storeWith(Array.from({ length: 3500 }, () => ({})));
    let asked = 0;

    const first = await prune(store, { ...everything, keep: 100 }, () => (asked += 1) > 2);
    const second = await prune(store, { ...everything, keep: 100 });

    expect([first, second]).toEqual([2000, 1400]);
    expect(kept(store)).toEqual(Array.from({ length: 100 }, (_, index) => 3401 + index));
  });
});
