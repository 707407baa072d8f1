import { isUtf8 } from "node:buffer";
import type { Attempt, HookEvent, RetryNote, SignatureNote } from "./event.js";
import type { HeaderList } from "./headers.js";

/** A body over this size is left out of streams. */
export const STREAM_BODY_LIMIT = 2 ** 20;

/** A body in JSON: as text when it is UTF-8, which holds every byte of it, else in base64. */
export type BodyJson = { readonly bodyText: string } | { readonly bodyBase64: string } | { readonly bodyOmitted: true };

/** One attempt, as programs see it. */
export type AttemptJson = {
  readonly n: number;
  readonly target: string;
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly headers: HeaderList;
} & BodyJson;

/** The public event object: the same in `events show --json`, in streams, exports and the library. */
export type EventJson = {
  readonly id: string;
  readonly seq: number;
  readonly project: string;
  readonly receivedAt: string;
  readonly source: HookEvent["source"];
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly trailers: HeaderList;
  readonly bodySha256: string;
  readonly size: number;
  /** Only when the body was not wholly read. */
  readonly bodyComplete?: false;
  readonly remoteIp: string | null;
  readonly provider: string | null;
  readonly eventType: string | null;
  readonly providerEventId: string | null;
  readonly deliveryId: string | null;
  /** Only when the sender says that it is a retry. */
  readonly retry?: RetryNote;
  readonly signature: Omit<SignatureNote, "reason"> & { readonly reason: string | null };
  readonly duplicateOf: string | null;
  readonly replayOf: string | null;
  readonly state: HookEvent["state"];
  /** Only when a gate refused the event: why. */
  readonly refusal?: string;
  readonly attempts: readonly AttemptJson[];
} & BodyJson;

/** An event as programs see it. `omitBodiesOver`: bytes from which on a body is left out (`bodyOmitted`). */
export function eventToJson(event: HookEvent, options: { readonly omitBodiesOver?: number } = {}): EventJson {
  const { status, reason = null, ...signature } = event.signature;
  return {
    id: event.id,
    seq: event.seq,
    project: event.project,
    receivedAt: new Date(event.receivedAt).toISOString(),
    source: event.source,
    method: event.method,
    path: event.path,
    headers: event.headers,
    trailers: event.trailers,
    ...bodyToJson(event.body, event.size, options.omitBodiesOver),
    bodySha256: event.bodySha256,
    size: event.size,
    ...(event.bodyComplete ? {} : { bodyComplete: false }),
    remoteIp: event.remoteIp,
    provider: event.provider,
    eventType: event.eventType,
    providerEventId: event.providerEventId,
    deliveryId: event.deliveryId,
    ...(event.retry === undefined ? {} : { retry: event.retry }),
    signature: { status, reason, ...signature },
    duplicateOf: event.duplicateOf,
    replayOf: event.replayOf,
    state: event.state,
    ...(event.refusal === null ? {} : { refusal: event.refusal }),
    attempts: event.attempts.map(attemptToJson),
  };
}

/** An attempt as programs see it. */
export function attemptToJson(attempt: Attempt): AttemptJson {
  return {
    n: attempt.n,
    target: attempt.target,
    startedAt: new Date(attempt.startedAt).toISOString(),
    durationMs: attempt.durationMs,
    status: attempt.status,
    error: attempt.error,
    headers: attempt.headers,
    ...bodyToJson(attempt.body, attempt.body.byteLength, undefined),
  };
}

/** An event that was read without its body has a `size` that its bytes do not have: that body is left out, too. */
function bodyToJson(body: Uint8Array, size: number, limit = Number.POSITIVE_INFINITY): BodyJson {
  if (body.byteLength > limit || body.byteLength < size) return { bodyOmitted: true };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isUtf8(bytes) ? { bodyText: bytes.toString("utf8") } : { bodyBase64: bytes.toString("base64") };
}
