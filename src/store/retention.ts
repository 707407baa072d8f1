import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventHead, Store } from "./store.js";

/** What a project keeps when nothing else is said. */
export const DEFAULT_KEEP = 10_000;
export const DEFAULT_KEEP_FOR_MS = 30 * 24 * 3_600_000;

/** Events looked at in one read, between two turns of the loop. */
const PAGE = 1_000;

/** How much of a project is kept. */
export interface Retention {
  /** The newest so many events; 0: any number. */
  readonly keep: number;
  /** Events not older than this; 0: of any age. */
  readonly keepForMs: number;
}

/** A retention, where and when it is applied. */
export interface Pruning extends Retention {
  readonly project: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Leaves imported events alone, and does not count them. */
  readonly sparesImports?: boolean;
}

/**
 * The events that a retention does not keep, oldest first, in pages that a project of any size is read in beside other
 * work; never those that are pending or dead.
 */
export async function* prunable(store: Store, pruning: Pruning): AsyncIterable<readonly EventHead[]> {
  const counts = ({ source }: EventHead) => pruning.sparesImports !== true || source !== "import";
  const kept = await oldestKept(store, pruning, counts);
  const horizon = pruning.keepForMs === 0 ? -Infinity : pruning.now - pruning.keepForMs;
  const isPrunable = (head: EventHead) =>
    counts(head) && head.state !== "pending" && head.state !== "dead" && (head.seq < kept || head.receivedAt < horizon);
  let last = 0;
  for (;;) {
    const page = store.heads(pruning.project, { above: last }, PAGE);
    const found = page.filter(isPrunable);
    if (found.length > 0) yield found;
    else await nextTurn();
    last = page.at(-1)?.seq ?? last;
    if (page.length < PAGE || (last >= kept && pruning.keepForMs === 0)) return;
  }
}

/** Deletes what a retention does not keep, until it is done or `isStopped`; resolves to how many events went. */
export async function prune(store: Store, pruning: Pruning, isStopped: () => boolean = () => false): Promise<number> {
  let removed = 0;
  for await (const page of prunable(store, pruning)) {
    if (isStopped()) break;
    // In the writer's own transaction: an event may have become pending since it was read.
    removed += await store.remove(
      page.map(({ seq }) => seq),
      { spareUndelivered: true },
    );
  }
  return removed;
}

/** The number of the oldest of the newest `keep` events; 0 when there are not so many, or all are kept. */
async function oldestKept(
  store: Store,
  { project, keep }: Pruning,
  counts: (head: EventHead) => boolean,
): Promise<number> {
  if (keep === 0) return 0;
  let left = keep;
  let below = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = store.heads(project, { below }, PAGE);
    for (const head of page) {
      if (counts(head)) left -= 1;
      if (left === 0) return head.seq;
    }
    if (page.length < PAGE) return 0;
    below = page.at(-1)?.seq ?? 0;
    await nextTurn();
  }
}
