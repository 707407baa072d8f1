/** How often what waits for the sender is looked at. */
export const SWEEP_MS = 1_000;

/** Something that may wait too long. `tick` is called about once a second while it waits. */
export interface Waiting {
  tick(): void;
}

/** One timer for all that waits for senders: a timer for each request would cost more than the request. */
export class Sweep {
  readonly #waiting = new Set<Waiting>();
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number = SWEEP_MS) {
    this.#everyMs = everyMs;
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    this.#timer ??= setInterval(() => this.#sweep(), this.#everyMs).unref();
  }

  delete(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  /** Stops the timer. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #sweep(): void {
    if (this.#waiting.size === 0) this.close();
    for (const waiting of this.#waiting) waiting.tick();
  }
}
