import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventSource, EventState } from "../events/event.js";
import type { Selection } from "../events/selector.js";
import type { Store } from "./store.js";

/** What a project keeps when nothing else is said. */
export const DEFAULT_KEEP = 10_000;
export const DEFAULT_KEEP_FOR_MS = 30 * 24 * 3_600_000;

/** Never removed are those that may still be delivered, and those that never were. */
const PRUNABLE: readonly EventState[] = ["refused", "stored", "delivered", "failed"];
const CAPTURED: readonly EventSource[] = ["tunnel", "local", "send", "replay"];

/** Numbers of events looked at in one read, and events counted, between two turns of the loop: some milliseconds. */
const SPAN = 10_000;
const COUNTED_AT_ONCE = 1_000;

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
 * The numbers of the events that a retention does not keep, oldest first, in pieces that a project of any size is read in
 * beside other work; never those that are pending or dead.
 */
export async function* prunable(store: Store, pruning: Pruning): AsyncIterable<readonly number[]> {
  const { project, now, keepForMs } = pruning;
  const counted: Selection = { project, names: [], ...(pruning.sparesImports === true ? { sources: CAPTURED } : {}) };
  const candidates: Selection = { ...counted, states: PRUNABLE, order: "oldest" };
  const [oldest] = store.seqs({ ...candidates, names: [] });
  if (oldest === undefined) return;
  const kept = await oldestKept(store, counted, pruning.keep);
  yield* inSpans(store, candidates, { from: oldest, to: kept - 1 });
  if (keepForMs === 0) return;
  const [newest = 0] = store.seqs(counted);
  yield* inSpans(store, { ...candidates, until: now - keepForMs - 1 }, { from: Math.max(oldest, kept), to: newest });
}

/** Deletes what a retention does not keep, until it is done or `isStopped`; resolves to how many events went. */
export async function prune(store: Store, pruning: Pruning, isStopped: () => boolean = () => false): Promise<number> {
  let removed = 0;
  for await (const seqs of prunable(store, pruning)) {
    for (let at = 0; at < seqs.length && !isStopped(); at += COUNTED_AT_ONCE) {
      // Judged again in the writer's transaction: an event may have become pending since it was read.
      removed += await store.remove(seqs.slice(at, at + COUNTED_AT_ONCE), { spareUndelivered: true });
    }
    if (isStopped()) break;
  }
  return removed;
}

/** The number of the oldest of the newest `keep` events; 0 when there are not so many, or all are kept. */
async function oldestKept(store: Store, counted: Selection, keep: number): Promise<number> {
  if (keep === 0) return 0;
  let count = 0;
  for (const seq of store.seqs({ ...counted, order: "newest" })) {
    count += 1;
    if (count === keep) return seq;
    if (count % COUNTED_AT_ONCE === 0) await nextTurn();
  }
  return 0;
}

/** The events of a selection in a range of numbers, span by span. */
async function* inSpans(
  store: Store,
  selection: Selection,
  { from, to }: { from: number; to: number },
): AsyncIterable<readonly number[]> {
  for (let start = from; start <= to; start += SPAN) {
    const range = { kind: "range", from: start, to: Math.min(to, start + SPAN - 1) } as const;
    const found = [...store.seqs({ ...selection, names: [range] })];
    if (found.length > 0) yield found;
    await nextTurn();
  }
}
