import { describe, expect, it } from "vitest";
import type { Claim, DeliveryNext } from "../../src/store/delivery.js";
import { prune } from "../../src/store/retention.js";
import type { AttemptEnd, Store } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { openTestStore } from "./open-test-store.js";

const TARGET = "http://localhost:5000";
const { project } = newEvent();
const LEASE_MS = 30_000;
const answered = (status: number): AttemptEnd => ({
  durationMs: 5,
  status,
  error: null,
  headers: [],
  body: Buffer.from("ok"),
});

/** One who delivers: asks with its own lease, at any time. */
function claimer(store: Store, owner = "me", pid = process.pid) {
  return (fields: Partial<Claim> & { readonly at?: number } = {}) => {
    const { at = TEST_NOW, ...rest } = fields;
    const lease = { owner, pid, untilAt: at + LEASE_MS };
    const flags = { ordered: false, dropDuplicates: false, clockWentBack: false };
    return store.claimDeliveries({ lease, now: at, project, target: TARGET, count: 10, ...flags, ...rest });
  };
}

/** Stores events that wait for their delivery. */
async function addWaiting(store: Store, count: number, fields: Parameters<typeof newEvent>[0] = {}): Promise<string[]> {
  const events = Array.from({ length: count }, () => newEvent({ state: "pending", ...fields }));
  for (const event of events) await store.append(event, undefined, plan({}));
  return events.map(({ id }) => id);
}

function plan({ begins = false, targets = [TARGET], dropDuplicates = false }) {
  const deliveries = targets.map((target) => ({ target, route: target, begins }));
  return { deliveries, owner: "me", now: TEST_NOW, dropDuplicates };
}

type Taken = { readonly id: number; readonly eventId: string; readonly n: number };

function end(store: Store, { id, eventId, n }: Taken, next: DeliveryNext, status = next.kind === "done" ? 200 : 500) {
  const where = { owner: "me", target: TARGET, route: TARGET };
  return store.endDelivery({ id, eventId, n, ...where, end: answered(status), next });
}

const later = (dueAt: number, counts = true) => ({ kind: "wait", dueAt, now: TEST_NOW, counts }) as const;
/** A process of that number never runs. */
const NOBODY = 2 ** 22 + 1;

describe("what waits, by project and target", () => {
  it("counts events, not deliveries, and knows who serves a target", async () => {
    const store = await openTestStore();
    const [one, two] = ["http://localhost:1", "http://localhost:2"];
    const event = newEvent({ state: "pending" });
    await store.append(event, undefined, plan({ targets: [one, one, two] }));
    const before = store.backlogs(project);
    const listener = { pid: process.pid, project, localUrl: "http://a", publicUrl: null, target: two };
    await store.saveListener({ ...listener, routes: [] });
    const listening = store.backlogs();
    await store.saveListener({ ...listener, routes: [{ match: "a.*", target: one }] });
    const routing = store.backlogs();
    await store.saveListener({ ...listener, routes: [] });
    await store.renewLease({ owner: "me", pid: process.pid, untilAt: TEST_NOW + LEASE_MS });
    const delivering = store.backlogs();

    expect(before).toEqual([
      { project, target: one, events: 1, served: false },
      { project, target: two, events: 1, served: false },
    ]);
    expect(listening.map(({ served }) => served)).toEqual([false, true]);
    expect(routing.map(({ served }) => served)).toEqual([true, true]);
    expect(delivering.map(({ served }) => served)).toEqual([true, true]);
    expect(store.backlogs("/elsewhere")).toEqual([]);
  });
});

