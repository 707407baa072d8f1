import { byCodeUnits } from "../form.js";

interface Ordered {
  readonly tokens: readonly string[];
  readonly about: string;
}

/** Deeper JSON is not ordered. */
const MAX_DEPTH = 200;
/** With more fields than this not all orders are tried: 720. */
const MAX_FIELDS = 6;

type Order = (one: Member, other: Member) => number;

const ORDERS: readonly (readonly [order: Order, isDeep: boolean, about: string])[] = [
  [byKey, true, "keys sorted"],
  [byKey, false, "the outer keys sorted"],
  [byLength, true, "keys in the order of PostgreSQL's jsonb"],
  [byLowerCase, true, "keys sorted, upper and lower case alike"],
];

/** The tokens with their keys sorted in common ways; none for tokens that are no JSON. */
export function* sortedOrders(tokens: readonly string[]): Generator<Ordered> {
  const root = new TreeReader(tokens).read();
  if (root === undefined) return;
  for (const [order, isDeep, about] of ORDERS) yield* changed(tokens, flatten(sorted(root, order, isDeep)), about);
}

/** That keys stand in order by chance: once in so many bodies, or less. */
const MIN_ORDERS = 120;

/** Whether all objects have their keys in order, and so many that this is no chance. */
export function areKeysSorted(tokens: readonly string[]): boolean {
  const root = new TreeReader(tokens).read();
  if (root === undefined) return false;
  const shapes = new Map(objectsIn(root).map(({ members }) => [members.map(({ key }) => key).join(), members]));
  let orders = 1;
  for (const members of shapes.values()) {
    for (const [index, member] of members.entries()) {
      const before = members[index - 1];
      if (before !== undefined && byKey(before, member) > 0) return false;
      orders *= index + 1;
    }
  }
  return orders >= MIN_ORDERS;
}

/** Inner objects that are ordered anew. */
const MAX_OBJECTS = 8;
const NUMBERS_FIRST = "keys that are numbers, which JavaScript moves to the front, in another order";

/** The tokens of an object with few keys, those in every other order; then the same of the objects in it, one at a time. */
export function* allOrders(tokens: readonly string[]): Generator<Ordered> {
  const root = new TreeReader(tokens).read();
  if (root === undefined) return;
  yield* changed(tokens, flatten(withNumbersLast(root)), NUMBERS_FIRST);
  if (root.kind === "object") yield* ordersOf(tokens, root, root);
  const inner = objectsIn(root).filter((object) => object !== root && object.members.length > 1);
  const moved = inner.filter(hasNumbersFirst);
  const others = inner.filter((object) => !moved.includes(object));
  for (const object of [...moved, ...others].slice(0, MAX_OBJECTS)) yield* ordersOf(tokens, root, object);
}

function* ordersOf(tokens: readonly string[], root: Tree, object: ObjectTree): Generator<Ordered> {
  if (object.members.length > MAX_FIELDS) return;
  const which = object === root ? "the outer keys" : "the keys of an inner object";
  const about = hasNumbersFirst(object) ? NUMBERS_FIRST : `${which} in another order`;
  for (const members of permutations(object.members)) {
    yield* changed(tokens, flatten(replaced(root, object, { ...object, members })), about);
  }
}

/** A key that is an array's index stands before all others, whatever its place was. */
const INDEX = /^"(?:0|[1-9]\d{0,9})"$/;

function hasNumbersFirst({ members }: ObjectTree): boolean {
  const [first] = members;
  return first !== undefined && INDEX.test(first.key) && members.length > 1;
}

function withNumbersLast(tree: Tree): Tree {
  if (tree.kind === "value") return tree;
  if (tree.kind === "array") return { ...tree, items: tree.items.map(withNumbersLast) };
  const members = tree.members.map(({ key, value }) => ({ key, value: withNumbersLast(value) }));
  const isIndex = ({ key }: Member) => INDEX.test(key);
  return { ...tree, members: [...members.filter((one) => !isIndex(one)), ...members.filter(isIndex)] };
}

function objectsIn(tree: Tree, found: ObjectTree[] = []): readonly ObjectTree[] {
  if (tree.kind === "object") {
    found.push(tree);
    for (const { value } of tree.members) objectsIn(value, found);
  } else if (tree.kind === "array") for (const item of tree.items) objectsIn(item, found);
  return found;
}

