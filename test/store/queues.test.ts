import { describe, expect, it } from "vitest";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import type { ImportedEvent } from "../../src/events/event.js";
import { weightOf, type Operation } from "../../src/store/operations.js";
import { packImport } from "../../src/store/pack.js";
import { WriteQueues } from "../../src/store/queues.js";
import { openTestStore } from "./open-test-store.js";

const BODY = Buffer.alloc(64 * 1024, 1);
const END = { durationMs: 1, status: 200, error: null, headers: "[]", body: BODY };

function queued(operation: Operation, times: number): WriteQueues {
  const queues = new WriteQueues();
  queues.add(Array.from({ length: times }, (_, id) => ({ id, operation })));
  return queues;
}

/** An event with an answer of 64 KiB, and a body of a few bytes. */
function answered(): ImportedEvent {
  const { headers: _headers, ...end } = END;
  const attempt = { n: 1, target: "http://localhost:5000", startedAt: TEST_NOW, ...end, headers: [] };
  return { ...newEvent(), duplicateOf: null, attempts: [attempt] };
}

describe("what is committed together", () => {
  it("is bounded by its bytes, answers among them", () => {
    const end: Operation = { kind: "endAttempt", eventId: "evt_1", n: 1, end: END, state: undefined };
    const batch = queued(end, 512).next();

    expect(weightOf(end)).toBeGreaterThanOrEqual(BODY.length);
    expect(batch?.writes.length).toBeGreaterThan(100);
    expect(batch?.writes.length).toBeLessThanOrEqual(128);
  });

  it("counts the attempts of imported events", () => {
    const batch = queued({ kind: "import", event: packImport(answered()) }, 512).next();

    expect(batch?.writes.length).toBeLessThanOrEqual(32);
  });

  it("is one write where room is given back", () => {
    const queues = queued({ kind: "shrink" }, 2);
    queues.add([{ id: 9, operation: { kind: "remove", seqs: [1], spareUndelivered: false } }]);

    expect(queues.next()?.writes).toHaveLength(1);
  });
});

describe("an import", () => {
  it("has a few megabytes on their way at a time, attempts among them", async () => {
    const store = await openTestStore();
    const events = Array.from({ length: 200 }, answered);

    const imported = store.importEvents(events);
    const { bytes } = store.pending();
    await imported;

    expect(bytes).toBeGreaterThan(2 ** 20);
    expect(bytes).toBeLessThan(6 * 2 ** 20);
    expect(store.count({ names: [] })).toBe(200);
  });
});