describe("a delivery that waits", () => {
  it("is claimed in the order of the events, with the start of its attempt, and by nobody twice", async () => {
    const store = await openTestStore();
    const ids = await addWaiting(store, 5);

    const first = await claimer(store)({ count: 3 });
    const second = await claimer(store, "other")({ count: 3 });

    expect(first.deliveries.map(({ eventId, n, tries }) => [eventId, n, tries])).toEqual(
      ids.slice(0, 3).map((id) => [id, 1, 0]),
    );
    expect(first.nextDueAt).toBe(0);
    expect(second.deliveries.map(({ eventId }) => eventId)).toEqual(ids.slice(3));
    expect(second.nextDueAt).toBeNull();
    expect(store.attempts(ids[0] ?? "")).toMatchObject([
      { n: 1, target: TARGET, startedAt: TEST_NOW, durationMs: null },
    ]);
    expect(store.backlog(project, TARGET)).toBe(5);
  });

  it("is not claimed for another target or project", async () => {
    const store = await openTestStore();
    await addWaiting(store, 1);

    const other = await claimer(store)({ target: "http://localhost:6000" });
    const elsewhere = await claimer(store)({ project: "/elsewhere" });

    expect([other.deliveries, elsewhere.deliveries]).toEqual([[], []]);
    expect(store.backlog("/elsewhere", TARGET)).toBe(0);
  });

  it("makes its event delivered when the app took it, and is gone", async () => {
    const store = await openTestStore();
    const [id = ""] = await addWaiting(store, 1);
    const { deliveries } = await claimer(store)();

    const state = await end(store, deliveries[0] as Taken, { kind: "done" });

    expect(state).toBe("delivered");
    expect(store.get(id)).toMatchObject({ state: "delivered", attempts: [{ n: 1, status: 200, durationMs: 5 }] });
    expect(store.backlog(project, TARGET)).toBe(0);
  });

  it("waits until it is due again, before events that came later", async () => {
    const store = await openTestStore();
    const [first, second] = await addWaiting(store, 2);
    const claim = claimer(store);
    const { deliveries } = await claim({ count: 1 });
    await end(store, deliveries[0] as Taken, later(TEST_NOW + 1_000));

    const before = await claim({ count: 1, at: TEST_NOW + 999 });
    const waiting = await claim({ at: TEST_NOW + 999 });
    const after = await claim({ at: TEST_NOW + 1_000 });

    expect(before.deliveries.map(({ eventId }) => eventId)).toEqual([second]);
    expect(waiting).toMatchObject({ deliveries: [], nextDueAt: TEST_NOW + 1_000 });
    expect(after.deliveries).toMatchObject([{ eventId: first, n: 2, tries: 1 }]);
    expect(store.get(first ?? "")?.state).toBe("pending");
  });

  it("is a dead letter when it was given up, and is claimed no more", async () => {
    const store = await openTestStore();
    const [id = ""] = await addWaiting(store, 1);
    const { deliveries } = await claimer(store)();

    const state = await end(store, deliveries[0] as Taken, { kind: "dead" });

    expect(state).toBe("dead");
    expect((await claimer(store)()).nextDueAt).toBeNull();
    expect(store.stats({ names: [] }).dead).toBe(1);
    expect([...store.select({ names: [], states: ["dead"] })].map((event) => event.id)).toEqual([id]);
  });

  it("is claimed at once when the clock has gone back behind the moment that it was planned at", async () => {
    const store = await openTestStore();
    await addWaiting(store, 1);
    const claim = claimer(store);
    const { deliveries } = await claim();
    await end(store, deliveries[0] as Taken, later(TEST_NOW + 5_000));
    const at = TEST_NOW - 600_000;

    const unnoticed = await claim({ at });
    const noticed = await claim({ at, clockWentBack: true });

    expect(unnoticed.deliveries).toEqual([]);
    expect(noticed.deliveries).toHaveLength(1);
  });

  it("survives the store's end", async () => {
    const store = await openTestStore();
    const ids = await addWaiting(store, 3);
    await store.close();

    const again = await openTestStore({ path: store.path });
    const { deliveries } = await claimer(again)();

    expect(deliveries.map(({ eventId }) => eventId)).toEqual(ids);
  });

  it("goes with its event, and its end is then nobody's", async () => {
    const store = await openTestStore();
    await addWaiting(store, 2);
    const { deliveries } = await claimer(store)({ count: 1 });

    await store.remove([1, 2]);

    expect(store.backlog(project, TARGET)).toBe(0);
    expect(await end(store, deliveries[0] as Taken, { kind: "done" })).toBeNull();
  });

  it("keeps its event from a retention, as does one that was given up", async () => {
    const store = await openTestStore();
    await addWaiting(store, 3, { receivedAt: 0 });
    const { deliveries } = await claimer(store)({ count: 2 });
    await end(store, deliveries[0] as Taken, { kind: "done" });
    await end(store, deliveries[1] as Taken, { kind: "dead" });

    await prune(store, { project, keep: 0, keepForMs: 1, now: TEST_NOW });

    expect([...store.select({ names: [], order: "oldest" })].map(({ state }) => state)).toEqual(["dead", "pending"]);
  });
});

