import type { JsonNode } from "../json-tree.js";
import { align } from "./align.js";
import { nameOf, type JsonValues } from "./json-values.js";

/** An element that one side alone has; `moved`: where the equal one is on the other side. */
interface Loose {
  readonly index: number;
  readonly moved?: number;
}

/** How the elements of two arrays belong together: those named nowhere here are kept. */
export interface ArrayPairing {
  /** In rising order, as `come` is. */
  readonly gone: readonly Loose[];
  readonly come: readonly Loose[];
  /** Elements that became others: index before, index after, both rising. */
  readonly changed: readonly (readonly [number, number])[];
}

interface Elements {
  readonly text: string;
  readonly nodes: readonly JsonNode[];
}

/**
 * Pairs the elements of two arrays by content: equal ones first; of what lies between, those that have the same `id`, and
 * then those at the same place that are alike.
 */
export function pairArrays(before: Elements, after: Elements, values: JsonValues): ArrayPairing {
  const kept = align(
    before.nodes.map((node) => values.idOf(node)),
    after.nodes.map((node) => values.idOf(node)),
  );
  const changed: (readonly [number, number])[] = [];
  for (const gap of gaps(kept, after.nodes.length)) {
    for (const pair of pairGap(gap, { before, after, values })) changed.push(pair);
  }
  const old = new Set(changed.map(([index]) => index));
  const now = new Set([...kept, ...changed.map(([, index]) => index)]);
  const gone = before.nodes.flatMap((node, index) => (kept[index] === -1 && !old.has(index) ? [{ index, node }] : []));
  const come = after.nodes.flatMap((node, index) => (now.has(index) ? [] : [{ index, node }]));
  return { ...withMoves(gone, come, values), changed };
}

/** Elements between two that are kept, on both sides. */
interface Gap {
  readonly from: number;
  readonly to: number;
  readonly afterFrom: number;
  readonly afterTo: number;
}

function* gaps(kept: Int32Array, afterLength: number): Iterable<Gap> {
  let from = 0;
  let afterFrom = 0;
  for (let index = 0; index <= kept.length; index += 1) {
    const place = index === kept.length ? afterLength : (kept[index] ?? -1);
    if (place === -1) continue;
    if (from < index && afterFrom < place) yield { from, to: index, afterFrom, afterTo: place };
    from = index + 1;
    afterFrom = place + 1;
  }
}

interface Sides {
  readonly before: Elements;
  readonly after: Elements;
  readonly values: JsonValues;
}

function pairGap(gap: Gap, sides: Sides): (readonly [number, number])[] {
  const { before, after, values } = sides;
  const old = before.nodes.slice(gap.from, gap.to).map((node) => identity(before.text, node, values));
  const now = after.nodes.slice(gap.afterFrom, gap.afterTo).map((node) => identity(after.text, node, values));
  const pairs: (readonly [number, number])[] = [];
  let [from, afterFrom] = [gap.from, gap.afterFrom];
  const named = alignIdentities(old, now).map(([index, place]) => [gap.from + index, gap.afterFrom + place] as const);
  for (const [to, afterTo] of [...named, [gap.to, gap.afterTo] as const]) {
    for (let step = 0; from + step < to && afterFrom + step < afterTo; step += 1) {
      if (alike(from + step, afterFrom + step, sides)) pairs.push([from + step, afterFrom + step]);
    }
    if (to < gap.to) pairs.push([to, afterTo]);
    from = to + 1;
    afterFrom = afterTo + 1;
  }
  return pairs;
}

/** The number of an object's `id`. */
function identity(text: string, node: JsonNode, values: JsonValues): number | undefined {
  if (node.kind !== "object") return undefined;
  const member = node.members.find(({ keyStart, keyEnd }) => nameOf(text, keyStart, keyEnd) === "id");
  return member === undefined ? undefined : values.idOf(member.value);
}

/** Elements without an `id` are not the same as one another: each side writes them with a number that the other has not. */
function alignIdentities(old: readonly (number | undefined)[], now: readonly (number | undefined)[]) {
  if (old.every((id) => id === undefined) || now.every((id) => id === undefined)) return [];
  const kept = align(
    old.map((id) => id ?? -1),
    now.map((id) => id ?? -2),
  );
  return [...kept].flatMap((place, index) => (place === -1 ? [] : [[index, place] as const]));
}

/** Scalars may become one another; containers only those of their kind, and objects only with half of their names. */
function alike(from: number, to: number, { before, after, values }: Sides): boolean {
  const [old, now] = [before.nodes[from], after.nodes[to]];
  if (old === undefined || now === undefined) return false;
  if (old.kind === "array" || now.kind === "array") return old.kind === now.kind;
  if (old.kind !== "object" && now.kind !== "object") return true;
  if (old.kind !== now.kind) return false;
  const [id, other] = [identity(before.text, old, values), identity(after.text, now, values)];
  if (id !== other && id !== undefined && other !== undefined && old.members.length > 2) return false;
  const names = new Set(old.members.map(({ keyStart, keyEnd }) => nameOf(before.text, keyStart, keyEnd)));
  const common = now.members.filter(({ keyStart, keyEnd }) => names.has(nameOf(after.text, keyStart, keyEnd))).length;
  return common * 2 >= Math.max(old.members.length, now.members.length);
}

interface LooseNode {
  readonly index: number;
  readonly node: JsonNode;
}

/** Finds out which of those that went came back elsewhere. */
function withMoves(gone: readonly LooseNode[], come: readonly LooseNode[], values: JsonValues) {
  const places = new Map<number, number[]>();
  for (const { index, node } of come.toReversed()) {
    const id = values.idOf(node);
    const list = places.get(id);
    if (list === undefined) places.set(id, [index]);
    else list.push(index);
  }
  const movedFrom = new Map<number, number>();
  const left = gone.map(({ index, node }) => {
    const moved = places.get(values.idOf(node))?.pop();
    if (moved === undefined) return { index };
    movedFrom.set(moved, index);
    return { index, moved };
  });
  const arrived = come.map(({ index }) => {
    const moved = movedFrom.get(index);
    return moved === undefined ? { index } : { index, moved };
  });
  return { gone: left, come: arrived };
}
