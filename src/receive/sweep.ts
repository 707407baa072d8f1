/** How often what waits for the sender is looked at. */
const SWEEP_MS = 1_000;

/** Something that may wait too long. `tick` is called about once a second while it waits. */
export interface Waiting {
  /** Where it stands in the sweep; -1: not there. Kept by {@link Sweep}. */
  slot: number;
  tick(): void;
}

/**
 * One timer for all that waits for senders: a timer for each request would cost more than the request. A list with slots,
 * because a Set that much is added to and deleted from keeps what it held alive until the next full garbage collection.
 */
export class Sweep {
  readonly #waiting: Waiting[] = [];
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number = SWEEP_MS) {
    this.#everyMs = everyMs;
  }

  add(waiting: Waiting): void {
    if (waiting.slot !== -1) return;
    waiting.slot = this.#waiting.push(waiting) - 1;
    this.#timer ??= setInterval(() => this.#sweep(), this.#everyMs).unref();
  }

  delete(waiting: Waiting): void {
    const { slot } = waiting;
    if (slot === -1) return;
    waiting.slot = -1;
    const last = this.#waiting.pop();
    if (last === undefined || last === waiting) return;
    this.#waiting[slot] = last;
    last.slot = slot;
  }

  /** Stops the timer. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    if (this.#waiting.length === 0) this.close();
    // A copy: what has waited too long leaves the list.
    for (const waiting of this.#waiting.slice()) waiting.tick();
  }
}
