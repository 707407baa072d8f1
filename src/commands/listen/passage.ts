import type { Delivery, Target } from "../../deliver/deliverer.js";
import type { Route } from "../../deliver/routes.js";
import { attemptErrorText } from "../../events/attempt-error.js";
import { isAccepted, type Attempt, type EventState, type HookEvent, type NewEvent } from "../../events/event.js";
import type { Appended } from "../../store/store.js";
import { redactUrl } from "../../events/redact.js";

/** An event on its way, as far as it has come. */
export interface Passage {
  readonly event: NewEvent;
  readonly appended: Appended;
  /** The route whose answer the sender gets; `undefined`: none. */
  readonly route: Route | undefined;
  /** How many routes take it. */
  readonly routes: number;
  readonly startedAt: number;
}

/** What the sender reads when the app gave no answer. */
export function failureText(delivery: Delivery, target: Target): string {
  const reason = attemptErrorText(delivery.error ?? "none");
  return `hookcli could not deliver to ${redactUrl(target.label)}: ${reason}`;
}

/** The event as it is in the store, with its attempt once that has ended. */
export function storedEvent({ event, appended, route, startedAt }: Passage, delivery?: Delivery): HookEvent {
  const attempt: Attempt | undefined =
    route === undefined || delivery === undefined
      ? undefined
      : { n: 1, target: route.target.label, startedAt, ...attemptEnd(delivery) };
  // Written out: spreading so many properties costs more than all else that listen does for an event.
  return {
    id: event.id,
    seq: appended.seq,
    project: event.project,
    receivedAt: event.receivedAt,
    source: event.source,
    method: event.method,
    path: event.path,
    headers: event.headers,
    trailers: event.trailers,
    body: event.body,
    bodySha256: appended.bodySha256,
    size: event.body.length,
    bodyComplete: event.bodyComplete,
    remoteIp: event.remoteIp,
    provider: event.provider,
    eventType: event.eventType,
    providerEventId: event.providerEventId,
    deliveryId: event.deliveryId,
    signature: event.signature,
    duplicateOf: appended.duplicateOf,
    replayOf: event.replayOf,
    state: delivery === undefined ? event.state : stateAfter(delivery),
    refusal: event.refusal,
    attempts: attempt === undefined ? [] : [attempt],
  };
}

function attemptEnd({
  durationMs,
  status,
  error,
  headers,
  body,
}: Delivery): Omit<Attempt, "n" | "target" | "startedAt"> {
  return { durationMs, status, error, headers, body };
}

/** What an attempt makes of its event. */
export function stateAfter(delivery: Delivery): EventState {
  return isAccepted(delivery) ? "delivered" : "failed";
}
