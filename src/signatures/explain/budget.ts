/** How far an explanation goes. */
export interface BudgetOptions {
  /** At most so many hypotheses; 20,000 when neither is given. */
  readonly candidates?: number;
  /** At most so many milliseconds, by `clock`; one second when neither is given. */
  readonly ms?: number;
}

const DEFAULT_CANDIDATES = 20_000;
/** A second, less what comes before and after the search. */
const DEFAULT_MS = 900;
/** Without a clock bytes stand for time: what is hashed and rewritten in about a second. */
const MAX_BYTES = 384 * 2 ** 20;
/** What a hypothesis costs beside its body. */
const BYTES_EACH = 512;

/** Counts what a search has done, and says when it is to end. */
export class Budget {
  private readonly candidates: number;
  private readonly deadline: number;
  private readonly clock: () => number;
  private readonly maxBytes: number;
  private count = 0;
  private bytes = 0;
  private isLate = false;

  constructor(options: BudgetOptions = {}, clock?: () => number) {
    const isDefault = options.candidates === undefined && options.ms === undefined;
    const ms = options.ms ?? (isDefault ? DEFAULT_MS : Infinity);
    this.candidates = options.candidates ?? (isDefault ? DEFAULT_CANDIDATES : Infinity);
    this.clock = clock ?? (() => 0);
    this.deadline = this.clock() + ms;
    this.maxBytes =
      clock === undefined ? MAX_BYTES * (Number.isFinite(ms) ? Math.max(1, ms / DEFAULT_MS) : 1) : Infinity;
  }

  /** How many hypotheses were tried. */
  get tried(): number {
    return this.count;
  }

  /** Takes `count` hypotheses over `bytes` bytes each from what is left. */
  spend(bytes: number, count = 1): void {
    this.count += count;
    this.bytes += (bytes + BYTES_EACH) * count;
    // A body that takes long is looked at the clock for every time.
    if (this.count % 16 === 0 || bytes > 4_096) this.isLate ||= this.clock() >= this.deadline;
  }

  get isSpent(): boolean {
    return this.isLate || this.count >= this.candidates || this.bytes >= this.maxBytes;
  }
}
