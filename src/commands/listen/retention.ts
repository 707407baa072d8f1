import type { Context } from "../../context.js";
import type { Output } from "../../output/output.js";
import type { prune as pruneProject, Retention } from "../../store/retention.js";
import type { Store } from "../../store/store.js";

/** The first look comes when listen is up, so that it delays nothing, milliseconds. */
const FIRST_AFTER_MS = 1_000;
/** How often it is looked at most, and the part of the time that it may take. */
const PAUSE_MS = 5_000;
const SHARE = 1 / 50;
/** A run that the computer held up rests no longer: what comes meanwhile makes the next one longer still. */
const LONGEST_PAUSE_MS = 60_000;

/** Removes in the background what the retention does not keep. */
export interface Pruner {
  /** Begins nothing any more, and resolves when what goes on has ended. */
  end(): Promise<void>;
}

/**
 * Applies a retention to the captured events of a project now and then, in slices between captures. What was imported
 * was old when it came, and stays. A store in trouble is told of once.
 */
export function startPruning(parts: {
  readonly store: Store;
  readonly project: string;
  readonly retention: Retention;
  readonly context: Pick<Context, "now" | "monotonic" | "sleep">;
  readonly output: Pick<Output, "warn">;
}): Pruner {
  const { store, project, retention, context, output } = parts;
  const ending = new AbortController();
  let told = false;
  const run = async (prune: typeof pruneProject) => {
    try {
      const pruning = { ...retention, project, now: context.now(), sparesImports: true };
      await prune(store, pruning, () => ending.signal.aborted);
    } catch (error) {
      if (!told) output.warn(`old events cannot be removed: ${error instanceof Error ? error.message : String(error)}`);
      told = true;
    }
  };
  const runAgainAndAgain = async () => {
    await context.sleep(FIRST_AFTER_MS, ending.signal);
    const { prune } = await import("../../store/retention.js");
    while (!ending.signal.aborted) {
      const began = context.monotonic();
      await run(prune);
      const fairMs = (context.monotonic() - began) / SHARE;
      await context.sleep(Math.min(Math.max(PAUSE_MS, fairMs), LONGEST_PAUSE_MS), ending.signal);
    }
  };
  const ended = retention.keep === 0 && retention.keepForMs === 0 ? undefined : runAgainAndAgain().catch(() => {});
  return {
    async end() {
      ending.abort();
      await ended;
    },
  };
}
