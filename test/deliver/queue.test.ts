import { fc } from "../helpers/properties.js";
import { describe, expect, it, vi } from "vitest";
import type { Delivery, DeliveryRequest } from "../../src/deliver/deliverer.js";
import { DeliveryQueue, type QueueSettings } from "../../src/deliver/queue.js";
import { parseTarget } from "../../src/deliver/target.js";
import type { HookEvent, NewEvent } from "../../src/events/event.js";
import type { Store } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { openTestStore } from "../store/open-test-store.js";

const target = parseTarget("5000");
const route = { name: "5000", target };
const SETTINGS: QueueSettings = {
  concurrency: 4,
  ordered: false,
  holds: false,
  dropDuplicates: false,
  retry: { retries: 0 },
};

/** A clock that is set on by whoever sleeps; nobody sleeps for longer than a moment. */
function quickClock() {
  let now = TEST_NOW;
  return {
    now: () => now,
    monotonic: () => now,
    random: (length: number) => new Uint8Array(length).fill(made++),
    pid: process.pid,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason as Error);
        const stop = () => {
          clearTimeout(timer);
          reject(signal?.reason as Error);
        };
        const until = now + ms;
        const timer = setTimeout(
          () => {
            signal?.removeEventListener("abort", stop);
            now = Math.max(now, until);
            resolve();
          },
          Math.min(ms, 4),
        );
        signal?.addEventListener("abort", stop);
      }),
  };
}
let made = 1;

type Answer = (request: DeliveryRequest, body: string) => number | string | Promise<number | string>;

/** What an app answers: a status, or the code of an error. */
function delivererOf(answer: Answer) {
  return {
    deliver: async (request: DeliveryRequest): Promise<Delivery> => {
      const told = await answer(request, Buffer.from(request.request.body).toString());
      const [status, error] = typeof told === "number" ? [told, null] : [null, told];
      const empty = { headers: [], body: new Uint8Array(), reason: "", answerSize: 0 };
      return { durationMs: 1, status, error, unanswered: status === null, ...empty };
    },
    upgrade: () => Promise.reject(new Error("no upgrades here")),
    close: () => Promise.resolve(),
  };
}

