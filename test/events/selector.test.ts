import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { CliError } from "../../src/errors.js";
import { describeEventName, parseEventName, parseSelectors, selectsAll } from "../../src/events/selector.js";

const where = { project: "/home/dev/shop", now: 1_000_000 };
const hintOf = (text: string): string => {
  try {
    parseEventName(text);
    return "";
  } catch (error) {
    return error instanceof CliError ? `${error.exitCode}: ${error.message} / ${error.hint ?? ""}` : String(error);
  }
};

describe("an event's name", () => {
  it.each([
    ["12", { kind: "seq", seq: 12 }],
    ["last", { kind: "last", back: 0 }],
    ["last~2", { kind: "last", back: 2 }],
    ["3..7", { kind: "range", from: 3, to: 7 }],
    ["7..7", { kind: "range", from: 7, to: 7 }],
    ["evt_01jq", { kind: "id", prefix: "evt_01jq" }],
    ["evt_01jq8zk6c0000000000000000a", { kind: "id", prefix: "evt_01jq8zk6c0000000000000000a" }],
  ])("%s is understood, and written back as it was", (text, name) => {
    expect(parseEventName(text)).toEqual(name);
    expect(describeEventName(parseEventName(text))).toBe(text);
  });

  it.each([
    ["evt_01j", "2: not an event: evt_01j / give at least 8 characters of an id"],
    ["7..3", "2: the range 7..3 ends before it begins / write 3..7"],
    ["0", "2: not an event: 0 / name an event by 12, evt_..., last, last~2 or 3..7; hookcli events list shows them"],
  ])("%s is refused with what to write instead", (text, expected) => {
    expect(hintOf(text)).toBe(expected);
  });

  it.each([
    "",
    "-1",
    "1.5",
    "last~",
    "last~-1",
    "LAST",
    "3..",
    "..7",
    "12 ",
    "evt_01JQ",
    "evt_../../etc",
    "evt_01jq8%",
  ])("is never %j", (text) => {
    expect(hintOf(text)).toMatch(/^2: not an event: /);
  });

  it("is refused with a CliError or understood, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const outcome = hintOf(text);
        expect(outcome === "" || outcome.startsWith("2: ")).toBe(true);
      }),
    );
  });
});

describe("a selection", () => {
  it("sees the project alone, unless told otherwise", () => {
    expect(parseSelectors([], {}, where)).toEqual({ project: "/home/dev/shop", names: [] });
    expect(parseSelectors([], { allProjects: true }, where)).toEqual({ names: [] });
  });

  it("takes every filter, and times from now", () => {
    const selection = parseSelectors(
      ["last", "3..7"],
      {
        type: ["invoice.*"],
        provider: ["stripe"],
        status: ["5xx"],
        state: ["dead"],
        signature: ["invalid"],
        source: ["tunnel"],
        since: { agoMs: 400_000 },
        until: { at: 900_000 },
        grep: "cus_1",
        limit: 5,
      },
      where,
    );

    expect(selection).toEqual({
      project: "/home/dev/shop",
      names: [
        { kind: "last", back: 0 },
        { kind: "range", from: 3, to: 7 },
      ],
      types: ["invoice.*"],
      providers: ["stripe"],
      statuses: ["5xx"],
      states: ["dead"],
      signatures: ["invalid"],
      sources: ["tunnel"],
      since: 600_000,
      until: 900_000,
      grep: "cus_1",
      limit: 5,
    });
  });

  it("tells whether it means everything", () => {
    expect(selectsAll(parseSelectors([], { limit: 3 }, where))).toBe(true);
    expect(selectsAll(parseSelectors(["last"], {}, where))).toBe(false);
    expect(selectsAll(parseSelectors([], { grep: "abc" }, where))).toBe(false);
  });
});
