import { isBulk, weightOf, type Numbered, type Operation } from "./operations.js";

/** Writes in one transaction at most: it must not hold the lock over 50 ms. */
const MAX_BATCH_EVENTS = 512;
const MAX_BATCH_BYTES = 8 * 2 ** 20;
/** The same for a slice of bulk work, which besides stops by the clock: captures of other processes wait for it. */
const MAX_SLICE_BYTES = 2 * 2 ** 20;

/**
 * How long the file is left to others between two slices of bulk work: several looks of one who waits for it, and as long
 * as the slice took, so that the disk is theirs for half of the time.
 */
const SHORTEST_REST_MS = 5;
/** Bulk work comes to its turn after this long, however many other writes there are. */
const LONGEST_REST_MS = 200;

/** What is committed together. */
export interface Batch {
  readonly writes: readonly Numbered[];
  readonly isBulk: boolean;
}

/** What waits for its commit: the writes of each moment first, in order, and bulk work where they leave room. */
export class WriteQueues {
  private readonly prompt: Numbered[] = [];
  private readonly bulk: Numbered[] = [];
  private bulkBeganAt = 0;
  private bulkRestsUntil = 0;
  private bulkWaitsSince = 0;

  get isEmpty(): boolean {
    return this.prompt.length === 0 && this.bulk.length === 0;
  }

  add(writes: readonly Numbered[]): void {
    if (this.bulk.length === 0) this.bulkWaitsSince = performance.now();
    for (const write of writes) (isBulk(write.operation) ? this.bulk : this.prompt).push(write);
  }

  /** How long nothing is to be done, milliseconds. */
  restMs(): number {
    if (this.prompt.length > 0 || this.bulk.length === 0) return 0;
    return Math.max(0, this.bulkRestsUntil - performance.now());
  }

  /** What is to be committed now; it stays here until it is {@link done}. */
  next(): Batch | undefined {
    if (this.isBulkDue()) {
      this.bulkBeganAt = performance.now();
      return { writes: head(this.bulk, MAX_SLICE_BYTES), isBulk: true };
    }
    return this.prompt.length > 0 ? { writes: head(this.prompt, MAX_BATCH_BYTES), isBulk: false } : undefined;
  }

  /** The first `count` writes of a batch have their outcome. */
  done(batch: Batch, count: number): void {
    (batch.isBulk ? this.bulk : this.prompt).splice(0, count);
    if (!batch.isBulk) return;
    const now = performance.now();
    const tookMs = now - this.bulkBeganAt;
    this.bulkWaitsSince = now;
    this.bulkRestsUntil = now + Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, tookMs));
  }

  private isBulkDue(): boolean {
    if (this.bulk.length === 0) return false;
    if (this.prompt.length > 0) return performance.now() >= this.bulkWaitsSince + LONGEST_REST_MS;
    return this.restMs() === 0;
  }
}

/** What gives room back goes without foreign keys: see {@link commitBatch}. */
function isAlone({ kind }: Operation): boolean {
  return kind === "shrink";
}

function head(waiting: readonly Numbered[], maxBytes: number): Numbered[] {
  let bytes = 0;
  const isFirstAlone = waiting[0] !== undefined && isAlone(waiting[0].operation);
  const cut = waiting.findIndex(({ operation }, index) => {
    bytes += weightOf(operation);
    return index > 0 && (index >= MAX_BATCH_EVENTS || bytes > maxBytes || isAlone(operation) || isFirstAlone);
  });
  return waiting.slice(0, cut === -1 ? waiting.length : cut);
}
