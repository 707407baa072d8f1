/** An attempt under way, looked at from time to time. */
export interface Watched {
  /** `nowMs`: of the clock that never goes back. */
  tick(nowMs: number): void;
}

/** One timer for all attempts under way: a timer for each would cost more than the attempt. */
export class Watch {
  readonly #watched = new Set<Watched>();
  readonly #everyMs: number;
  readonly #monotonic: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number, monotonic: () => number) {
    this.#everyMs = everyMs;
    this.#monotonic = monotonic;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => this.#look(), this.#everyMs);
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watched.clear();
  }

  #look(): void {
    if (this.#watched.size === 0) return this.close();
    const now = this.#monotonic();
    for (const watched of this.#watched) watched.tick(now);
  }
}
