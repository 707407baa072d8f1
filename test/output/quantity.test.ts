import { describe, expect, it } from "vitest";
import { counted, grouped } from "../../src/output/quantity.js";

describe("a count for people", () => {
  it.each([
    [0, "0 events"],
    [1, "1 event"],
    [2, "2 events"],
    [999, "999 events"],
    [1_000, "1,000 events"],
    [1_234_567, "1,234,567 events"],
  ])("of %d is %s", (count, text) => {
    expect(counted(count, "event")).toBe(text);
  });

  it("has its thousands apart, whatever the language", () => {
    expect([0, 12, 123_456].map(grouped)).toEqual(["0", "12", "123,456"]);
  });
});
