/** Refused requests stored at once, and further ones per second; what is beyond is counted only. */
const BURST = 100;
const PER_SECOND = 20;

/** Keeps a flood of refused requests from filling the store: a token bucket. */
export class FloodGuard {
  /** Refused requests that were not stored. */
  counted = 0;
  private tokens = BURST;
  private refilledAt: number;
  private readonly now: () => number;

  /** `now`: a clock that never goes back, milliseconds. */
  constructor(now: () => number) {
    this.now = now;
    this.refilledAt = now();
  }

  /** True when this one may be stored; otherwise it is counted. */
  admit(): boolean {
    const at = this.now();
    this.tokens = Math.min(BURST, this.tokens + ((at - this.refilledAt) / 1000) * PER_SECOND);
    this.refilledAt = at;
    if (this.tokens < 1) {
      this.counted += 1;
      return false;
    }
    this.tokens -= 1;
    return true;
  }
}