function replaced(tree: Tree, one: ObjectTree, other: ObjectTree): Tree {
  if (tree === one) return other;
  if (tree.kind === "array") return { ...tree, items: tree.items.map((item) => replaced(item, one, other)) };
  if (tree.kind === "value") return tree;
  return {
    ...tree,
    members: tree.members.map(({ key, value }) => ({ key, value: replaced(value, one, other) })),
  };
}

function* changed(tokens: readonly string[], ordered: readonly string[], about: string): Generator<Ordered> {
  if (ordered.some((token, index) => token !== tokens[index])) yield { tokens: ordered, about };
}

interface Member {
  readonly key: string;
  readonly value: Tree;
}

interface ObjectTree {
  readonly kind: "object";
  readonly members: readonly Member[];
}

type Tree =
  | { readonly kind: "value"; readonly token: string }
  | { readonly kind: "array"; readonly items: readonly Tree[] }
  | ObjectTree;

/** Reads tokens as a tree; whatever is no JSON, or too deep, is none. */
class TreeReader {
  private readonly tokens: readonly string[];
  private at = 0;

  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
  }

  read(): Tree | undefined {
    const tree = this.value(0);
    return this.at === this.tokens.length ? tree : undefined;
  }

  private value(depth: number): Tree | undefined {
    const token = this.tokens[this.at] ?? ",";
    if (depth > MAX_DEPTH || "]},:".includes(token)) return undefined;
    this.at += 1;
    if (token === "[") return this.array(depth);
    return token === "{" ? this.object(depth) : { kind: "value", token };
  }

  private array(depth: number): Tree | undefined {
    const items: Tree[] = [];
    if (this.skip("]")) return { kind: "array", items };
    do {
      const item = this.value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    } while (this.skip(","));
    return this.skip("]") ? { kind: "array", items } : undefined;
  }

  private object(depth: number): Tree | undefined {
    const members: Member[] = [];
    if (this.skip("}")) return { kind: "object", members };
    do {
      const key = this.tokens[this.at] ?? "";
      this.at += 1;
      const value = key.startsWith('"') && this.skip(":") ? this.value(depth + 1) : undefined;
      if (value === undefined) return undefined;
      members.push({ key, value });
    } while (this.skip(","));
    return this.skip("}") ? { kind: "object", members } : undefined;
  }

  private skip(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at += 1;
    return true;
  }
}

function sorted(tree: Tree, order: Order, isDeep: boolean): Tree {
  if (tree.kind === "value") return tree;
  if (tree.kind === "array")
    return isDeep ? { ...tree, items: tree.items.map((item) => sorted(item, order, isDeep)) } : tree;
  const members = isDeep
    ? tree.members.map(({ key, value }) => ({ key, value: sorted(value, order, isDeep) }))
    : tree.members;
  return { ...tree, members: members.toSorted(order) };
}

function flatten(tree: Tree, tokens: string[] = []): string[] {
  if (tree.kind === "value") tokens.push(tree.token);
  else if (tree.kind === "array") {
    tokens.push("[");
    for (const [index, item] of tree.items.entries()) {
      if (index > 0) tokens.push(",");
      flatten(item, tokens);
    }
    tokens.push("]");
  } else {
    tokens.push("{");
    for (const [index, { key, value }] of tree.members.entries()) {
      if (index > 0) tokens.push(",");
      tokens.push(key, ":");
      flatten(value, tokens);
    }
    tokens.push("}");
  }
  return tokens;
}

function textOf(key: string): string {
  if (!key.includes("\\")) return key.slice(1, -1);
  try {
    return String(JSON.parse(key));
  } catch {
    return key;
  }
}

function byKey(one: Member, other: Member): number {
  return byCodeUnits(textOf(one.key), textOf(other.key));
}

function byLength(one: Member, other: Member): number {
  const [a, b] = [Buffer.from(textOf(one.key)), Buffer.from(textOf(other.key))];
  return a.length - b.length || a.compare(b);
}

function byLowerCase(one: Member, other: Member): number {
  return byCodeUnits(textOf(one.key).toLowerCase(), textOf(other.key).toLowerCase());
}

/** All orders of items. */
export function* permutations<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length < 2) {
    yield items;
    return;
  }
  for (const [index, item] of items.entries()) {
    const rest = [...items.slice(0, index), ...items.slice(index + 1)];
    for (const others of permutations(rest)) yield [item, ...others];
  }
}
