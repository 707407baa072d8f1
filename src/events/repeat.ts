import { createHash } from "node:crypto";
import type { NewEvent } from "./event.js";

/** Larger bodies are not read for their id. */
const MAX_READ_BYTES = 256 * 1024;

/** What a repeated delivery is known by. */
export type Repeatable = Pick<
  NewEvent,
  "project" | "provider" | "eventType" | "providerEventId" | "deliveryId" | "state" | "replayOf" | "body"
>;

/**
 * What makes a repeated delivery known: the provider's id of the event, else of the delivery, within project, provider
 * and type. Of a sender that nobody knows an id deeper in the body may be that of the thing it tells of, which is
 * changed again and again under one id: there the body must be the same, too. A refused event proves nothing about a later
 * one, and a replay is no repetition by the sender: `null`.
 */
export function repeatIdentity(event: Repeatable): string | null {
  const { project, provider, eventType, providerEventId, deliveryId, body } = event;
  if (event.state === "refused" || event.replayOf !== null) return null;
  const named = providerEventId ?? deliveryId;
  if (named === null) return null;
  const kind = providerEventId === null ? "delivery" : "event";
  const isKnown = (provider !== null && provider !== "generic") || kind === "delivery" || isIdOf(body, named);
  const rest = isKnown ? [] : [createHash("sha256").update(body).digest("hex")];
  return JSON.stringify([project, provider, eventType, kind, named, ...rest]);
}

/** Whether a body says `id` of itself. */
function isIdOf(body: Uint8Array, named: string): boolean {
  if (body.byteLength > MAX_READ_BYTES) return false;
  try {
    const json: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
    return typeof json === "object" && json !== null && "id" in json && String(json.id) === named;
  } catch {
    return false;
  }
}
