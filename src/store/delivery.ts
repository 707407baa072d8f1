import type { EventState } from "../events/event.js";
import type { AttemptEnd } from "./store.js";

/** Where an event is to be delivered beside its answer, or after it. */
export interface PlannedDelivery {
  /** The target's label. */
  readonly target: string;
  /** The route by which it goes there, as the user wrote it. */
  readonly route: string;
  /** Its first attempt begins with the event, in this process. */
  readonly begins: boolean;
}

/** What happens to an event beside the answer to its sender; stored in the transaction of the event itself. */
export interface Background {
  readonly deliveries: readonly PlannedDelivery[];
  /** Whose lease those are under that begin at once. */
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** An event of which the app has taken an earlier copy is not delivered: it is `stored`. */
  readonly dropDuplicates: boolean;
}

/** A delivery whose attempt has begun with its event. */
export interface BegunDelivery {
  readonly id: number;
  /** The attempt's number. */
  readonly n: number;
  readonly route: string;
}

/** For how long a process may make the attempts of the deliveries that it has claimed. */
export interface Lease {
  readonly owner: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly untilAt: number;
}

/** Asks for deliveries that are due, to one target of a project. */
export interface Claim {
  readonly lease: Lease;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly project: string;
  readonly target: string;
  /** So many at most. */
  readonly count: number;
  /** Only the first of all, and nothing while that is under way or waits for its next attempt. */
  readonly ordered: boolean;
  readonly dropDuplicates: boolean;
  /** The clock has gone back since the last claim: what was due at a time after it is due now. */
  readonly clockWentBack: boolean;
}

/** A delivery that this process is to make now; the start of its attempt is stored. */
export interface ClaimedDelivery extends BegunDelivery {
  readonly eventId: string;
  readonly seq: number;
  /** Attempts before this one whose outcome is known. */
  readonly tries: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface Claimed {
  readonly deliveries: readonly ClaimedDelivery[];
  /** Events that were not delivered because the app has taken an earlier copy. */
  readonly dropped: readonly number[];
  /** When the next one is due that nobody has claimed, milliseconds since 1970, 0: now; `null`: there is none. */
  readonly nextDueAt: number | null;
}

/**
 * What becomes of a delivery after an attempt: `done`; `dead`, given up; `failed`, its sender has had the answer and nothing
 * follows; `wait`, for the next attempt.
 */
export type DeliveryNext =
  | { readonly kind: "done" | "dead" | "failed" }
  | {
      readonly kind: "wait";
      /** Milliseconds since 1970; 0: at once, before later events. */
      readonly dueAt: number;
      readonly now: number;
      /** False when the attempt says nothing of the app: it was cut off by our end, or the app was not there. */
      readonly counts: boolean;
    };

/** The end of an attempt, with what follows. */
export interface DeliveryEnd {
  /** `undefined`: the attempt whose answer went to the sender, which is a delivery in the background only from now on. */
  readonly id: number | undefined;
  readonly eventId: string;
  readonly n: number;
  readonly owner: string;
  readonly target: string;
  readonly route: string;
  readonly end: AttemptEnd;
  readonly next: DeliveryNext;
}

/** The state of the event after it; `null`: it was removed meanwhile. */
export type StateAfterDelivery = EventState | null;
