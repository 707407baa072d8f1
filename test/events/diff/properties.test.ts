import { fc } from "../../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { diffBytes } from "../../../src/events/diff/binary.js";
import { diffJson } from "../../../src/events/diff/json.js";
import { diffLists, type Pairs } from "../../../src/events/diff/list.js";
import { diffText } from "../../../src/events/diff/text.js";
import { parseJson, toByteText } from "../../../src/events/json-tree.js";
import { applyBytes, applyJson, applyList, applyText, modelOf, textOf, type Model } from "./apply.js";

const names = fc.constantFrom("a", "b", "id", "x.y", "/", "~", "", "__proto__", "é", '"');
const scalars = fc.oneof(
  fc.constantFrom("1", "1.0", "1e0", "-0", "0", "12345678901234567890", "12345678901234567891", "true", "null", '""'),
  fc.string({ unit: "grapheme", maxLength: 4 }).map((text) => JSON.stringify(text)),
);
const { value: models } = fc.letrec<{ value: Model }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalars.map((raw) => ({ raw })),
    fc.array(tie("value"), { maxLength: 8 }).map((items) => ({ items })),
    fc.array(fc.tuple(names, tie("value")), { maxLength: 5 }).map((members) => ({ members: new Map(members) })),
  ),
}));

/** A value and one made of it by changing, adding, removing and moving what it holds. */
const pairs = fc
  .tuple(models, fc.infiniteStream(fc.tuple(fc.nat(9), fc.nat(30), models)))
  .map(([model, stream]): [string, string] => [textOf(model, false), textOf(changed(model, stream), false)]);

function changed(model: Model, choices: Iterator<[number, number, Model]>): Model {
  const [choice, where, other] = choices.next().value as [number, number, Model];
  if (choice === 0) return other;
  if ("raw" in model) return model;
  if ("items" in model) {
    const items = model.items.map((item) => changed(item, choices));
    if (choice === 1) items.splice(where % (items.length + 1), 0, other);
    if (choice === 2) items.splice(where % (items.length + 1), 1);
    if (choice === 3) items.push(...items.splice(0, 1));
    if (choice === 4) items.reverse();
    return { items };
  }
  const members = [...model.members].map(([name, value]): [string, Model] => [name, changed(value, choices)]);
  if (choice === 1) members.push(["new", other]);
  if (choice === 2) members.splice(where % (members.length + 1), 1);
  return { members: new Map(members) };
}

function jsonChanges(before: string, after: string) {
  const read = (json: string) => {
    const text = toByteText(Buffer.from(json));
    return { text, root: parseJson(text) };
  };
  return diffJson(read(before), read(after));
}

const RUNS = { numRuns: 1_000 };

describe("applying a diff to the one side makes the other", () => {
  it("of JSON values that have something in common", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        expect(applyJson(before, jsonChanges(before, after))).toBe(textOf(modelOf(after), true));
      }),
      RUNS,
    );
  });

  it("of any two JSON values", () => {
    fc.assert(
      fc.property(models, models, (one, other) => {
        const [before, after] = [textOf(one, false), textOf(other, false)];

        expect(applyJson(before, jsonChanges(before, after))).toBe(textOf(modelOf(after), true));
      }),
      RUNS,
    );
  });

  it("of arrays of few different elements, which repeat and move", () => {
    const arrays = fc.array(fc.constantFrom("1", "2", "3", '{"id":1}', '{"id":1,"b":2}', "[1]"), { maxLength: 20 });
    fc.assert(
      fc.property(arrays, arrays, (one, other) => {
        const [before, after] = [`[${one.join()}]`, `[${other.join()}]`];

        expect(applyJson(before, jsonChanges(before, after))).toBe(textOf(modelOf(after), true));
      }),
      RUNS,
    );
  });

  it("of texts", () => {
    const texts = fc.array(fc.constantFrom("a", "b", "c", "\n", "\n", "\r\n", "é"), { maxLength: 30 });
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        expect(applyText(one.join(""), diffText(one.join(""), other.join("")))).toBe(other.join(""));
      }),
      RUNS,
    );
  });

  it("of bytes", () => {
    const bytes = fc.array(fc.constantFrom(0, 1, 255), { maxLength: 12 }).map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(bytes, bytes, (before, after) => {
        expect(applyBytes(before, diffBytes(before, after))).toEqual(Buffer.from(after));
      }),
      RUNS,
    );
  });

  it("of lists of headers, whose order, case and repeats count", () => {
    const lists = fc.array(fc.tuple(fc.constantFrom("a", "A", "b", "c"), fc.constantFrom("1", "2", "3")), {
      maxLength: 10,
    });
    const shown = (real: Pairs) => ({ real, shown: real });
    fc.assert(
      fc.property(lists, lists, (before, after) => {
        const changes = diffLists(shown(before), shown(after), (name) => name.toLowerCase());

        expect(applyList(before, changes)).toEqual(after);
      }),
      RUNS,
    );
  });
});

describe("a diff of something with itself", () => {
  it("is empty", () => {
    fc.assert(
      fc.property(models, fc.string(), fc.uint8Array(), (model, text, bytes) => {
        const json = textOf(model, false);

        expect(jsonChanges(json, json)).toEqual([]);
        expect(diffText(text, text)).toEqual([]);
        expect(diffBytes(bytes, bytes.slice())).toBeUndefined();
      }),
    );
  });
});
