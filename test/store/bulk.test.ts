import { createHash } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ImportedEvent } from "../../src/events/event.js";
import { openDatabase } from "../../src/store/driver.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { CommitGate, faultyWriterUrl } from "./faults.js";
import { openTestStore } from "./open-test-store.js";

const everything = { names: [], order: "oldest" } as const;

function imported(fields: Partial<ImportedEvent> = {}): ImportedEvent {
  const event = newEvent({ source: "import" });
  return { ...event, body: new Uint8Array(event.body), duplicateOf: null, attempts: [], ...fields };
}

const attempts = [
  {
    n: 1,
    target: "http://localhost:5000",
    startedAt: TEST_NOW,
    durationMs: 12.5,
    status: 503,
    error: null,
    headers: [["Retry-After", "1"]],
    body: Buffer.from("later"),
  },
  {
    n: 2,
    target: "http://localhost:5000",
    startedAt: TEST_NOW + 1000,
    durationMs: null,
    status: null,
    error: "reset",
    headers: [],
    body: new Uint8Array(0),
  },
] as const;

describe("an import", () => {
  it("keeps an event as it is, with its attempts", async () => {
    const store = await openTestStore();
    const event = imported({ state: "dead", replayOf: "evt_x", duplicateOf: "evt_y", receivedAt: 5, attempts });

    const seqs = await store.importEvents([event]);

    expect(seqs).toEqual([1]);
    expect(store.get(event.id)).toEqual({
      ...event,
      seq: 1,
      size: event.body.byteLength,
      bodySha256: createHash("sha256").update(event.body).digest("hex"),
      attempts: attempts.map((attempt) => ({ ...attempt, body: new Uint8Array(attempt.body) })),
    });
  });

  it("judges an event by its last attempt, whatever their order", async () => {
    const store = await openTestStore();
    const [first, second] = [attempts[0], { ...attempts[1], status: 204 }];
    await store.importEvents([imported({ attempts: [second, first] })]);

    expect(store.count({ names: [], statuses: ["204"] })).toBe(1);
    expect(store.count({ names: [], statuses: ["5xx"] })).toBe(0);
  });

  it("tells the events that are there already from those it took, in order", async () => {
    const store = await openTestStore();
    const known = newEvent();
    await store.append(known);
    const twice = imported();

    const seqs = await store.importEvents([imported(), imported({ id: known.id }), twice, twice, imported()]);

    expect(seqs).toEqual([2, null, 3, null, 4]);
  });

  it("of more than the queue holds waits for room instead of being refused, and so does what comes beside it", async () => {
    const store = await openTestStore({ limits: { events: 20, bytes: 64 * 1024, postedBytes: 16 * 1024 } });
    const [many, more] = [300, 300].map((length) =>
      Array.from({ length }, () => imported({ body: Buffer.alloc(3000, 1) })),
    );

    const [first, second] = await Promise.all([store.importEvents(many ?? []), store.importEvents(more ?? [])]);

    expect(new Set([...first, ...second]).size).toBe(600);
    expect(first).toEqual(first.toSorted((a, b) => Number(a) - Number(b)));
    expect(store.pending()).toEqual({ events: 0, bytes: 0 });
  });

  it("lets the captures of its own process go first", async () => {
    const gate = new CommitGate();
    const store = await openTestStore({ writerPath: await faultyWriterUrl(), faults: { gate: gate.shared } });
    const first = store.append(newEvent());
    await gate.reached(1);
    const importing = store.importEvents(Array.from({ length: 20 }, () => imported()));
    const captured = store.append(newEvent());
    await new Promise((resolve) => setImmediate(resolve));

    gate.pass(Number.MAX_SAFE_INTEGER & 0x7fffffff);
    const [{ seq }, seqs] = [await captured, await importing];

    expect((await first).seq).toBe(1);
    expect(seq).toBeLessThan(Math.max(...seqs.map(Number)));
  });

  it("marks later deliveries of what it brought as duplicates", async () => {
    const store = await openTestStore();
    const event = imported({ provider: "stripe", providerEventId: "evt_1" });
    await store.importEvents([event]);

    const again = await store.append(newEvent({ provider: "stripe", providerEventId: "evt_1" }));

    expect(again.duplicateOf).toBe(event.id);
  });

  it("of an event whose attempts have one number twice is refused, and the others are committed", async () => {
    const store = await openTestStore();
    const bad = imported({ attempts: [attempts[0], attempts[0]] });

    await expect(store.importEvents([imported(), bad, imported()])).rejects.toMatchObject({ name: "StoreError" });
    await store.append(newEvent());

    expect(store.get(bad.id)).toBeUndefined();
    expect(store.count(everything)).toBe(3);
  });
});

