import type { Attempt, HookEvent, ImportedEvent, NewEvent } from "../events/event.js";
import type { HeaderList } from "../events/headers.js";
import type { Selection } from "../events/selector.js";
import type { Background, BegunDelivery, Claim, Claimed, DeliveryEnd, Lease, StateAfterDelivery } from "./delivery.js";

/**
 * Why the store could not do something. `full`: the disk is full. `busy`: too much is waiting to be committed, or the
 * file is locked by another process. `corrupt`, `newer`, `readonly`, `unsafe` (symlink, foreign owner): at opening.
 */
export type StoreFault = "full" | "busy" | "io" | "corrupt" | "newer" | "readonly" | "unsafe" | "closed";

/** A failure of the store. Commands turn it into exit code 5; the receiver into 507 (`full`) or 503. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly fault: StoreFault;
  readonly hint: string | undefined;

  constructor(fault: StoreFault, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.fault = fault;
    this.hint = options.hint;
  }
}

/** What a commit gave an event. */
export interface Appended {
  readonly seq: number;
  readonly duplicateOf: string | null;
  /** Lower-case hex. */
  readonly bodySha256: string;
  /** It is not delivered, for the app has taken an earlier copy: it is `stored`. */
  readonly dropped?: boolean;
  /** Deliveries in the background that have begun with it, in their order. */
  readonly begun?: readonly BegunDelivery[];
}

/** The first attempt of an event, stored in the transaction of the event itself. */
export interface AttemptStart {
  readonly target: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly durationMs: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly headers: HeaderList;
  /** The first 64 KiB of the answer's body. */
  readonly body: Uint8Array;
}

/** A `listen` that runs now: how `send` and `replay` find it. */
export interface ListenerRow {
  readonly pid: number;
  readonly project: string;
  readonly localUrl: string;
  readonly publicUrl: string | null;
  readonly target: string | null;
  /** What goes elsewhere: what each route takes, without credentials, and to where. */
  readonly routes: readonly { readonly match: string; readonly target: string }[];
  /** Milliseconds since 1970, renewed every few seconds. */
  readonly heartbeatAt: number;
}

/** Events of a project whose delivery to a target waits or is under way. */
export interface Backlog {
  readonly project: string;
  readonly target: string;
  readonly events: number;
  /** Whether a `listen` that runs now has that target, itself or by a route; also true where one has deliveries in hand. */
  readonly served: boolean;
}

/** How many events have a value; `null`: none. */
export interface Tally {
  readonly value: string | null;
  readonly events: number;
}

/** What there is, counted. Tallies have the most frequent value first. */
export interface StoreStats {
  readonly events: number;
  /** When the earliest and the latest came in, milliseconds since 1970; `null` when there is none. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly projects: readonly Tally[];
  readonly providers: readonly Tally[];
  readonly types: readonly Tally[];
  /** The last answer's. */
  readonly statuses: readonly Tally[];
  readonly states: readonly Tally[];
  readonly sources: readonly Tally[];
  readonly signatures: readonly Tally[];
  readonly duplicates: number;
  readonly refused: number;
  readonly dead: number;
  /** How long the app took for its answers to the newest events of these; `null` when it gave none. */
  readonly answers: {
    readonly timed: number;
    readonly ofNewestEvents: number;
    readonly p50Ms: number | null;
    readonly p99Ms: number | null;
  };
  /** What the whole file takes, and how much of that is free for events to come. */
  readonly bytes: number;
  readonly freeBytes: number;
}

/**
 * The events on disk. Writes go through one worker thread per process and are committed in groups with a sync; a write's
 * promise resolves when *its own* commit is on disk. Reads use a connection of their own and hold no transaction.
 */
export interface Store {
  readonly path: string;

