import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { FileNames, safeFileName } from "../../src/events/export-name.js";
import { isFixtureName } from "../../src/fixtures/names.js";

describe("a word from the network as a file's name", () => {
  it.each([
    ["invoice.paid", "invoice.paid"],
    ["orders/create", "orders-create"],
    ["../../etc/passwd", "etc-passwd"],
    ["..", "fallback"],
    ["", "fallback"],
    ["\u202e", "fallback"],
    [".hidden", "hidden"],
    ["a..b.", "a.b"],
    ["con", "event-con"],
    ["NUL.json", "event-NUL.json"],
  ])("%j becomes %j", (word, name) => {
    expect(safeFileName(word, "fallback")).toBe(name);
  });

  it("is always a name that a fixture may have", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[./\\a-z0-9-]*$/)), (word) => {
        expect(isFixtureName(safeFileName(word, "fallback"))).toBe(true);
      }),
    );
  });
});

describe("names of several files", () => {
  it("are different also where upper and lower case are one", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "A", "a-2", "A-2", "b"), { maxLength: 30 }), (bases) => {
        const names = new FileNames();

        const given = bases.map((base) => names.next(base, ".json").toLowerCase());

        expect(new Set(given).size).toBe(bases.length);
      }),
    );
  });

  it("are found quickly for many of one name", () => {
    const names = new FileNames();

    expect(Array.from({ length: 20_000 }, () => names.next("a", ".json")).at(-1)).toBe("a-20000.json");
  });
});
