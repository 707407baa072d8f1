import { describe, expect, it } from "vitest";
import { Follower, type FollowerOptions } from "../../src/commands/events/follower.js";
import type { Attempt, HookEvent } from "../../src/events/event.js";
import type { Selection } from "../../src/events/selector.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";

/** A store in memory that knows the selections a follower makes. */
class MemoryStore {
  readonly events: HookEvent[] = [];
  private written = true;
  selects = 0;

  add(fields: Partial<HookEvent> = {}): HookEvent {
    const event = { ...newEvent(fields), duplicateOf: null, attempts: [], bodySha256: "", size: 0, ...fields };
    const stored = { ...event, seq: (this.events.at(-1)?.seq ?? 0) + 1 };
    this.events.push(stored);
    this.written = true;
    return stored;
  }

  change(seq: number, fields: Partial<HookEvent>): void {
    const index = this.events.findIndex((event) => event.seq === seq);
    this.events[index] = { ...(this.events[index] ?? this.add()), ...fields };
    this.written = true;
  }

  remove(seq: number): void {
    this.events.splice(
      this.events.findIndex((event) => event.seq === seq),
      1,
    );
    this.written = true;
  }

  changed(): boolean {
    const { written } = this;
    this.written = false;
    return written;
  }

  *select({ names, types, states, statuses, limit = 0, order }: Selection): Iterable<HookEvent> {
    this.selects += 1;
    const [name] = names;
    const found = this.events.filter(
      (event) =>
        (name?.kind !== "seq" || event.seq === name.seq) &&
        (name?.kind !== "range" || (event.seq >= name.from && event.seq <= name.to)) &&
        (types === undefined || types.includes(event.eventType ?? "")) &&
        (states === undefined || states.includes(event.state)) &&
        (statuses === undefined || statuses.includes(String(event.attempts.at(-1)?.status))),
    );
    const newest = limit === 0 ? found : found.slice(-limit);
    yield* order === "oldest" || name !== undefined ? newest : newest.toReversed();
  }
}

const ENDED: Attempt = {
  n: 1,
  target: "http://localhost:5000",
  startedAt: TEST_NOW,
  durationMs: 41,
  status: 200,
  error: null,
  headers: [],
  body: new Uint8Array(0),
};
const UNDER_WAY: Attempt = { ...ENDED, durationMs: null, status: null };
const PENDING = { state: "pending", attempts: [UNDER_WAY] } as const;
const DELIVERED = { state: "delivered", attempts: [ENDED] } as const;

function following(store: MemoryStore, options: Partial<FollowerOptions> = {}) {
  const follower = new Follower({ store, selection: { names: [] }, limit: 10, whole: false, ...options });
  return (now: number) =>
    [...follower.news(now)].map(
      ({ kind, event, toldAttempts }) => `${kind} ${event.seq} ${event.state} ${toldAttempts}`,
    );
}

