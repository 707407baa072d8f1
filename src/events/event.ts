import type { HeaderList } from "./headers.js";

/** Where an event came from. */
export type EventSource = (typeof EVENT_SOURCES)[number];
export const EVENT_SOURCES = ["tunnel", "local", "send", "replay", "import"] as const;

/** `refused` by a gate, `stored` and not delivered, `pending` delivery, `delivered` (2xx), `failed`, or given up (`dead`). */
export type EventState = (typeof EVENT_STATES)[number];
export const EVENT_STATES = ["refused", "stored", "pending", "delivered", "failed", "dead"] as const;

/** What was found of an event's signature. */
export const SIGNATURE_STATUSES = ["valid", "invalid", "unchecked", "not_checkable"] as const;

/** The request of an event, as it stood on the wire. */
export interface EventRequest {
  readonly method: string;
  /** Raw request target: path with query, latin1, never decoded. */
  readonly path: string;
  readonly headers: HeaderList;
  readonly trailers: HeaderList;
  /** The exact body bytes. */
  readonly body: Uint8Array;
}

/** What is known of an event's signature. */
export interface SignatureNote {
  readonly status: (typeof SIGNATURE_STATUSES)[number];
  /** A reason code of `signatures/`, when the status is `invalid`. */
  readonly reason?: string;
  readonly provider?: string;
  readonly scheme?: string;
  /** Which of the secrets given (from 0) made it. */
  readonly secretIndex?: number;
}

/** One delivery of an event to a target, with its outcome. */
export interface Attempt {
  /** From 1. */
  readonly n: number;
  readonly target: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** `null`: not ended yet, or the program was killed before it ended. */
  readonly durationMs: number | null;
  /** The answer's status; `null` when there was no answer. */
  readonly status: number | null;
  /** Why there was no whole answer: a short code such as `refused`, `timeout`, `reset`, `bad_answer`. */
  readonly error: string | null;
  readonly headers: HeaderList;
  /** The first 64 KiB of the answer's body. */
  readonly body: Uint8Array;
}

/** Whether the app took the event. 101 is what it says to a WebSocket that it takes. */
export function isAccepted({ status, error }: Pick<Attempt, "status" | "error">): boolean {
  return error === null && status !== null && (status === 101 || (status >= 200 && status < 300));
}

/** An event with all that is known of it. */
export interface HookEvent extends EventRequest {
  /** `evt_` and 26 lower-case base32 characters in time order. */
  readonly id: string;
  /** The order of commit in the store; never reused. 0: not stored. */
  readonly seq: number;
  /** Absolute folder of the project that the event belongs to. */
  readonly project: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly source: EventSource;
  /** Lower-case hex. */
  readonly bodySha256: string;
  /** Body bytes. */
  readonly size: number;
  /** False when the body was not (or not wholly) read: a refused event may have its head alone. */
  readonly bodyComplete: boolean;
  readonly remoteIp: string | null;
  readonly provider: string | null;
  readonly eventType: string | null;
  readonly providerEventId: string | null;
  readonly deliveryId: string | null;
  readonly signature: SignatureNote;
  /** Id of the earlier event that this one repeats. */
  readonly duplicateOf: string | null;
  /** Id of the event that this one is a replay of. */
  readonly replayOf: string | null;
  readonly state: EventState;
  /** Why a gate refused it: `ip_not_allowed`, `body_too_large`, `unknown_event_type`, `invalid_payload`, or a signature reason. */
  readonly refusal: string | null;
  readonly attempts: readonly Attempt[];
  /** What it says of itself as a retry of its sender; read anew out of the request where it is shown, and not stored. */
  readonly retry?: RetryNote;
}

/** A delivery that is not its sender's first of this event, as it says itself. */
export interface RetryNote {
  /** From 1. */
  readonly number: number;
  /** A short word of the sender's: why. */
  readonly reason?: string;
}

/** An event that is not in the store yet: the store gives it `seq` and `duplicateOf`, and derives hash and size. */
export type NewEvent = Omit<HookEvent, "seq" | "duplicateOf" | "attempts" | "bodySha256" | "size" | "retry">;

/** An event from elsewhere, with its attempts: the store gives it `seq`, and derives hash and size. */
export type ImportedEvent = Omit<HookEvent, "seq" | "bodySha256" | "size" | "retry">;
