import type { NewEvent } from "./event.js";

/** What a repeated delivery is known by. */
export type Repeatable = Pick<
  NewEvent,
  "project" | "provider" | "eventType" | "providerEventId" | "deliveryId" | "state" | "replayOf"
>;

/**
 * What makes a repeated delivery known: the provider's id of the event, else of the delivery, within project, provider
 * and type (a generic body's id may be that of the thing it tells of, which is created and updated under one id). A
 * refused event proves nothing about a later one, and a replay is no repetition by the sender: `null`.
 */
export function repeatIdentity(event: Repeatable): string | null {
  const { project, provider, eventType, providerEventId, deliveryId } = event;
  if (event.state === "refused" || event.replayOf !== null) return null;
  const named = providerEventId ?? deliveryId;
  if (named === null) return null;
  const kind = providerEventId === null ? "delivery" : "event";
  return JSON.stringify([project, provider, eventType, kind, named]);
}
