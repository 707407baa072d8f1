import { diffArrays } from "diff";

/** Steps that all searches without a landmark may take together: some tenths of a second. */
const SEARCH_BUDGET = 400_000;
/** Edits that one such search may find before it gives up. */
const MOST_EDITS = 1_000;
/** How often a stretch is parted by landmarks inside of it. */
const DEEPEST = 24;

/** A stretch of both sequences, still to be aligned. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly afterFrom: number;
  readonly afterTo: number;
  readonly depth: number;
}

/**
 * For each item of `before` the index of the same item in `after` that it stays, in rising order; -1 for those that are
 * gone. What occurs once on both sides is a landmark; between landmarks the longest common subsequence is looked for while
 * that is cheap. The time is near linear, whatever the sequences.
 */
export function align(before: readonly number[], after: readonly number[]): Int32Array {
  const kept = new Int32Array(before.length).fill(-1);
  const waiting: Stretch[] = [{ from: 0, to: before.length, afterFrom: 0, afterTo: after.length, depth: 0 }];
  let budget = SEARCH_BUDGET;
  for (let stretch = waiting.pop(); stretch !== undefined; stretch = waiting.pop()) {
    const rest = trim(stretch, { before, after, kept });
    if (rest.from === rest.to || rest.afterFrom === rest.afterTo) continue;
    const landmarks = rest.depth < DEEPEST ? commonLandmarks(rest, before, after) : [];
    if (landmarks.length === 0) budget -= search(rest, { before, after, kept, budget });
    else for (const part of between(rest, landmarks)) waiting.push(part);
    for (const [index, place] of landmarks) kept[index] = place;
  }
  return kept;
}

interface Sequences {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly kept: Int32Array;
}

/** Aligns what both sides begin and end with. */
function trim(stretch: Stretch, { before, after, kept }: Sequences): Stretch {
  let { from, to, afterFrom, afterTo } = stretch;
  while (from < to && afterFrom < afterTo && before[from] === after[afterFrom]) kept[from++] = afterFrom++;
  while (from < to && afterFrom < afterTo && before[to - 1] === after[afterTo - 1]) kept[--to] = --afterTo;
  return { from, to, afterFrom, afterTo, depth: stretch.depth };
}

type Pair = readonly [before: number, after: number];

/** Items that occur once on both sides: as many of them as stand in the same order. */
function commonLandmarks(stretch: Stretch, before: readonly number[], after: readonly number[]): Pair[] {
  const places = onlyPlaces(before, stretch.from, stretch.to);
  const others = onlyPlaces(after, stretch.afterFrom, stretch.afterTo);
  const pairs: Pair[] = [];
  for (const [item, index] of places) {
    const place = others.get(item);
    if (index !== -1 && place !== undefined && place !== -1) pairs.push([index, place]);
  }
  return longestRising(pairs.toSorted((a, b) => a[0] - b[0]));
}

/** Where each item stands; -1 for one that stands at several places. */
function onlyPlaces(items: readonly number[], from: number, to: number): Map<number, number> {
  const places = new Map<number, number>();
  for (let index = from; index < to; index += 1) {
    const item = items[index] ?? -1;
    places.set(item, places.has(item) ? -1 : index);
  }
  return places;
}

/** The longest run of pairs, rising on the first side already, that rises on the second side too (patience sorting). */
export function longestRising(pairs: readonly Pair[]): Pair[] {
  const tails: number[] = [];
  const previous = new Int32Array(pairs.length).fill(-1);
  for (const [index, [, place]] of pairs.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] ?? 0]?.[1] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    previous[index] = tails[low - 1] ?? -1;
    tails[low] = index;
  }
  const run: Pair[] = [];
  for (let index = tails.at(-1) ?? -1; index !== -1; index = previous[index] ?? -1) {
    const pair = pairs[index];
    if (pair !== undefined) run.push(pair);
  }
  return run.toReversed();
}

function* between(stretch: Stretch, landmarks: readonly Pair[]): Iterable<Stretch> {
  let { from, afterFrom } = stretch;
  const depth = stretch.depth + 1;
  for (const [to, afterTo] of [...landmarks, [stretch.to, stretch.afterTo] as const]) {
    if (from < to && afterFrom < afterTo) yield { from, to, afterFrom, afterTo, depth };
    from = to + 1;
    afterFrom = afterTo + 1;
  }
}

/** The longest common subsequence of a stretch, where the budget reaches; gives what it may have cost. */
function search(stretch: Stretch, { before, after, kept, budget }: Sequences & { readonly budget: number }): number {
  const old = before.slice(stretch.from, stretch.to);
  const now = after.slice(stretch.afterFrom, stretch.afterTo);
  const maxEditLength = Math.min(MOST_EDITS, Math.floor(budget / (old.length + now.length)));
  if (maxEditLength < 1) return 0;
  const found = diffArrays(old, now, { maxEditLength });
  let { from, afterFrom } = stretch;
  for (const { count, added, removed } of found ?? []) {
    for (let step = 0; step < count && !added && !removed; step += 1) kept[from + step] = afterFrom + step;
    if (!added) from += count;
    if (!removed) afterFrom += count;
  }
  return (old.length + now.length) * maxEditLength;
}
