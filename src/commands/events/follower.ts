import type { HookEvent } from "../../events/event.js";
import type { Selection } from "../../events/selector.js";
import type { Store } from "../../store/store.js";

/** How long an event waits for its answer before it is shown without it, milliseconds. */
const HOLD_MS = 80;
/** Events without an answer that are watched at most; of more, those seen first are not watched any longer. */
const MOST_WATCHED = 2_000;
/** Watched events that are read again in one look, in turn: two reads each. */
const RELOADED_AT_ONCE = 200;

/** What a follower has to tell: an event, or what became of one that was told already. */
export interface News {
  readonly kind: "event" | "update";
  readonly event: HookEvent;
  /** How many of the event's attempts had ended when it was last told. */
  readonly toldAttempts: number;
}

export interface FollowerOptions {
  readonly store: Pick<Store, "select" | "changed">;
  /** Filters; its limit and order do not count. */
  readonly selection: Selection;
  /** Events that are there already and are told first: the newest so many, 0 for all. */
  readonly limit: number;
  /** There was nothing before: whatever is there is new. */
  readonly fromStart?: boolean;
  /** Whether what is told needs bodies, and an event is told before its answer is known. */
  readonly whole: boolean;
}

interface Watched {
  event: HookEvent;
  /** Whether it passes the filters that an answer decides. */
  fits: boolean;
  /** When it was first seen, milliseconds; an event that was there before us is not held. */
  readonly since: number;
  told?: { readonly attempts: number; readonly state: HookEvent["state"] };
}

/**
 * Tells events once each in the order of their numbers, and again when their answer comes. It asks the store when there
 * is something new and holds nothing open between two questions. With a filter that an answer decides (`--status`,
 * `--state`) an event is told when it fits.
 */
export class Follower {
  private readonly options: FollowerOptions;
  /** The selection without what an answer decides. */
  private readonly lasting: Selection;
  private readonly decidedByAnswer: boolean;
  private readonly watched = new Map<number, Watched>();
  /** Those of them that may have changed since they were read, the next to be read first. */
  private readonly stale = new Set<number>();
  /** The number of the newest event that was looked at. */
  private seen = 0;
  private begun = false;

  constructor(options: FollowerOptions) {
    const { statuses, states, limit: _limit, order: _order, ...lasting } = options.selection;
    this.options = options;
    this.lasting = lasting;
    this.decidedByAnswer = statuses !== undefined || states !== undefined;
  }

  /** What there is to tell now; `now` in milliseconds of any clock. */
  *news(now: number): Iterable<News> {
    const changed = this.options.store.changed();
    if (changed) for (const seq of this.watched.keys()) this.stale.add(seq);
    this.reloadSome();
    let held = false;
    for (const watched of this.watched.values()) held = yield* this.tell(watched, now, held);
    if (!this.begun) yield* this.begin(now);
    else if (changed) for (const event of this.arrived()) held = yield* this.tell(this.found(event, now), now, held);
  }

  private *begin(now: number): Iterable<News> {
    const { store, selection, limit, whole, fromStart = false } = this.options;
    this.begun = true;
    const newest = this.newest();
    const all = fromStart || limit === 0;
    const past = all ? this.arrived() : store.select({ ...selection, limit, order: "oldest" }, { bodies: whole });
    let held = false;
    for (const event of past) {
      this.seen = Math.max(this.seen, event.seq);
      held = yield* this.tell(this.found(event, fromStart ? now : Number.NEGATIVE_INFINITY), now, held);
    }
    this.seen = Math.max(this.seen, newest);
  }

  private found(event: HookEvent, since: number): Watched {
    return { event, since, fits: this.fits(event.seq) };
  }

  /** Events that were committed since. Numbers are given in the order of commits: below the newest none is missing. */
  private *arrived(): Iterable<HookEvent> {
    const newest = this.newest();
    if (newest <= this.seen) return;
    const names = [{ kind: "range", from: this.seen + 1, to: newest }] as const;
    this.seen = newest;
    yield* this.options.store.select({ ...this.lasting, names }, { bodies: this.options.whole });
  }

  private newest(): number {
    return first(this.options.store.select({ names: [], limit: 1 }))?.seq ?? 0;
  }

  /** Tells what there is to tell of an event. True when it, or one before it, is held back. */
  private *tell(watched: Watched, now: number, held: boolean): Generator<News, boolean> {
    const { event, fits, told } = watched;
    const waits = held || (!this.options.whole && !isAnswered(event) && now - watched.since < HOLD_MS);
    if (fits && told === undefined && !waits) {
      yield { kind: "event", event, toldAttempts: 0 };
      watched.told = toldOf(event);
    } else if (fits && told !== undefined && isUpdate(event, told)) {
      yield { kind: "update", event: this.whole(event), toldAttempts: told.attempts };
      watched.told = toldOf(event);
    }
    const isOver = isAnswered(event) && event.state !== "pending";
    if (isOver && (watched.told !== undefined || !fits)) this.watched.delete(event.seq);
    else this.watch(watched);
    return held || (fits && watched.told === undefined);
  }

  private watch(watched: Watched): void {
    this.watched.set(watched.event.seq, watched);
    if (this.watched.size <= MOST_WATCHED) return;
    for (const [seq, { told, fits }] of this.watched) {
      if (told !== undefined || !fits) return void this.watched.delete(seq);
    }
  }

  private reloadSome(): void {
    let left = RELOADED_AT_ONCE;
    for (const seq of this.stale) {
      if (left === 0) return;
      this.stale.delete(seq);
      const watched = this.watched.get(seq);
      if (watched === undefined) continue;
      left -= 1;
      this.reload(watched);
    }
  }

  private reload(watched: Watched): void {
    const { seq } = watched.event;
    const event = first(this.options.store.select(named(seq)));
    if (event === undefined) this.watched.delete(seq);
    else Object.assign(watched, { event, fits: this.fits(seq) });
  }

  /** The event with its bodies, when those are wanted: while it is watched it goes without them. */
  private whole(event: HookEvent): HookEvent {
    if (!this.options.whole) return event;
    return first(this.options.store.select(named(event.seq), { bodies: true })) ?? event;
  }

  private fits(seq: number): boolean {
    if (!this.decidedByAnswer) return true;
    return first(this.options.store.select({ ...this.options.selection, ...named(seq) })) !== undefined;
  }
}

function named(seq: number): Selection {
  return { names: [{ kind: "seq", seq }] };
}

function first<Value>(values: Iterable<Value>): Value | undefined {
  for (const value of values) return value;
  return undefined;
}

function toldOf(event: HookEvent): NonNullable<Watched["told"]> {
  return { attempts: endedAttempts(event), state: event.state };
}

/** Whether its last attempt has ended, or there is nothing to wait for. */
function isAnswered({ attempts, state }: HookEvent): boolean {
  const last = attempts.at(-1);
  return last === undefined ? state !== "pending" : last.durationMs !== null;
}

function isUpdate(event: HookEvent, told: NonNullable<Watched["told"]>): boolean {
  return isAnswered(event) && (endedAttempts(event) > told.attempts || event.state !== told.state);
}

function endedAttempts({ attempts }: HookEvent): number {
  return attempts.filter(({ durationMs }) => durationMs !== null).length;
}
