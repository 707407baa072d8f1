/** An attempt under way, looked at from time to time. */
export interface Watched {
  /** Where it stands in the watch; -1: not there. Kept by {@link Watch}. */
  slot: number;
  /** `nowMs`: of the clock that never goes back. */
  tick(nowMs: number): void;
}

/**
 * One timer for all attempts under way: a timer for each would cost more than the attempt. A list with slots, because a
 * Set that much is added to and deleted from keeps what it held alive until the next full garbage collection.
 */
export class Watch {
  readonly #watched: Watched[] = [];
  readonly #everyMs: number;
  readonly #monotonic: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number, monotonic: () => number) {
    this.#everyMs = everyMs;
    this.#monotonic = monotonic;
  }

  add(watched: Watched): void {
    if (watched.slot !== -1) return;
    watched.slot = this.#watched.push(watched) - 1;
    this.#timer ??= setInterval(() => this.#look(), this.#everyMs);
  }

  delete(watched: Watched): void {
    const { slot } = watched;
    if (slot === -1) return;
    watched.slot = -1;
    const last = this.#watched.pop();
    if (last === undefined || last === watched) return;
    this.#watched[slot] = last;
    last.slot = slot;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    if (this.#watched.length === 0) return this.close();
    const now = this.#monotonic();
    // A copy: what has taken too long leaves the list.
    for (const watched of this.#watched.slice()) watched.tick(now);
  }
}
