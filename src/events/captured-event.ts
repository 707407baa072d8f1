import type { EventRequest, NewEvent } from "./event.js";

/** A request that came in. */
export interface CapturedRequest
  extends EventRequest, Pick<NewEvent, "receivedAt" | "source" | "bodyComplete" | "remoteIp"> {}

/** What is known of it besides. */
export type CapturedFacts = Pick<
  NewEvent,
  "id" | "project" | "provider" | "eventType" | "providerEventId" | "deliveryId" | "signature" | "state" | "refusal"
>;

/** The event that a request becomes. */
export function capturedEvent(request: CapturedRequest, facts: CapturedFacts): NewEvent {
  // Written out: spreading so many properties costs more than all else that listen does for an event.
  return {
    id: facts.id,
    project: facts.project,
    receivedAt: request.receivedAt,
    source: request.source,
    method: request.method,
    path: request.path,
    headers: request.headers,
    trailers: request.trailers,
    body: request.body,
    bodyComplete: request.bodyComplete,
    remoteIp: request.remoteIp,
    provider: facts.provider,
    eventType: facts.eventType,
    providerEventId: facts.providerEventId,
    deliveryId: facts.deliveryId,
    signature: facts.signature,
    replayOf: null,
    state: facts.state,
    refusal: facts.refusal,
  };
}