  /** Commits an event. The body must not be changed afterwards. Rejects with {@link StoreError}. */
  append(event: NewEvent, firstAttempt?: AttemptStart, background?: Background): Promise<Appended>;
  /** Commits the start of a further attempt; resolves to its number. */
  startAttempt(eventId: string, start: AttemptStart): Promise<number>;
  /**
   * Commits the end of an attempt and sets the event's state (2xx: delivered, else failed, unless `state` is
   * given). Nothing where the event was removed meanwhile.
   */
  endAttempt(eventId: string, n: number, end: AttemptEnd, state?: HookEvent["state"]): Promise<void>;

  /** Commits the end of an attempt, what follows of its delivery, and the event's state, in one transaction. */
  endDelivery(end: DeliveryEnd): Promise<StateAfterDelivery>;
  /** Takes deliveries that are due under a lease, and commits the starts of their attempts. Leases that are lost end first. */
  claimDeliveries(claim: Claim): Promise<Claimed>;
  renewLease(lease: Lease): Promise<void>;
  /** What an owner has in hand is anybody's again. */
  releaseLease(owner: string): Promise<void>;
  /** How many deliveries of a project to a target wait or are under way. */
  backlog(project: string, target: string): number;
  /** What waits, by project and target; of one project, or of all. */
  backlogs(project?: string): readonly Backlog[];
  /** Events of a project for {@link interrupt} to look at, if no process of it runs: those that wait in the store are none. */
  interrupted(project: string): readonly number[];
  /**
   * Makes those `failed` that are `pending` though nobody is to deliver them: the process that was at it is gone. Resolves to
   * how many they were.
   */
  interrupt(seqs: readonly number[]): Promise<number>;

  /**
   * Commits events from elsewhere, with their attempts, as they are; resolves in order to each one's number, `null` where
   * its id is in the store already. Goes on in short transactions that let all other writes pass; may take any number.
   */
  importEvents(events: readonly ImportedEvent[]): Promise<readonly (number | null)[]>;
  /**
   * Deletes events for good, in short transactions as {@link importEvents}; resolves to how many were there. With
   * `spareUndelivered` those that are `pending` or `dead` at that moment stay.
   */
  remove(seqs: readonly number[], options?: { readonly spareUndelivered?: boolean }): Promise<number>;
  /** Gives the room of deleted events back to the file system, in short transactions; resolves to the bytes given back. */
  shrink(): Promise<number>;

  /** The whole event with its attempts and body. */
  get(idOrSeq: string | number): HookEvent | undefined;
  /** Events of a selection, in the order it asks for, without bodies unless `bodies`; pages inside, so it may be left at any time. */
  select(selection: Selection, options?: { bodies?: boolean }): Iterable<HookEvent>;
  /** The numbers of the events of a selection, in its order; pages inside. */
  seqs(selection: Selection): Iterable<number>;
  /** How many events a selection means. */
  count(selection: Selection): number;
  /** Every project that ever had an event. */
  projects(): readonly string[];
  /** What the file takes, bytes, and how much of that is free for events to come. */
  room(): { readonly bytes: number; readonly freeBytes: number };
  /** Counts of the events of a selection. */
  stats(selection: Selection): StoreStats;
  /** How many numbers of events lie beyond the end of the index of `grep`: about as many events are read by a search. */
  unindexed(): number;
  /** Whether anything was written, by this process or another, since the last call, or else since the store was opened. */
  changed(): boolean;
  /** Attempts of an event, oldest first. */
  attempts(eventId: string): readonly Attempt[];

  /** Adds or renews this process's row. */
  saveListener(row: Omit<ListenerRow, "heartbeatAt">): Promise<void>;
  removeListener(pid: number): Promise<void>;
  /** Listeners whose heartbeat is fresh and whose process lives; of one project, or of all. */
  listeners(project?: string): readonly ListenerRow[];

  /** Bytes and events waiting to be committed. */
  pending(): { readonly events: number; readonly bytes: number };
  /** Commits what waits, then closes. Further calls reject with `closed`. */
  close(): Promise<void>;
}
