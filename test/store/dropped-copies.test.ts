import { describe, expect, it } from "vitest";
import type { ClaimedDelivery, DeliveryNext } from "../../src/store/delivery.js";
import type { Store } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { openTestStore } from "./open-test-store.js";

const [HERE, ELSEWHERE] = ["http://localhost:5000", "http://localhost:6000"];
const { project } = newEvent();
const LATER = TEST_NOW + 1_000;
const AGAIN = { kind: "wait", dueAt: LATER, now: TEST_NOW, counts: true } as const;

/** Stores a copy of one event, which waits for its deliveries. */
function addCopy(store: Store, ...targets: readonly string[]) {
  const copy = newEvent({ state: "pending", provider: "stripe", providerEventId: "evt_1" });
  const deliveries = targets.map((target) => ({ target, route: target, begins: false }));
  return store.append(copy, undefined, { deliveries, owner: "me", now: TEST_NOW, dropDuplicates: false });
}

function claim(store: Store, target: string, now: number, dropDuplicates: boolean) {
  const lease = { owner: "me", pid: process.pid, untilAt: now + 30_000 };
  const what = { lease, now, project, target, count: 10, ordered: false, clockWentBack: false };
  return store.claimDeliveries({ ...what, dropDuplicates });
}

async function end(store: Store, claimed: ClaimedDelivery | undefined, next: DeliveryNext): Promise<void> {
  if (claimed === undefined) throw new Error("nothing was claimed");
  const { id, eventId, n, route } = claimed;
  const answer = { durationMs: 5, status: next.kind === "done" ? 200 : 500, error: null, headers: [] };
  const made = { ...answer, body: new Uint8Array() };
  await store.endDelivery({ id, eventId, n, owner: "me", target: route, route, end: made, next });
}

describe("a copy that waits for another attempt", () => {
  it("is not tried again once the app has taken a later copy", async () => {
    const store = await openTestStore();
    await addCopy(store, HERE);
    await addCopy(store, HERE);
    const [first, second] = (await claim(store, HERE, TEST_NOW, true)).deliveries;
    await end(store, first, AGAIN);
    await end(store, second, { kind: "done" });

    const next = await claim(store, HERE, LATER, true);

    expect(next).toMatchObject({ deliveries: [], dropped: [1], nextDueAt: null });
    expect(store.get(1)).toMatchObject({ state: "stored", attempts: [{ n: 1, status: 500 }] });
  });

  it("is tried again while the later copy waits, too", async () => {
    const store = await openTestStore();
    await addCopy(store, HERE);
    await addCopy(store, HERE);
    for (const claimed of (await claim(store, HERE, TEST_NOW, true)).deliveries) await end(store, claimed, AGAIN);

    const next = await claim(store, HERE, LATER, true);

    expect(next.deliveries.map(({ seq, n }) => [seq, n])).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it.each([
    ["delivered", { kind: "done" }],
    ["dead", { kind: "dead" }],
  ] as const)(
    "is %s when it is dropped where another target of it is that, and pending no more",
    async (state, other) => {
      const store = await openTestStore();
      await addCopy(store, ELSEWHERE, HERE);
      await addCopy(store, HERE);
      await end(store, (await claim(store, ELSEWHERE, TEST_NOW, false)).deliveries[0], other);
      const [first, second] = (await claim(store, HERE, TEST_NOW, false)).deliveries;
      await end(store, first, AGAIN);
      await end(store, second, { kind: "done" });

      const next = await claim(store, HERE, LATER, true);

      expect(next.dropped).toEqual([1]);
      expect(store.get(1)?.state).toBe(state);
      expect(store.backlog(project, HERE)).toBe(0);
    },
  );
});