describe("a removal", () => {
  it("deletes events with all that belongs to them, and counts those that were there", async () => {
    const store = await openTestStore();
    await store.importEvents([imported({ attempts }), imported(), imported({ attempts })]);

    const removed = await store.remove([1, 3, 3, 99]);

    expect(removed).toBe(2);
    expect([...store.seqs(everything)]).toEqual([2]);
    expect(store.get(1)).toBeUndefined();
  });

  it("spares what waits for its delivery or was given up, when asked to", async () => {
    const store = await openTestStore();
    for (const state of ["pending", "dead", "failed", "refused"] as const) await store.append(newEvent({ state }));

    const removed = await store.remove([1, 2, 3, 4], { spareUndelivered: true });

    expect(removed).toBe(2);
    expect([...store.seqs(everything)]).toEqual([1, 2]);
  });

  it("of the newest event does not give its number to the next one", async () => {
    const store = await openTestStore();
    await store.importEvents([imported(), imported()]);
    await store.remove([1, 2]);

    const [next] = await store.importEvents([imported()]);

    expect(next).toBe(3);
  });

  it("of more events than one transaction takes goes on to the last one", async () => {
    const store = await openTestStore();
    await store.importEvents(Array.from({ length: 2500 }, () => imported()));

    const removed = await store.remove(Array.from({ length: 2499 }, (_, index) => index + 1));

    expect(removed).toBe(2499);
    expect([...store.seqs(everything)]).toEqual([2500]);
  });

  it("is finished before a close that was asked for meanwhile", async () => {
    const store = await openTestStore();
    await store.importEvents(Array.from({ length: 100 }, () => imported()));
    const reader = await openTestStore({ path: store.path, readOnly: true });

    const removing = store.remove(Array.from({ length: 100 }, (_, index) => index + 1));
    await new Promise((resolve) => setImmediate(resolve));
    await store.close();

    await expect(removing).resolves.toBe(100);
    expect(reader.count(everything)).toBe(0);
  });

  it("leaves room that the file can be made smaller by", async () => {
    const store = await openTestStore();
    await store.importEvents(Array.from({ length: 200 }, () => imported({ body: Buffer.alloc(20_000, 1) })));
    await store.remove(Array.from({ length: 200 }, (_, index) => index + 1));
    const before = store.room();

    const given = await store.shrink();

    expect(before.freeBytes).toBeGreaterThan(200 * 20_000);
    expect(given).toBeGreaterThanOrEqual(before.freeBytes);
    expect(store.room()).toEqual({ bytes: before.bytes - given, freeBytes: 0 });
  });
});

describe("bulk work on a file that another program has locked", () => {
  async function locked(options: { busyTimeoutMs?: number } = {}) {
    const store = await openTestStore(options);
    const db = await openDatabase(store.path, { readOnly: false, busyTimeoutMs: 1000 });
    onTestFinished(() => db.close());
    db.exec("BEGIN IMMEDIATE");
    return { store, unlock: () => db.exec("ROLLBACK") };
  }

  it("goes on when the lock is gone, and captures go before it", async () => {
    const { store, unlock } = await locked();
    const importing = store.importEvents([imported()]);
    // Longer than bulk work tries for the lock in one go.
    await new Promise((resolve) => setTimeout(resolve, 60));
    const captured = store.append(newEvent());
    await new Promise((resolve) => setTimeout(resolve, 60));
    unlock();

    expect((await captured).seq).toBe(1);
    expect(await importing).toEqual([2]);
  });

  it("is refused as busy when the lock stays", async () => {
    const { store, unlock } = await locked({ busyTimeoutMs: 100 });

    await expect(store.importEvents([imported()])).rejects.toMatchObject({ fault: "busy" });
    unlock();

    expect(await store.importEvents([imported()])).toEqual([1]);
  });
});