describe("a follower", () => {
  it("tells the newest that are there, the oldest of them first, and then what comes", () => {
    const store = new MemoryStore();
    for (let made = 0; made < 5; made += 1) store.add();
    const newsAt = following(store, { limit: 2 });

    const begun = newsAt(0);
    const quiet = newsAt(50);
    store.add();
    store.add();

    expect(begun).toEqual(["event 4 stored 0", "event 5 stored 0"]);
    expect(quiet).toEqual([]);
    expect(newsAt(100)).toEqual(["event 6 stored 0", "event 7 stored 0"]);
    expect(newsAt(150)).toEqual([]);
  });

  it("tells all that are there with a limit of 0", () => {
    const store = new MemoryStore();
    for (let made = 0; made < 25; made += 1) store.add();

    expect(following(store, { limit: 0 })(0)).toHaveLength(25);
  });

  it("holds an event for its answer, and those behind it, but not long", () => {
    const store = new MemoryStore();
    const newsAt = following(store);
    newsAt(0);
    store.add(PENDING);
    store.add();

    expect(newsAt(50)).toEqual([]);
    store.change(1, DELIVERED);
    expect(newsAt(100)).toEqual(["event 1 delivered 0", "event 2 stored 0"]);

    store.add(PENDING);
    store.add(DELIVERED);
    expect(newsAt(150)).toEqual([]);
    expect(newsAt(250)).toEqual(["event 3 pending 0", "event 4 delivered 0"]);
    store.change(3, DELIVERED);
    expect(newsAt(5000)).toEqual(["update 3 delivered 0"]);
    store.change(3, { state: "dead" });
    expect(newsAt(5050)).toEqual([]);
  });

  it("tells every attempt of an event that is tried again", () => {
    const store = new MemoryStore();
    const failed = { ...ENDED, status: 503 };
    const newsAt = following(store, { whole: true });
    newsAt(0);
    store.add(PENDING);
    const told = [...newsAt(50)];
    for (const attempts of [[failed], [failed, UNDER_WAY], [failed, failed]]) {
      store.change(1, { attempts });
      told.push(...newsAt(100));
    }
    store.change(1, { attempts: [failed, failed, ENDED], state: "delivered" });

    expect([...told, ...newsAt(150)]).toEqual([
      "event 1 pending 0",
      "update 1 pending 0",
      "update 1 pending 1",
      "update 1 delivered 2",
    ]);
  });

  it("tells an event when its answer makes it fit a filter", () => {
    const store = new MemoryStore();
    const newsAt = following(store, { selection: { names: [], types: ["a"], statuses: ["503"] } });
    newsAt(0);
    for (const eventType of ["a", "b", "a"]) store.add({ ...PENDING, eventType });
    const before = newsAt(500);
    for (const seq of [1, 2]) store.change(seq, { state: "failed", attempts: [{ ...ENDED, status: 503 }] });
    store.change(3, DELIVERED);

    expect(before).toEqual([]);
    expect(newsAt(550)).toEqual(["event 1 failed 0"]);
    expect(newsAt(600)).toEqual([]);
  });

  it("takes all for new when there was nothing before", () => {
    const store = new MemoryStore();
    for (let made = 0; made < 15; made += 1) store.add(PENDING);
    const newsAt = following(store, { fromStart: true });

    expect(newsAt(0)).toEqual([]);
    store.change(1, DELIVERED);
    expect(newsAt(50)).toEqual(["event 1 delivered 0"]);
    expect(newsAt(100)).toHaveLength(14);
  });

  it("forgets what was removed, and does not wait for it", () => {
    const store = new MemoryStore();
    const newsAt = following(store);
    newsAt(0);
    store.add(PENDING);
    store.add();
    newsAt(10);
    store.remove(1);

    expect(newsAt(20)).toEqual(["event 2 stored 0"]);
  });

  it("does not hold what was pending before it began", () => {
    const store = new MemoryStore();
    store.add(PENDING);
    store.add();

    expect(following(store)(0)).toEqual(["event 1 pending 0", "event 2 stored 0"]);
  });

  it("reads some of what it watches at a time, each in its turn", () => {
    const store = new MemoryStore();
    const newsAt = following(store, { selection: { names: [], statuses: ["503"] } });
    newsAt(0);
    for (let made = 0; made < 1_000; made += 1) store.add(PENDING);
    newsAt(50);
    for (const seq of [1, 1_000]) store.change(seq, { state: "failed", attempts: [{ ...ENDED, status: 503 }] });
    const told: string[] = [];
    const selects: number[] = [];
    for (let look = 2; look < 10; look += 1) {
      const before = store.selects;
      told.push(...newsAt(50 * look));
      selects.push(store.selects - before);
    }

    expect(Math.max(...selects)).toBeLessThan(500);
    expect(told).toEqual(["event 1 failed 0", "event 1000 failed 0"]);
  });

  it("watches no more than so many, though none of them ever fits", () => {
    const store = new MemoryStore();
    const newsAt = following(store, { selection: { names: [], statuses: ["503"] } });
    newsAt(0);
    for (let made = 0; made < 2_500; made += 1) store.add(PENDING);
    newsAt(50);
    store.change(2_500, {});
    const before = store.selects;
    for (let look = 2; look < 100; look += 1) newsAt(50 * look);

    expect(store.selects - before).toBeGreaterThan(2_000);
    expect(store.selects - before).toBeLessThan(4_500);
  });
});
