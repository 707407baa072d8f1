import type { ListenerEvent } from "./event.js";
import type { EventPredicate } from "./match.js";

/** How waiting for an event ended. */
export type Waited =
  | { readonly kind: "event"; readonly event: ListenerEvent }
  | { readonly kind: "closed" | "cleared" | "timeout" | "aborted" }
  /** The predicate threw. */
  | { readonly kind: "failed"; readonly error: unknown };

/** What limits a wait. */
export interface WaitLimits {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter {
  readonly fits: EventPredicate;
  readonly end: (how: Waited) => void;
}

/** Kept from before a test suite may put false timers in their place. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** The events that arrived, and those who wait for one. Each event is handed over once, in the order of arrival. */
export class Journal {
  #events: ListenerEvent[] = [];
  #taken = new Set<ListenerEvent>();
  readonly #waiters = new Set<Waiter>();
  #closed = false;

  /** A snapshot. */
  get events(): readonly ListenerEvent[] {
    return [...this.#events];
  }

  isTaken(event: ListenerEvent): boolean {
    return this.#taken.has(event);
  }

  add(event: ListenerEvent): void {
    this.#events.push(event);
    for (const waiter of this.#waiters) {
      const how = judge(event, waiter.fits);
      if (how === undefined) continue;
      waiter.end(how);
      if (how.kind === "failed") continue;
      this.#taken.add(event);
      return;
    }
  }

  /** The oldest event that fits and was not handed over, else the next one that comes. Never rejects. */
  async next(fits: EventPredicate, { timeoutMs, signal }: WaitLimits = {}): Promise<Waited> {
    const found = this.#find(fits);
    if (found !== undefined) return found;
    if (this.#closed) return { kind: "closed" };
    if (signal?.aborted === true) return { kind: "aborted" };
    return new Promise((resolve) => {
      const end = (how: Waited) => {
        this.#waiters.delete(waiter);
        stopTimer(timer);
        signal?.removeEventListener("abort", abort);
        resolve(how);
      };
      const abort = () => end({ kind: "aborted" });
      const waiter: Waiter = { fits, end };
      const timer = timeoutMs === undefined ? undefined : startTimer(() => end({ kind: "timeout" }), timeoutMs);
      signal?.addEventListener("abort", abort);
      this.#waiters.add(waiter);
    });
  }

  /** Forgets all events; who waits is told. */
  clear(): void {
    this.#events = [];
    this.#taken = new Set();
    this.#endAll("cleared");
  }

  /** Nothing more will come. What is there can still be taken. */
  close(): void {
    this.#closed = true;
    this.#endAll("closed");
  }

  #find(fits: EventPredicate): Waited | undefined {
    for (const event of this.#events) {
      if (this.#taken.has(event)) continue;
      const how = judge(event, fits);
      if (how?.kind === "event") this.#taken.add(event);
      if (how !== undefined) return how;
    }
    return undefined;
  }

  #endAll(kind: "closed" | "cleared"): void {
    for (const { end } of this.#waiters) end({ kind });
  }
}

/** `undefined`: it does not fit. */
function judge(event: ListenerEvent, fits: EventPredicate): Waited | undefined {
  try {
    return fits(event) ? { kind: "event", event } : undefined;
  } catch (error) {
    return { kind: "failed", error };
  }
}
