import type { Attempt, ImportedEvent } from "../events/event.js";
import { packHeaders } from "./codec.js";
import type { Numbered, Operation, PackedImport } from "./operations.js";

/**
 * The writes with copies of their bodies in one piece of memory, to be handed over: a view into a larger buffer would
 * take all of that along, and handing over the caller's would empty it under the delivery.
 */
export function packBatch(batch: readonly Numbered[]): { operations: Numbered[]; buffer: ArrayBuffer } {
  let size = 0;
  const measure = (body: Uint8Array) => {
    size += body.byteLength;
    return body;
  };
  for (const { operation } of batch) withBodies(operation, measure);
  const bytes = new Uint8Array(size);
  let used = 0;
  const copy = (body: Uint8Array) => {
    bytes.set(body, used);
    used += body.byteLength;
    return bytes.subarray(used - body.byteLength, used);
  };
  const operations = batch.map(({ id, operation }) => ({ id, operation: withBodies(operation, copy) }));
  return { operations, buffer: bytes.buffer };
}

/** An event from elsewhere for the writer. */
export function packImport(event: ImportedEvent): PackedImport {
  return {
    ...event,
    headers: packHeaders(event.headers),
    trailers: packHeaders(event.trailers),
    attempts: event.attempts.map(packAttempt),
  };
}

function packAttempt(attempt: Attempt): PackedImport["attempts"][number] {
  return { ...attempt, headers: packHeaders(attempt.headers) };
}

/** The write with other bytes in place of its bodies. */
function withBodies(operation: Operation, change: (body: Uint8Array) => Uint8Array): Operation {
  if (operation.kind === "append")
    return { ...operation, event: { ...operation.event, body: change(operation.event.body) } };
  if (operation.kind === "endAttempt")
    return { ...operation, end: { ...operation.end, body: change(operation.end.body) } };
  if (operation.kind === "endDelivery") {
    const { end } = operation.end;
    return { ...operation, end: { ...operation.end, end: { ...end, body: change(end.body) } } };
  }
  if (operation.kind !== "import") return operation;
  const { event } = operation;
  const attempts = event.attempts.map((attempt) => ({ ...attempt, body: change(attempt.body) }));
  return { ...operation, event: { ...event, body: change(event.body), attempts } };
}
