import { performance } from "node:perf_hooks";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/store/driver.js";
import { StoreError, type Store } from "../../src/store/store.js";
import { newEvent } from "../helpers/event.js";
import { CommitGate, faultyWriterUrl, sharedNumbers, type WriterFaults } from "./faults.js";
import { openTestStore } from "./open-test-store.js";

async function faultyStore(faults: WriterFaults, options: Parameters<typeof openTestStore>[0] = {}): Promise<Store> {
  return openTestStore({ writerPath: await faultyWriterUrl(), faults, ...options });
}

/** `stored`, or the fault, or `waiting` when the promise has not settled. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const settled = promise.then(
    () => "stored",
    (error: unknown) => (error instanceof StoreError ? error.fault : String(error)),
  );
  return Promise.race([settled, new Promise<string>((resolve) => setImmediate(resolve, "waiting"))]);
}

const idsOf = (store: Store) => [...store.select({ names: [], order: "oldest" })].map(({ id }) => id);

describe("an acknowledged event", () => {
  it("was committed by its own commit, not by any later or earlier one", async () => {
    const gate = new CommitGate();
    const store = await faultyStore({ gate: gate.shared });
    const events = [newEvent(), newEvent(), newEvent()];

    const first = store.append(events[0] ?? newEvent());
    await gate.reached(1);
    const second = store.append(events[1] ?? newEvent());
    const third = store.append(events[2] ?? newEvent());
    const heldBack = [await outcomeOf(first), await outcomeOf(second), idsOf(store).length];
    gate.pass(1);
    await first;
    await gate.reached(2);
    const oneCommitted = [await outcomeOf(first), await outcomeOf(second), await outcomeOf(third), idsOf(store).length];
    gate.pass(2);
    await Promise.all([second, third]);

    expect(heldBack).toEqual(["waiting", "waiting", 0]);
    expect(oneCommitted).toEqual(["stored", "waiting", "waiting", 1]);
    expect(idsOf(store)).toEqual(events.map(({ id }) => id));
    gate.pass(1000);
  });

  it("is in the store, and one whose commit failed is not: for each by its id", async () => {
    const failing = [2, 3, 5, 9];
    const store = await faultyStore({ failCommits: failing });
    const outcomes = new Map<string, string>();

    // Groups of different sizes, each a commit of its own because the one before is awaited.
    for (let commit = 1; commit <= 10; commit += 1) {
      const group = Array.from({ length: commit }, () => newEvent());
      await Promise.all(group.map(async (event) => outcomes.set(event.id, await settled(store.append(event)))));
      expect(group.map(({ id }) => outcomes.get(id))).toEqual(
        group.map(() => (failing.includes(commit) ? "io" : "stored")),
      );
    }

    const acknowledged = [...outcomes].filter(([, outcome]) => outcome === "stored").map(([id]) => id);
    expect(new Set(idsOf(store))).toEqual(new Set(acknowledged));
    expect(store.pending()).toEqual({ events: 0, bytes: 0 });
  });

  it("is not lost when a row of its batch cannot be stored", async () => {
    const gate = new CommitGate();
    const store = await faultyStore({ gate: gate.shared });
    const blocker = store.append(newEvent());
    await gate.reached(1);
    const twice = newEvent();
    const beside = newEvent();

    const group = [store.append(twice), store.append({ ...twice }), store.append(beside)];
    gate.pass(1000);

    expect(await Promise.all(group.map(settled))).toEqual(["stored", "io", "stored"]);
    expect(idsOf(store)).toHaveLength(3);
    expect(store.get(beside.id)?.id).toBe(beside.id);
    await blocker;
  });
});

function settled(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "stored",
    (error: unknown) => (error instanceof StoreError ? error.fault : String(error)),
  );
}

describe("when the writer dies", () => {
  it("every waiting write fails, later ones are stored, and what was acknowledged stays", async () => {
    const store = await faultyStore({ crashAtCommit: 2 });
    const kept = newEvent();
    await store.append(kept);

    const lost = [store.append(newEvent()), store.append(newEvent())];
    const outcomes = await Promise.all(lost.map(settled));
    const later = newEvent();
    await store.append(later);

    expect(outcomes).toEqual(["io", "io"]);
    expect(idsOf(store).toSorted()).toEqual([kept.id, later.id].toSorted());
    expect(store.pending()).toEqual({ events: 0, bytes: 0 });
  });

  it("again and again, writes are refused at once until a pause is over", async () => {
    const starts = sharedNumbers(1);
    const store = await faultyStore({ crashAtCommit: 1, starts });

    const outcomes = [];
    for (let n = 0; n < 20; n += 1) outcomes.push(await settled(store.append(newEvent())));

    expect(new Set(outcomes)).toEqual(new Set(["io"]));
    expect(Atomics.load(starts, 0)).toBe(2);
    await expect.poll(() => Atomics.load(starts, 0), { timeout: 5_000 }).toBe(3);
    expect(store.pending()).toEqual({ events: 0, bytes: 0 });
  });

  it("just before the store is closed, what came since is stored all the same", async () => {
    const store = await faultyStore({ crashAtCommit: 2 });
    await store.append(newEvent());
    await settled(store.append(newEvent()));

    const last = settled(store.append(newEvent()));
    await store.close();

    expect(await last).toBe("stored");
  });

  it("over and over, the store can be closed during the pause", async () => {
    const store = await faultyStore({ crashAtCommit: 1 });
    await settled(store.append(newEvent()));
    await settled(store.append(newEvent()));

    await store.close();

    expect(await settled(store.append(newEvent()))).toBe("closed");
  });
});

describe("a full disk", () => {
  it("is said of every event that did not fit, and forgotten when there is space again", async () => {
    const quota = sharedNumbers(1);
    const store = await faultyStore({ quota });
    const before = newEvent();
    await store.append(before);
    Atomics.store(quota, 0, 20);

    const large = await settled(store.append(newEvent({ body: Buffer.alloc(300_000, 97) })));
    const beside = await Promise.all([
      settled(store.append(newEvent({ body: Buffer.alloc(300_000, 98) }))),
      settled(store.append(newEvent())),
    ]);
    const full = idsOf(store).length;
    Atomics.store(quota, 0, 0);
    const after = newEvent({ body: Buffer.alloc(300_000, 99) });
    await store.append(after);

    expect([large, ...beside]).toEqual(["full", "full", "stored"]);
    expect(full).toBe(2);
    expect(store.get(after.id)?.size).toBe(300_000);
  });
});

describe("the queue", () => {
  it("refuses what is over its limit of events as busy, at once, and takes events again afterwards", async () => {
    const gate = new CommitGate();
    const store = await faultyStore({ gate: gate.shared }, { limits: { events: 3 } });
    const waiting = [store.append(newEvent()), store.append(newEvent()), store.append(newEvent())];
    await gate.reached(1);

    const refused = await outcomeOf(store.append(newEvent()));
    gate.pass(1000);
    await Promise.all(waiting);
    const again = await settled(store.append(newEvent()));

    expect([refused, again]).toEqual(["busy", "stored"]);
    expect(idsOf(store)).toHaveLength(4);
  });

  it("refuses what is over its limit of bytes, but never a single event for its size alone", async () => {
    const gate = new CommitGate();
    const store = await faultyStore({ gate: gate.shared }, { limits: { bytes: 50_000 } });

    const large = store.append(newEvent({ body: Buffer.alloc(100_000) }));
    await gate.reached(1);
    const refused = await outcomeOf(store.append(newEvent()));
    const bytes = store.pending().bytes;
    gate.pass(1000);

    expect(await settled(large)).toBe("stored");
    expect(refused).toBe("busy");
    expect(bytes).toBeGreaterThanOrEqual(100_000);
    expect(store.pending().bytes).toBe(0);
  });

  it("hands bodies to the writer no further than its window, and all in order", async () => {
    const store = await faultyStore({}, { limits: { postedBytes: 10_000 } });
    const sizes = [4000, 9000, 20_000, 1, 50_000, 4000, 4000];
    const events = sizes.map((size) => newEvent({ body: Buffer.alloc(size, 97) }));

    const appended = await Promise.all(events.map((event) => store.append(event)));

    expect(appended.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(events.map(({ id }) => store.get(id)?.body.byteLength)).toEqual(sizes);
  });
});

describe("a lock held by another program", () => {
  it("delays the commit while the loop keeps turning", async () => {
    const store = await openTestStore();
    await store.append(newEvent());
    const other = await openDatabase(store.path, { readOnly: false, busyTimeoutMs: 0 });
    onTestFinished(() => other.close());
    other.exec("BEGIN IMMEDIATE");

    const appended = Promise.all([store.append(newEvent()), store.append(newEvent())]);
    const turns = await turnsWithin(1000);
    const whileLocked = await outcomeOf(appended);
    other.exec("ROLLBACK");

    // A machine that is busy turns less often; a loop that is blocked does not turn at all.
    expect(turns).toBeGreaterThan(20);
    expect(whileLocked).toBe("waiting");
    expect((await appended).map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it("for longer than the writer waits is said of every event, and over when the lock is gone", async () => {
    const store = await openTestStore({ busyTimeoutMs: 100 });
    await store.append(newEvent());
    const other = await openDatabase(store.path, { readOnly: false, busyTimeoutMs: 0 });
    onTestFinished(() => other.close());
    other.exec("BEGIN IMMEDIATE");

    const locked = await Promise.all([settled(store.append(newEvent())), settled(store.append(newEvent()))]);
    other.exec("ROLLBACK");
    const freed = await settled(store.append(newEvent()));

    expect([...locked, freed]).toEqual(["busy", "busy", "stored"]);
    expect(idsOf(store)).toHaveLength(2);
  });
});

/** How often the event loop comes round in that time. */
async function turnsWithin(ms: number): Promise<number> {
  const end = performance.now() + ms;
  let turns = 0;
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    turns += 1;
  }
  return turns;
}
