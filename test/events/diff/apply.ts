import type { BinaryChange } from "../../../src/events/diff/binary.js";
import type { JsonChange } from "../../../src/events/diff/json.js";
import { pathSteps } from "../../../src/events/diff/json-path.js";
import type { Entry, ListChange, Pairs } from "../../../src/events/diff/list.js";
import type { TextChange } from "../../../src/events/diff/text.js";
import { decodeString, fromByteText, parseJson, toByteText, type JsonNode } from "../../../src/events/json-tree.js";

/** A JSON value whose scalars keep their spelling, but for strings. */
export type Model = { raw: string } | { items: Model[] } | { members: Map<string, Model> };

/** A JSON text as a model. */
export function modelOf(json: string): Model {
  const text = toByteText(Buffer.from(json));
  const build = (node: JsonNode): Model => {
    if (node.kind === "array") return { items: node.members.map(({ value }) => build(value)) };
    if (node.kind === "object") {
      return {
        members: new Map(
          node.members.map(({ keyStart, keyEnd, value }) => [decodeString(text, keyStart, keyEnd), build(value)]),
        ),
      };
    }
    if (node.kind === "string") return { raw: JSON.stringify(decodeString(text, node.start, node.end)) };
    return { raw: fromByteText(text.slice(node.start, node.end)) };
  };
  return build(parseJson(text));
}

/** A model as JSON; `sorted`: members by name, so that equal values are equal texts. */
export function textOf(model: Model, sorted: boolean): string {
  if ("raw" in model) return model.raw;
  if ("items" in model) return `[${model.items.map((item) => textOf(item, sorted)).join(",")}]`;
  const members = [...model.members];
  if (sorted) members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${textOf(value, sorted)}`).join(",")}}`;
}

/** Applies the changes one after another as RFC 6902 has it; checks that what goes is what is said to go. */
export function applyJson(json: string, changes: readonly JsonChange[]): string {
  let root = modelOf(json);
  for (const change of changes) {
    const steps = pathSteps(change.path);
    const last = steps.pop();
    const before = "before" in change ? change.before : undefined;
    const after = "after" in change ? modelOf(change.after) : undefined;
    if (last === undefined) {
      check(root, before);
      root = after ?? root;
      continue;
    }
    let parent = root;
    for (const step of steps) parent = childOf(parent, step);
    if (before !== undefined) check(childOf(parent, last), before);
    if ("items" in parent) {
      const index = Number(last);
      if (change.op === "add" && index > parent.items.length) throw new Error("an index beyond the end");
      parent.items.splice(index, change.op === "add" ? 0 : 1, ...(after === undefined ? [] : [after]));
    } else if ("members" in parent) {
      if (after === undefined) parent.members.delete(String(last));
      else parent.members.set(String(last), after);
    }
  }
  return textOf(root, true);
}

function childOf(parent: Model, step: string | number): Model {
  const child =
    "items" in parent ? parent.items[Number(step)] : "members" in parent ? parent.members.get(String(step)) : undefined;
  if (child === undefined) throw new Error(`nothing at ${step}`);
  return child;
}

function check(model: Model, before: string | undefined): void {
  if (before === undefined || textOf(model, true) !== textOf(modelOf(before), true))
    throw new Error("what goes is not what was");
}

export function applyText(before: string, changes: readonly TextChange[]): string {
  const lines = before.split(/(?<=\n)/).filter((line) => line !== "");
  for (const change of changes.toReversed()) {
    const gone = lines.splice(change.line, change.before.length, ...change.after);
    if (gone.join("") !== change.before.join("")) throw new Error("what goes is not what was");
  }
  return lines.join("");
}

export function applyBytes(before: Uint8Array, change: BinaryChange | undefined): Buffer {
  if (change === undefined) return Buffer.from(before);
  const rest = before.subarray(change.offset + change.before.length);
  return Buffer.concat([before.subarray(0, change.offset), change.after, rest]);
}

/** Entries with a place of their own are put there; the others keep their order in what is left. */
export function applyList(before: Pairs, changes: readonly ListChange[]): Pairs {
  const gone = new Set(changes.flatMap((change) => (change.kind === "added" ? [] : [change.before.index])));
  const put: Entry[] = changes.flatMap((change) => (change.kind === "removed" ? [] : [change.after]));
  const kept = before.filter((_pair, index) => !gone.has(index));
  const result = [...kept];
  for (const { index, name, value } of put.toSorted((a, b) => a.index - b.index))
    result.splice(index, 0, [name, value]);
  return result;
}
