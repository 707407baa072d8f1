import { fromByteText, type JsonMember, type JsonNode } from "../json-tree.js";
import { pairArrays } from "./json-arrays.js";
import { childPath, type JsonPath } from "./json-path.js";
import { JsonValues, nameOf } from "./json-values.js";

/**
 * One step from a JSON value to another. In their order the steps are a JSON Patch (RFC 6902): what an array loses comes
 * from its end to its beginning with the indices of then, what it gains from its beginning with the indices of now.
 * `before` and `after` are JSON texts as they were written. A value that only moved is removed and added, and says so.
 */
export type JsonChange =
  | { readonly op: "remove"; readonly path: JsonPath; readonly before: string; readonly movedTo?: JsonPath }
  | { readonly op: "add"; readonly path: JsonPath; readonly after: string; readonly movedFrom?: JsonPath }
  | { readonly op: "replace"; readonly path: JsonPath; readonly before: string; readonly after: string };

/** A JSON text (byte text) with its tree. */
export interface JsonText {
  readonly text: string;
  readonly root: JsonNode;
}

/** Characters that the paths of all changes may take: beyond that the values have nothing in common worth telling. */
const MOST_PATH_CHARACTERS = 32 * 2 ** 20;

/** The steps from `before` to `after`; none when the values are equal, however they are written. Not recursive. */
export function diffJson(before: JsonText, after: JsonText): JsonChange[] {
  const values = new JsonValues();
  if (values.add(before.text, before.root) === values.add(after.text, after.root)) return [];
  const comparison = new Comparison(before.text, after.text, values);
  const root = { before: before.root, after: after.root, path: undefined };
  return comparison.run(root) ?? [comparison.replacement(root)];
}

/** Two unequal values at one place. */
interface Task {
  readonly before: JsonNode;
  readonly after: JsonNode;
  readonly path: JsonPath;
}

class Comparison {
  private readonly changes: JsonChange[] = [];
  private readonly old: string;
  private readonly now: string;
  private readonly values: JsonValues;
  private pathCharacters = 0;

  constructor(old: string, now: string, values: JsonValues) {
    this.old = old;
    this.now = now;
    this.values = values;
  }

  /** `undefined`: there would be too many. */
  run(root: Task): JsonChange[] | undefined {
    const waiting = [root];
    for (let task = waiting.pop(); task !== undefined; task = waiting.pop()) {
      const kind = task.before.kind === task.after.kind ? task.before.kind : "other";
      const inner = kind === "object" ? this.objects(task) : kind === "array" ? this.arrays(task) : undefined;
      if (inner === undefined) this.push(this.replacement(task));
      else for (const next of inner.toReversed()) waiting.push(next);
      if (this.pathCharacters > MOST_PATH_CHARACTERS) return undefined;
    }
    return this.changes;
  }

  replacement({ path, before, after }: Task): JsonChange {
    return { op: "replace", path, before: textOf(this.old, before), after: textOf(this.now, after) };
  }

  /** What an object lost and gained; the members to compare. `undefined`: a name occurs twice. */
  private objects({ before, after, path }: Task): Task[] | undefined {
    const was = membersByName(this.old, before);
    const is = membersByName(this.now, after);
    if (was.size < before.members.length || is.size < after.members.length) return undefined;
    const inner: Task[] = [];
    for (const [name, member] of was) {
      const place = childPath(path, name);
      const other = is.get(name);
      if (other === undefined) this.push({ op: "remove", path: place, before: textOf(this.old, member.value) });
      else if (!this.same(member.value, other.value))
        inner.push({ before: member.value, after: other.value, path: place });
    }
    for (const [name, { value }] of is) {
      if (!was.has(name)) this.push({ op: "add", path: childPath(path, name), after: textOf(this.now, value) });
    }
    return inner;
  }

  private arrays({ before, after, path }: Task): Task[] {
    const old = before.members.map(({ value }) => value);
    const now = after.members.map(({ value }) => value);
    const { gone, come, changed } = pairArrays(
      { nodes: old, text: this.old },
      { nodes: now, text: this.now },
      this.values,
    );
    for (const { index, moved } of gone.toReversed()) {
      const change = { op: "remove", path: childPath(path, index), before: textOf(this.old, old[index]) } as const;
      this.push(moved === undefined ? change : { ...change, movedTo: childPath(path, moved) });
    }
    for (const { index, moved } of come) {
      const change = { op: "add", path: childPath(path, index), after: textOf(this.now, now[index]) } as const;
      this.push(moved === undefined ? change : { ...change, movedFrom: childPath(path, moved) });
    }
    return changed.flatMap(([from, to]) => {
      const [was, is] = [old[from], now[to]];
      if (was === undefined || is === undefined) return [];
      return [{ before: was, after: is, path: childPath(path, to) }];
    });
  }

  private same(a: JsonNode, b: JsonNode): boolean {
    return this.values.idOf(a) === this.values.idOf(b);
  }

  private push(change: JsonChange): void {
    this.changes.push(change);
    this.pathCharacters += change.path?.length ?? 0;
  }
}

function membersByName(text: string, node: JsonNode): Map<string, JsonMember> {
  return new Map(node.members.map((member) => [nameOf(text, member.keyStart, member.keyEnd), member]));
}

function textOf(text: string, node: JsonNode | undefined): string {
  return node === undefined ? "" : fromByteText(text.slice(node.start, node.end));
}
