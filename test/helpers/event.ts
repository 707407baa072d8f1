import type { NewEvent } from "../../src/events/event.js";
import { newEventId } from "../../src/events/id.js";

/** The clock of tests: 2025-01-02 03:04:05 UTC. */
export const TEST_NOW = Date.UTC(2025, 0, 2, 3, 4, 5);

let made = 0;

/** A captured event of a fixed time with an id of its own; `fields` replace what matters to a test. */
export function newEvent(fields: Partial<NewEvent> = {}): NewEvent {
  made += 1;
  const number = made;
  const random = (length: number) => {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(length - 8, process.pid);
    new DataView(bytes.buffer).setUint32(length - 4, number);
    return bytes;
  };
  return {
    id: newEventId(fields.receivedAt ?? TEST_NOW, random),
    project: "/home/dev/shop",
    receivedAt: TEST_NOW,
    source: "local",
    method: "POST",
    path: "/webhook",
    headers: [
      ["Host", "localhost:4000"],
      ["Content-Type", "application/json"],
    ],
    trailers: [],
    body: Buffer.from('{"type":"message.created"}'),
    bodyComplete: true,
    remoteIp: "127.0.0.1",
    provider: null,
    eventType: "message.created",
    providerEventId: null,
    deliveryId: null,
    signature: { status: "unchecked" },
    replayOf: null,
    state: "stored",
    refusal: null,
    ...fields,
  };
}