describe("in order", () => {
  it("only the first one is claimed, and none while it is under way or waits", async () => {
    const store = await openTestStore();
    const [first, second] = await addWaiting(store, 2);
    const claim = (at: number, owner = "me") => claimer(store, owner)({ ordered: true, at });

    const head = await claim(TEST_NOW);
    const meanwhile = await claim(TEST_NOW, "other");
    await end(store, head.deliveries[0] as Taken, later(TEST_NOW + 1_000));
    const waiting = await claim(TEST_NOW);
    const again = await claim(TEST_NOW + 1_000);
    await end(store, again.deliveries[0] as Taken, { kind: "dead" });
    const next = await claim(TEST_NOW + 1_000, "other");

    expect(head.deliveries.map(({ eventId }) => eventId)).toEqual([first]);
    expect(meanwhile).toMatchObject({ deliveries: [], nextDueAt: null });
    expect(waiting).toMatchObject({ deliveries: [], nextDueAt: TEST_NOW + 1_000 });
    expect(again.deliveries.map(({ eventId, n }) => [eventId, n])).toEqual([[first, 2]]);
    expect(next.deliveries.map(({ eventId }) => eventId)).toEqual([second]);
  });
});

describe("what a process leaves that is gone", () => {
  it("is looked for among pending events that nobody delivers, or whose attempt is nobody's", async () => {
    const store = await openTestStore();
    const [waiting = ""] = await addWaiting(store, 1);
    const attempt = { target: "http://localhost:9", startedAt: TEST_NOW };
    const alone = await store.append(newEvent({ state: "pending" }), attempt);
    const beside = await store.append(newEvent({ state: "pending" }), attempt, plan({ targets: [TARGET] }));
    await store.append(newEvent({ state: "pending", project: "/elsewhere" }), attempt);
    await store.append(newEvent({ state: "delivered" }));
    await store.importEvents([
      { ...newEvent({ state: "pending", source: "import" }), attempts: [], duplicateOf: null },
    ]);
    const found = store.interrupted(project);
    const marked = await store.interrupt(found);

    expect(found).toEqual([alone.seq, beside.seq]);
    expect(marked).toBe(1);
    expect(store.interrupted(project)).toEqual([]);
    expect([waiting, alone.seq, beside.seq].map((name) => store.get(name)?.state)).toEqual([
      "pending",
      "failed",
      "pending",
    ]);
  });

  it("is not what waits under a lease", async () => {
    const store = await openTestStore();
    await addWaiting(store, 1);
    await claimer(store, "other")();

    expect(store.interrupted(project)).toEqual([]);
  });
});

describe("a lease", () => {
  it("is lost with its process: the attempt was interrupted, and counts for nothing", async () => {
    const store = await openTestStore();
    const [id = ""] = await addWaiting(store, 1);
    await claimer(store, "gone", NOBODY)();

    const { deliveries } = await claimer(store)();

    expect(deliveries).toMatchObject([{ eventId: id, n: 2, tries: 0 }]);
    expect(store.attempts(id)).toMatchObject([
      { n: 1, error: "interrupted", durationMs: null },
      { n: 2, error: null },
    ]);
  });

  it("is lost when its time is over, and kept when it is renewed", async () => {
    const store = await openTestStore();
    await addWaiting(store, 1);
    await claimer(store, "slow")();
    const at = TEST_NOW + LEASE_MS;

    await store.renewLease({ owner: "slow", pid: process.pid, untilAt: at + 1 });
    const kept = await claimer(store)({ at });
    const lost = await claimer(store)({ at: at + 1 });

    expect(kept.deliveries).toEqual([]);
    expect(lost.deliveries).toMatchObject([{ n: 2 }]);
  });

  it("that is lost leaves the delivery to the one who has it now", async () => {
    const store = await openTestStore();
    const [id = ""] = await addWaiting(store, 1);
    const { deliveries: mine } = await claimer(store)();
    const at = TEST_NOW + LEASE_MS;
    const { deliveries: theirs } = await claimer(store, "other")({ at });

    await end(store, mine[0] as Taken, { kind: "dead" });
    const between = store.get(id)?.state;
    const third = await claimer(store, "third")({ at });
    await store.endDelivery({
      ...(theirs[0] as Taken),
      owner: "other",
      target: TARGET,
      route: TARGET,
      end: answered(200),
      next: { kind: "done" },
    });

    expect(between).toBe("pending");
    expect(third.deliveries).toEqual([]);
    expect(store.get(id)?.state).toBe("delivered");
  });

  it("that is given back leaves what is left to the next one", async () => {
    const store = await openTestStore();
    await addWaiting(store, 2);
    await claimer(store)();

    await store.releaseLease("me");

    expect((await claimer(store, "other")()).deliveries).toHaveLength(2);
  });
});