/** A queue over a store, and what it tells. */
function queueOver(
  store: Store,
  answer: Answer,
  options: Partial<QueueSettings> & {
    look?: () => Promise<boolean>;
    deadlineMs?: (provider: string | null) => number | undefined;
  } = {},
) {
  const told: { attempted: HookEvent[]; gone: string[]; dropped: HookEvent[]; held: string[] } = {
    attempted: [],
    gone: [],
    dropped: [],
    held: [],
  };
  const { look, deadlineMs, ...settings } = options;
  const queue = new DeliveryQueue({
    store,
    deliverer: delivererOf(answer),
    context: quickClock(),
    project: newEvent().project,
    settings: { ...SETTINGS, ...settings },
    routes: [route],
    forwarded: () => ({}),
    schedule: () => undefined,
    report: {
      attempted: (event) => void told.attempted.push(event),
      gone: (id) => void told.gone.push(id),
      dropped: (event) => void told.dropped.push(event),
      held: () => void told.held.push("held"),
      back: () => void told.held.push("back"),
      trouble: (error) => {
        throw error;
      },
    },
    ...(look === undefined ? {} : { look }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  const add = async (fields: Partial<NewEvent> = {}) => {
    const event = newEvent({ state: "pending", ...fields });
    const plan = queue.plan([route]);
    const { begun = [], seq, duplicateOf, bodySha256 } = await store.append(event, undefined, plan.background);
    plan.committed({ ...event, seq, duplicateOf, bodySha256, size: event.body.length, attempts: [] }, begun);
    return event.id;
  };
  return { queue, told, add };
}

const bodyOf = (index: number) => ({ body: Buffer.from(String(index)) });
const states = (store: Store) => [...store.select({ names: [], order: "oldest" })].map(({ state }) => state);
const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

describe("the queue", () => {
  it("delivers what it is given, at once and in order, no more at a time than it may", async () => {
    const store = await openTestStore();
    const bodies: string[] = [];
    let [under, most] = [0, 0];
    const { queue, told, add } = queueOver(store, async (_request, body) => {
      bodies.push(body);
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 3));
      under -= 1;
      return 200;
    });

    await Promise.all(Array.from({ length: 30 }, (_, index) => add(bodyOf(index))));
    await soon(() => expect(told.attempted).toHaveLength(30));
    await queue.stop(0);

    expect(bodies).toEqual(Array.from({ length: 30 }, (_, index) => String(index)));
    expect(most).toBe(4);
    expect(new Set(states(store))).toEqual(new Set(["delivered"]));
    expect(told.attempted.every(({ attempts, state }) => attempts.length === 1 && state === "delivered")).toBe(true);
  });

  it("tries again as often as it may, tells the app so, and gives up then", async () => {
    const store = await openTestStore();
    const marks: unknown[] = [];
    const { queue, told, add } = queueOver(
      store,
      ({ headers }) => {
        marks.push(headers?.at(-1)?.join(": "));
        return 503;
      },
      { retry: { retries: 2, delaysMs: [1_000] } },
    );

    const id = await add();
    await soon(() => expect(told.attempted).toHaveLength(3));
    await queue.stop(0);

    expect(marks).toEqual([undefined, "hookcli-attempt: 2", "hookcli-attempt: 3"]);
    expect(told.attempted.map(({ state }) => state)).toEqual(["pending", "pending", "dead"]);
    const { attempts = [], state } = store.get(id) ?? {};
    expect(state).toBe("dead");
    const pauses = attempts.slice(1).map(({ startedAt }, index) => startedAt - (attempts[index]?.startedAt ?? 0));
    expect(pauses.every((pause) => pause >= 900)).toBe(true);
  });

  it("in order goes on to the next event only when the one before is delivered or given up", async () => {
    const store = await openTestStore();
    const tried: string[] = [];
    const { queue, told, add } = queueOver(
      store,
      (_request, body) => {
        tried.push(body);
        return body === "1" ? 500 : 200;
      },
      { ordered: true, retry: { retries: 2 } },
    );

    await Promise.all([0, 1, 2].map((index) => add(bodyOf(index))));
    await soon(() => expect(told.attempted).toHaveLength(5));
    await queue.stop(0);

    expect(tried).toEqual(["0", "1", "1", "1", "2"]);
    expect(states(store)).toEqual(["delivered", "dead", "delivered"]);
  });

  it("holds events while the port refuses, and spends no retry on it", async () => {
    const store = await openTestStore();
    let up = false;
    const tried: string[] = [];
    const answer: Answer = (_request, body) => {
      if (!up) return "refused";
      tried.push(body);
      return 200;
    };
    let looks = 0;
    const look = () => Promise.resolve(++looks >= 5 && (up = true));
    const { queue, told, add } = queueOver(store, answer, { ordered: true, holds: true, look });

    await Promise.all(Array.from({ length: 20 }, (_, index) => add(bodyOf(index))));
    await soon(() => expect(tried).toHaveLength(20));
    await soon(() => expect(new Set(states(store))).toEqual(new Set(["delivered"])));
    await queue.stop(0);

    expect(told.held).toEqual(["held", "back"]);
    expect(tried).toEqual(Array.from({ length: 20 }, (_, index) => String(index)));
    expect(store.get(1)?.attempts).toMatchObject([{ error: "refused" }, { status: 200 }]);
    expect(store.get(2)?.attempts).toHaveLength(1);
  });

  it("is told when an event was removed in the middle of its attempt", async () => {
    const store = await openTestStore();
    const { queue, told, add } = queueOver(store, async () => {
      await store.remove([1]);
      return 200;
    });

    const id = await add();
    await soon(() => expect(told.gone).toEqual([id]));
    await queue.stop(0);

    expect(told.attempted).toEqual([]);
    expect(queue.backlog()).toBe(0);
  });

  it("cuts off only the app that answers the sender, whenever its provider would", async () => {
    const store = await openTestStore();
    const cuts: unknown[] = [];
    const answer: Answer = ({ request, deadlineMs }) => {
      cuts.push([Buffer.from(request.body).toString(), deadlineMs]);
      return 200;
    };
    const { queue, told, add } = queueOver(store, answer, {
      retry: { retries: 2 },
      deadlineMs: (provider) => (provider === "slack" ? 3_000 : undefined),
    });
    const event = newEvent({ state: "pending", provider: "slack", ...bodyOf(1) });
    await store.append(event, { target: target.label, startedAt: TEST_NOW });
    const late = { durationMs: 3_000, status: null, error: "deadline", headers: [], body: new Uint8Array() };
    const stored = store.get(event.id) as HookEvent;

    await queue.endInline(stored, route, { ...late, unanswered: true, reason: "", answerSize: 0 });
    await soon(() => expect(told.attempted).toHaveLength(1));
    await add({ provider: "slack", ...bodyOf(2) });
    await soon(() => expect(told.attempted).toHaveLength(2));
    await queue.stop(0);

    expect(cuts).toEqual([
      ["1", 3_000],
      ["2", undefined],
    ]);
  });

  it("leaves what it cannot finish to the next run, which says how much that is", async () => {
    const store = await openTestStore();
    const first = queueOver(store, () => new Promise(() => {}), { concurrency: 1 });
    // An attempt ends when it is cut off, as one of the real deliverer does.
    const cut = queueOver(
      store,
      ({ signal }) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve("aborted"))),
    );
    await Promise.all([cut.add(), cut.add(), cut.add()]);

    await cut.queue.stop(10);
    const second = queueOver(store, () => 200);
    const left = second.queue.resume();
    await soon(() => expect(second.told.attempted).toHaveLength(3));
    await second.queue.stop(0);

    expect(left).toBe(3);
    expect(states(store)).toEqual(["delivered", "delivered", "delivered"]);
    expect(store.get(1)?.attempts).toMatchObject([{ error: "aborted" }, { status: 200 }]);
    expect(first.told.attempted).toEqual([]);
  });

  it("shares a backlog with another one, and none is delivered by both", async () => {
    const store = await openTestStore();
    const ids = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const event = newEvent({ state: "pending" });
        const deliveries = [{ route: route.name, target: target.label, begins: false }];
        await store.append(event, undefined, { deliveries, owner: "x", now: TEST_NOW, dropDuplicates: false });
        return event.id;
      }),
    );
    const got: string[] = [];
    const answer: Answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return 200;
    };
    const both = [queueOver(store, answer), queueOver(store, answer)];

    for (const { queue } of both) queue.resume();
    await soon(() => expect(both.flatMap(({ told }) => told.attempted)).toHaveLength(200));
    for (const { queue, told } of both) {
      got.push(...told.attempted.map(({ id }) => id));
      await queue.stop(0);
    }

    expect(got.toSorted()).toEqual(ids.toSorted());
    expect(both.every(({ told }) => told.attempted.length > 0)).toBe(true);
  });

  it("does not deliver what the app has taken already, when it is to drop that", async () => {
    const store = await openTestStore();
    const repeated = { provider: "stripe", providerEventId: "evt_1" };
    let calls = 0;
    const answer: Answer = async () => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 3));
      return 200;
    };
    const { queue, told, add } = queueOver(store, answer, { concurrency: 1, dropDuplicates: true });

    await Promise.all([add(repeated), add(repeated), add(repeated)]);
    await soon(() => expect(told.dropped).toHaveLength(2));
    await queue.stop(0);

    expect(calls).toBe(1);
    expect(states(store)).toEqual(["delivered", "stored", "stored"]);
  });

  it("loses nothing and keeps the order, whatever the app answers and however often it is ended", async () => {
    const outcome = fc.constantFrom(200, 204, 500, 503, 404, "reset", "timeout");
    const runs = fc.array(fc.record({ adds: fc.integer({ min: 0, max: 6 }), ordered: fc.constant(true) }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(runs, fc.array(outcome, { minLength: 1, maxLength: 12 }), async (many, outcomes) => {
        const store = await openTestStore();
        const attempts: string[] = [];
        let asked = 0;
        const answer: Answer = async (_request, body) => {
          attempts.push(body);
          await Promise.resolve();
          return outcomes[asked++ % outcomes.length] ?? 200;
        };
        let added = 0;
        const settings = { ordered: true, retry: { retries: 2, delaysMs: [50] } };
        for (const { adds } of many) {
          const { queue, add } = queueOver(store, answer, settings);
          queue.resume();
          await Promise.all(Array.from({ length: adds }, () => add(bodyOf(added++))));
          await queue.stop(0);
        }
        const last = queueOver(store, answer, settings);
        last.queue.resume();
        await soon(() => expect(states(store).filter((state) => state === "pending")).toEqual([]));
        await last.queue.stop(0);
        await store.close();

        const order = attempts.map(Number);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        expect(new Set(order).size).toBe(added);
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});
