import { begin } from "./begin.js";
import type { Database } from "./driver.js";
import { isIndexBehind, SearchBuilder } from "./search-build.js";
import { Sweep, withoutForeignKeys } from "./sweep.js";

/** How long one slice reads events; the captures that come meanwhile wait for it. */
const SLICE_MS = 5;
/** How long the lock is waited for before the writes of this process go first. */
const PATIENCE = { busyTimeoutMs: 20, pollMs: 2 };
/** The pause between two slices: while nothing else is written, while something is (2 % of the time), and after a failure. */
const QUIET_PAUSE_MS = 2;
const BUSY_PAUSE_MS = 250;
const FAILURE_PAUSE_MS = 5_000;
/** Nothing was written for so long: the thread is idle. */
const QUIET_MS = 250;
/** A sweep waits for quiet, but where there is none it begins after this long. */
const LONGEST_WAIT_MS = 60_000;
/** The pause between two sweeps: each goes through all there is. */
const SWEEP_PAUSE_MS = 60_000;

/**
 * What is done in the thread of the writer in slices between its writes: the index of `--grep` is built, and what events
 * that were removed have left behind is swept away.
 */
export class IdleWork {
  private readonly db: Database;
  private readonly sweep: Sweep;
  private builder: SearchBuilder | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writtenAt = performance.now();
  /** Since when there has been something to sweep that no sweep has begun for. */
  private sweepDueSince: number | undefined;
  private isSweeping = false;
  private sweptAt = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(db: Database) {
    this.db = db;
    this.sweep = new Sweep(db);
    this.schedule(BUSY_PAUSE_MS);
  }

  /** Something was written, so that there may be something to index, or removed. */
  written(removed: boolean): void {
    this.writtenAt = performance.now();
    if (removed) this.sweepDueSince ??= this.writtenAt;
    if (this.timer === undefined) this.schedule(BUSY_PAUSE_MS);
  }

  /** No slice begins any more. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private get isQuiet(): boolean {
    return performance.now() - this.writtenAt >= QUIET_MS;
  }

  private schedule(pauseMs: number): void {
    if (!this.stopped) this.timer = setTimeout(() => this.slice(), pauseMs);
  }

  private slice(): void {
    this.timer = undefined;
    try {
      if (this.index()) return this.schedule(this.isQuiet ? QUIET_PAUSE_MS : BUSY_PAUSE_MS);
      if (!this.isSweeping && this.sweepDueSince === undefined) return;
      if (this.maySweep()) this.sweepOn();
      this.schedule(this.isSweeping && this.isQuiet ? QUIET_PAUSE_MS : BUSY_PAUSE_MS);
    } catch {
      // A search reads what is not indexed; whatever hinders this work hinders the captures too, and they tell of it.
      this.schedule(FAILURE_PAUSE_MS);
    }
  }

  /** True while there is more to index. The memory of a builder is kept no longer than its work. */
  private index(): boolean {
    if (this.builder === undefined && !isIndexBehind(this.db)) return false;
    this.builder ??= new SearchBuilder(this.db, () => begin(this.db, PATIENCE));
    if (this.builder.work(SLICE_MS) === "more") return true;
    this.builder = undefined;
    return false;
  }

  private maySweep(): boolean {
    if (this.isSweeping) return true;
    const now = performance.now();
    const isLate = now - (this.sweepDueSince ?? now) >= LONGEST_WAIT_MS;
    return now - this.sweptAt >= SWEEP_PAUSE_MS && (this.isQuiet || isLate);
  }

  private sweepOn(): void {
    if (!this.isSweeping) this.sweepDueSince = undefined;
    this.isSweeping = true;
    const end = performance.now() + SLICE_MS;
    do this.isSweeping = !this.sweep.step((remove) => this.transact(remove));
    while (this.isSweeping && performance.now() < end);
    if (!this.isSweeping) this.sweptAt = performance.now();
  }

  private transact(remove: () => void): void {
    withoutForeignKeys(this.db, () => {
      begin(this.db, PATIENCE);
      remove();
      this.db.exec("COMMIT");
    });
  }
}