describe("an event", () => {
  it("begins its first attempt in its own transaction", async () => {
    const store = await openTestStore();

    const appended = await store.append(newEvent({ state: "pending" }), undefined, plan({ begins: true }));
    const attempts = store.get(1)?.attempts;
    const other = await claimer(store, "other")();

    expect(appended.begun).toEqual([{ id: 1, n: 1, route: TARGET }]);
    expect(attempts).toMatchObject([{ n: 1, startedAt: TEST_NOW }]);
    // Its process has not said that it is there.
    expect(other.deliveries).toMatchObject([{ n: 2 }]);
  });

  it("for several targets is pending until all have it, then delivered; dead when one was given up", async () => {
    const store = await openTestStore();
    const targets = [TARGET, "http://localhost:6000"];
    const append = () => store.append(newEvent({ state: "pending" }), undefined, plan({ begins: true, targets }));
    const event = (seq: number) => ({ eventId: store.get(seq)?.id ?? "" });
    const [one, two] = [await append(), await append()];
    const states: unknown[] = [];

    for (const { id, n } of one.begun ?? []) states.push(await end(store, { id, n, ...event(1) }, { kind: "done" }));
    const [first, second] = (two.begun ?? []).map(({ id, n }) => ({ id, n, ...event(2) }));
    states.push(
      await end(store, first as Taken, { kind: "dead" }),
      await end(store, second as Taken, { kind: "done" }),
    );

    expect(states).toEqual(["pending", "delivered", "pending", "dead"]);
  });

  it("whose sender got a bad answer while another target waits has failed in the end", async () => {
    const store = await openTestStore();
    const event = newEvent({ state: "pending" });
    const { begun = [] } = await store.append(event, { target: "a", startedAt: TEST_NOW }, plan({ begins: true }));
    const where = { eventId: event.id, owner: "me", target: "a", route: "a" };

    const next = { kind: "failed" } as const;
    const inline = await store.endDelivery({ id: undefined, n: 1, ...where, end: answered(500), next });
    const beside = await end(store, { id: 1, n: 2, ...begun[0], eventId: event.id }, { kind: "done" });

    expect([inline, beside]).toEqual(["pending", "failed"]);
  });

  it("whose sender got a bad answer may be delivered again later", async () => {
    const store = await openTestStore();
    const event = newEvent({ state: "pending" });
    await store.append(event, { target: TARGET, startedAt: TEST_NOW });
    const where = { id: undefined, eventId: event.id, n: 1, owner: "me", target: TARGET, route: "x" };

    const state = await store.endDelivery({ ...where, end: answered(503), next: later(TEST_NOW + 10) });
    const { deliveries } = await claimer(store)({ at: TEST_NOW + 10 });

    expect(state).toBe("pending");
    expect(deliveries).toMatchObject([{ eventId: event.id, n: 2, tries: 1, route: "x" }]);
  });

  it("that was dead is delivered once a replay of it is, and stays dead when that fails", async () => {
    const store = await openTestStore();
    const [id = ""] = await addWaiting(store, 1);
    const { deliveries } = await claimer(store)();
    await end(store, deliveries[0] as Taken, { kind: "dead" });
    const replayWith = async (status: number) => {
      const replay = newEvent({ state: "pending", replayOf: id, source: "replay" });
      await store.append(replay, { target: TARGET, startedAt: TEST_NOW });
      await store.endAttempt(replay.id, 1, answered(status));
      return store.get(id)?.state;
    };

    expect([await replayWith(500), await replayWith(204)]).toEqual(["dead", "delivered"]);
  });

  it("that was given up at one of its targets is delivered once that one has a replay, and not by one to another", async () => {
    const other = "http://localhost:6000";
    const elsewhere = "http://localhost:6500";
    const givenUpAtBoth = async () => {
      const store = await openTestStore();
      const event = newEvent({ state: "pending" });
      const { begun = [] } = await store.append(event, undefined, plan({ begins: true, targets: [TARGET, other] }));
      for (const { id, n } of begun) await end(store, { id, n, eventId: event.id }, { kind: "dead" });
      const replayTo = async (target: string) => {
        const replay = newEvent({ state: "pending", replayOf: event.id, source: "replay" });
        await store.append(replay, { target, startedAt: TEST_NOW });
        await store.endAttempt(replay.id, 1, answered(204));
        return store.get(event.id)?.state;
      };
      return replayTo;
    };

    const oneByOne = await givenUpAtBoth();
    expect([await oneByOne(TARGET), await oneByOne(TARGET), await oneByOne(other)]).toEqual([
      "dead",
      "dead",
      "delivered",
    ]);
    const moved = await givenUpAtBoth();
    expect(await moved(elsewhere)).toBe("delivered");
  });
});

