import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { openDatabase } from "../../src/store/driver.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { openTestStore, testFolder } from "./open-test-store.js";

const everything = { names: [] };
const ended = {
  durationMs: 41.5,
  status: 200,
  error: null,
  headers: [["A", "b"]] as HeaderList,
  body: new Uint8Array([111, 107]),
};

describe("a stored event", () => {
  it("comes back with every field and byte as it came", async () => {
    const store = await openTestStore();
    const event = newEvent({
      method: "PURGE",
      path: "/a%2Fb//?x=1&x=2\u00ff",
      headers: [
        ["X-Twice", "one"],
        ["x-twice", "tw\u00f6"],
        ["X-Nul", "a\0b"],
      ],
      trailers: [["Checksum", "1"]],
      body: Uint8Array.from({ length: 256 }, (_, index) => index),
      remoteIp: "::1",
      provider: "stripe",
      eventType: "invoice.paid\0",
      providerEventId: "evt_1",
      deliveryId: "d-1",
      signature: { status: "invalid", reason: "signature_mismatch", scheme: "stripe-v1", secretIndex: 1 },
      state: "refused",
      refusal: "signature_mismatch",
      bodyComplete: false,
      source: "tunnel",
    });

    const { seq, bodySha256 } = await store.append(event);
    const stored = store.get(event.id);

    expect(stored).toEqual({
      ...event,
      seq,
      bodySha256: createHash("sha256").update(event.body).digest("hex"),
      size: 256,
      duplicateOf: null,
      attempts: [],
    });
    expect(bodySha256).toBe(stored?.bodySha256);
    expect(store.get(seq)?.id).toBe(event.id);
  });

  it("keeps its own bytes when the body is a view into a larger buffer", async () => {
    const store = await openTestStore();
    const pool = Buffer.from("left|the body|right");
    const event = newEvent({ body: pool.subarray(5, 13) });

    await store.append(event);

    expect(Buffer.from(store.get(event.id)?.body ?? []).toString()).toBe("the body");
    expect(pool.toString()).toBe("left|the body|right");
  });

  it("has an order of commit that counts up, also after the newest was removed and the store opened again", async () => {
    const path = join(testFolder(), "events.db");
    const first = await openTestStore({ path });
    const numbers = await Promise.all([first.append(newEvent()), first.append(newEvent())]);
    await first.close();

    const second = await openTestStore({ path });
    const next = await second.append(newEvent());

    expect(numbers.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(next.seq).toBe(3);
  });

  it("is on disk when another connection looks, at the moment its promise resolves", async () => {
    const store = await openTestStore();
    const reader = await openTestStore({ path: store.path, readOnly: true });

    const event = newEvent();
    await store.append(event);

    expect(reader.get(event.id)?.id).toBe(event.id);
  });
});

describe("attempts", () => {
  it("are stored with the event, ended afterwards, and judge its state", async () => {
    const store = await openTestStore();
    const event = newEvent({ state: "pending" });
    await store.append(event, { target: "http://localhost:5000", startedAt: TEST_NOW });

    const before = store.get(event.id);
    await store.endAttempt(event.id, 1, ended);
    const after = store.get(event.id);

    expect(before?.attempts).toMatchObject([{ n: 1, durationMs: null, status: null, error: null }]);
    expect(before?.state).toBe("pending");
    expect(after?.state).toBe("delivered");
    expect(after?.attempts).toEqual([{ n: 1, target: "http://localhost:5000", startedAt: TEST_NOW, ...ended }]);
  });

  it("are numbered by the store, and the last one counts", async () => {
    const store = await openTestStore();
    const event = newEvent();
    await store.append(event);

    const first = await store.startAttempt(event.id, { target: "a", startedAt: TEST_NOW });
    const second = await store.startAttempt(event.id, { target: "b", startedAt: TEST_NOW });
    await store.endAttempt(event.id, second, { ...ended, status: 500 });
    await store.endAttempt(event.id, first, ended);

    expect([first, second]).toEqual([1, 2]);
    expect(store.get(event.id)?.state).toBe("failed");
    expect([...store.select({ names: [], statuses: ["5xx"] })].map(({ id }) => id)).toEqual([event.id]);
    expect(store.attempts(event.id).map(({ target }) => target)).toEqual(["a", "b"]);
  });

  it("take the state that the caller gives", async () => {
    const store = await openTestStore();
    const event = newEvent();
    await store.append(event, { target: "a", startedAt: TEST_NOW });

    await store.endAttempt(event.id, 1, { ...ended, status: null, error: "refused" }, "dead");

    expect(store.get(event.id)?.state).toBe("dead");
  });

  it("of an event that is not there are refused, and those beside them committed", async () => {
    const store = await openTestStore();
    const event = newEvent();

    const outcomes = await Promise.allSettled([
      store.append(event),
      store.startAttempt("evt_none", { target: "a", startedAt: TEST_NOW }),
      store.endAttempt(event.id, 7, ended),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(store.get(event.id)?.attempts).toEqual([]);
  });
});

describe("duplicates", () => {
  it("are marked by the provider's event id, whatever lies between, and kept", async () => {
    const store = await openTestStore();
    const sent = { provider: "stripe", providerEventId: "evt_1" };
    const first = newEvent(sent);

    const outcomes = await Promise.all(
      [first, newEvent(), newEvent({ ...sent, deliveryId: "other" }), newEvent(sent)].map((event) =>
        store.append(event),
      ),
    );

    expect(outcomes.map(({ duplicateOf }) => duplicateOf)).toEqual([null, null, first.id, first.id]);
    expect([...store.select(everything)]).toHaveLength(4);
    expect(store.get(4)?.duplicateOf).toBe(first.id);
  });

  it("are marked by the delivery id where there is no event id", async () => {
    const store = await openTestStore();
    const first = newEvent({ provider: "github", deliveryId: "d-1" });
    await store.append(first);

    const again = await store.append(newEvent({ provider: "github", deliveryId: "d-1" }));

    expect(again.duplicateOf).toBe(first.id);
  });

  it.each([
    ["an equal body alone", {}, {}],
    ["another provider", { provider: "a", providerEventId: "1" }, { provider: "b", providerEventId: "1" }],
    ["another project", { providerEventId: "1" }, { providerEventId: "1", project: "/home/dev/other" }],
    ["another type", { providerEventId: "1", eventType: "created" }, { providerEventId: "1", eventType: "updated" }],
    ["a replay", { providerEventId: "1" }, { providerEventId: "1", replayOf: "evt_x" }],
    ["a refused original", { providerEventId: "1", state: "refused" }, { providerEventId: "1" }],
    ["a delivery id like an event id", { providerEventId: "1" }, { deliveryId: "1" }],
    ["ids that differ in a lone surrogate", { providerEventId: "\ud800" }, { providerEventId: "\ud801" }],
  ] as const)("are not made by %s", async (_name, first, second) => {
    const store = await openTestStore();
    await store.append(newEvent(first));

    const appended = await store.append(newEvent(second));

    expect(appended.duplicateOf).toBeNull();
  });
});

describe("listeners", () => {
  const row = { project: "/p", localUrl: "http://localhost:1", publicUrl: null, target: null, routes: [] };

  it("are those whose process lives and whose heartbeat is fresh", async () => {
    let now = TEST_NOW;
    const store = await openTestStore({ context: { now: () => now } });
    // No process has this number: it is above what Linux and macOS give.
    await store.saveListener({ ...row, pid: 2 ** 30 });
    await store.saveListener({ ...row, pid: process.pid });

    const fresh = store.listeners("/p");
    now += 60_000;
    const stale = store.listeners("/p");
    const routes = [{ match: "a.*", target: "http://localhost:2" }];
    await store.saveListener({ ...row, pid: process.pid, publicUrl: "https://x.test", routes });
    const renewed = store.listeners();

    expect(fresh).toEqual([{ ...row, pid: process.pid, heartbeatAt: TEST_NOW }]);
    expect(stale).toEqual([]);
    expect(renewed).toEqual([{ ...row, pid: process.pid, publicUrl: "https://x.test", routes, heartbeatAt: now }]);
    expect(store.listeners("/other")).toEqual([]);
  });

  it("that were killed are forgotten when another one speaks, a day later", async () => {
    let now = TEST_NOW;
    const store = await openTestStore({ context: { now: () => now } });
    await store.saveListener({ ...row, pid: 2 ** 30 });
    now += 25 * 3_600_000;
    await store.saveListener({ ...row, pid: process.pid });

    const db = await openDatabase(store.path, { readOnly: true, busyTimeoutMs: 0 });
    onTestFinished(() => db.close());

    expect(db.prepare("SELECT pid FROM listeners").all()).toEqual([{ pid: process.pid }]);
  });

  it("take their row away", async () => {
    const store = await openTestStore();
    await store.saveListener({ ...row, pid: process.pid });

    await store.removeListener(process.pid);

    expect(store.listeners()).toEqual([]);
  });
});

describe("the end", () => {
  it("commits what waits before it closes, and refuses what comes later", async () => {
    const path = join(testFolder(), "events.db");
    const store = await openTestStore({ path });
    const waiting = Array.from({ length: 50 }, () => store.append(newEvent()));

    await store.close();
    const late = store.append(newEvent());

    expect(new Set((await Promise.all(waiting)).map(({ seq }) => seq)).size).toBe(50);
    await expect(late).rejects.toMatchObject({ name: "StoreError", fault: "closed" });
    expect(() => store.get(1)).toThrow(expect.objectContaining({ fault: "closed" }));
    const again = await openTestStore({ path, readOnly: true });
    expect([...again.select(everything)]).toHaveLength(50);
  });

  it("of a reading store refuses writes", async () => {
    const store = await openTestStore();
    const reader = await openTestStore({ path: store.path, readOnly: true });

    await expect(reader.append(newEvent())).rejects.toMatchObject({ fault: "readonly" });
  });
});
