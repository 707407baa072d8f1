import { describe, expect, it } from "vitest";
import { wrapText } from "../../src/output/wrap.js";

describe("wrapText", () => {
  it("breaks between words, as late as they fit", () => {
    expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapText("one two three", 13)).toEqual(["one two three"]);
  });

  it("gives a word that is too long a line of its own, whole", () => {
    expect(wrapText("see https://example.com/ there", 8)).toEqual(["see", "https://example.com/", "there"]);
  });

  it("counts columns, not characters", () => {
    expect(wrapText("日本 語 x", 5)).toEqual(["日本", "語 x"]);
  });

  it("leaves an empty text an empty line", () => {
    expect(wrapText("", 10)).toEqual([""]);
  });
});
