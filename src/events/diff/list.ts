import { align, longestRising } from "./align.js";

/** One entry of a list of names with values, such as a header or a query parameter. */
export interface Entry {
  readonly index: number;
  readonly name: string;
  /** `null`: a parameter without `=`. */
  readonly value: string | null;
}

/**
 * One step from a list to another. `changed`: another value; `respelled`: the name's case alone; `moved`: the same, but
 * elsewhere. `hidden`: the values differ, and both are shown as `***`.
 */
export type ListChange =
  | { readonly kind: "removed"; readonly before: Entry }
  | { readonly kind: "added"; readonly after: Entry }
  | {
      readonly kind: "changed" | "respelled" | "moved";
      readonly before: Entry;
      readonly after: Entry;
      readonly hidden: boolean;
    };

export type Pairs = readonly (readonly [name: string, value: string | null])[];

/** A list as it is compared, and as it may be shown: the same entries, values perhaps masked. */
export interface ShownList {
  readonly real: Pairs;
  readonly shown: Pairs;
}

/**
 * The steps from `before` to `after`, in the order of `after`, what was removed first. Entries of one name belong
 * together, repeats in their order; `keyOf` tells which names are one.
 */
export function diffLists(before: ShownList, after: ShownList, keyOf: (name: string) => string): ListChange[] {
  const pairs = pairByName(before.real, after.real, keyOf);
  const inPlace = new Set(longestRising(pairs).map(([index]) => index));
  const paired = new Set(pairs.map(([index]) => index));
  const placed = new Map(pairs.map(([index, place]) => [place, index]));
  const removed: ListChange[] = before.real.flatMap((_pair, index) =>
    paired.has(index) ? [] : [{ kind: "removed", before: entry(before.shown, index) }],
  );
  const rest = after.real.flatMap((_pair, place): ListChange[] => {
    const index = placed.get(place);
    if (index === undefined) return [{ kind: "added", after: entry(after.shown, place) }];
    const kind = difference(before.real[index], after.real[place]) ?? (inPlace.has(index) ? undefined : "moved");
    if (kind === undefined) return [];
    const [was, is] = [entry(before.shown, index), entry(after.shown, place)];
    return [{ kind, before: was, after: is, hidden: kind === "changed" && was.value === is.value }];
  });
  return [...removed, ...rest];
}

type Pair = Pairs[number] | undefined;

function difference(before: Pair, after: Pair): "changed" | "respelled" | undefined {
  if (before?.[1] !== after?.[1]) return "changed";
  return before?.[0] === after?.[0] ? undefined : "respelled";
}

function entry(pairs: Pairs, index: number): Entry {
  const [name, value] = pairs[index] ?? ["", null];
  return { index, name, value };
}

/** Index before and index after of the entries that belong together, by index before. */
function pairByName(before: Pairs, after: Pairs, keyOf: (name: string) => string): (readonly [number, number])[] {
  const now = placesByName(after, keyOf);
  const pairs: (readonly [number, number])[] = [];
  for (const [key, places] of placesByName(before, keyOf)) {
    for (const pair of pairRepeats(places, now.get(key) ?? [], { before, after })) pairs.push(pair);
  }
  return pairs.toSorted((a, b) => a[0] - b[0]);
}

function placesByName(pairs: Pairs, keyOf: (name: string) => string): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, [name]] of pairs.entries()) {
    const key = keyOf(name);
    const list = places.get(key);
    if (list === undefined) places.set(key, [index]);
    else list.push(index);
  }
  return places;
}

/** Equal values first; what lies between in the order in which it stands. */
function pairRepeats(
  old: readonly number[],
  now: readonly number[],
  { before, after }: { readonly before: Pairs; readonly after: Pairs },
): (readonly [number, number])[] {
  const numbers = new Map<string | null, number>();
  const numberOf = (value: string | null) => numbers.get(value) ?? numbers.set(value, numbers.size).size - 1;
  const kept = align(
    old.map((index) => numberOf(before[index]?.[1] ?? null)),
    now.map((index) => numberOf(after[index]?.[1] ?? null)),
  );
  const pairs: (readonly [number, number])[] = [];
  let [from, afterFrom] = [0, 0];
  for (let to = 0; to <= old.length; to += 1) {
    const afterTo = to === old.length ? now.length : (kept[to] ?? -1);
    if (afterTo === -1) continue;
    for (let step = 0; from + step < to && afterFrom + step < afterTo; step += 1) add(from + step, afterFrom + step);
    if (to < old.length) add(to, afterTo);
    from = to + 1;
    afterFrom = afterTo + 1;
  }
  return pairs;

  function add(index: number, place: number): void {
    const [was, is] = [old[index], now[place]];
    if (was !== undefined && is !== undefined) pairs.push([was, is]);
  }
}
