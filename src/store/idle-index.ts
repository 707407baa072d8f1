import { begin } from "./begin.js";
import type { Database } from "./driver.js";
import { isIndexBehind, SearchBuilder } from "./search-build.js";

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

/** Builds the index of `--grep` in the thread of the writer, in slices between its writes. */
export class IdleIndex {
  private readonly db: Database;
  private builder: SearchBuilder | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writtenAt = performance.now();
  private stopped = false;

  constructor(db: Database) {
    this.db = db;
    this.schedule(BUSY_PAUSE_MS);
  }

  /** Something was written, so that there may be something to index. */
  written(): void {
    this.writtenAt = performance.now();
    if (this.timer === undefined) this.schedule(BUSY_PAUSE_MS);
  }

  /** No slice begins any more. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(pauseMs: number): void {
    if (!this.stopped) this.timer = setTimeout(() => this.slice(), pauseMs);
  }

  private slice(): void {
    this.timer = undefined;
    try {
      if (!this.work()) return;
      const isQuiet = performance.now() - this.writtenAt >= QUIET_MS;
      this.schedule(isQuiet ? QUIET_PAUSE_MS : BUSY_PAUSE_MS);
    } catch {
      // A search reads what is not indexed; whatever hinders the index hinders the captures too, and they tell of it.
      this.schedule(FAILURE_PAUSE_MS);
    }
  }

  /** True while there is more to do. The memory of a builder is kept no longer than its work. */
  private work(): boolean {
    if (this.builder === undefined && !isIndexBehind(this.db)) return false;
    this.builder ??= new SearchBuilder(this.db, () => begin(this.db, PATIENCE));
    if (this.builder.work(SLICE_MS) === "more") return true;
    this.builder = undefined;
    return false;
  }
}