describe("a duplicate that is to be dropped", () => {
  const repeated = { providerEventId: "evt_1", provider: "stripe" };

  it("is stored and not delivered when the app has taken an earlier copy", async () => {
    const store = await openTestStore();
    const append = () =>
      store.append(newEvent({ state: "pending", ...repeated }), undefined, plan({ dropDuplicates: true }));
    await append();
    const { deliveries } = await claimer(store)();
    await end(store, deliveries[0] as Taken, { kind: "done" });

    const appended = await append();

    expect(appended.dropped).toBe(true);
    expect(store.get(2)).toMatchObject({ state: "stored", attempts: [] });
    expect(store.backlog(project, TARGET)).toBe(0);
  });

  it("is judged again before its attempt, when the earlier copy was under way", async () => {
    const store = await openTestStore();
    await addWaiting(store, 2, repeated);
    const claim = claimer(store);
    const { deliveries } = await claim({ count: 1, dropDuplicates: true });
    await end(store, deliveries[0] as Taken, { kind: "done" });

    const next = await claim({ dropDuplicates: true });

    expect(next).toMatchObject({ deliveries: [], dropped: [2], nextDueAt: null });
    expect(store.get(2)?.state).toBe("stored");
  });

  it("is delivered when the app did not take the earlier copy", async () => {
    const store = await openTestStore();
    await addWaiting(store, 2, repeated);
    const claim = claimer(store);
    const { deliveries } = await claim({ count: 1, dropDuplicates: true });
    await end(store, deliveries[0] as Taken, { kind: "dead" });

    expect((await claim({ dropDuplicates: true })).deliveries).toMatchObject([{ seq: 2 }]);
  });
});

describe("events whose process died in the middle of an answer", () => {
  it("are failed, and those that wait in the background are left alone", async () => {
    const store = await openTestStore();
    await store.append(newEvent({ state: "pending" }), { target: TARGET, startedAt: TEST_NOW });
    await addWaiting(store, 1);
    const begun = await store.append(newEvent({ state: "pending" }), undefined, plan({ begins: true }));
    await store.append(newEvent({ state: "delivered" }));

    const marked = await store.interrupt([1, 2, 3, 4, 5]);

    expect(marked).toBe(1);
    expect(store.get(1)).toMatchObject({ state: "failed", attempts: [{ error: "interrupted", durationMs: null }] });
    expect(store.get(2)?.state).toBe("pending");
    expect(store.get(begun.seq)).toMatchObject({ state: "pending", attempts: [{ error: null }] });
    expect(store.get(4)?.state).toBe("delivered");
  });

  it("are failed in the end where another target still gets them", async () => {
    const store = await openTestStore();
    await store.append(newEvent({ state: "pending" }), { target: "a", startedAt: TEST_NOW }, plan({}));

    await store.interrupt([1]);
    const { deliveries } = await claimer(store)();

    expect(await end(store, deliveries[0] as Taken, { kind: "done" })).toBe("failed");
  });
});
