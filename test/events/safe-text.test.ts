import { fc } from "../helpers/properties.js";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { safeBlock, safeJson, safeText } from "../../src/events/safe-text.js";
import { dataPath, hasData } from "../helpers/data.js";

const DANGEROUS =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/u;

describe("safe text", () => {
  it("shows an escape sequence instead of sending it", () => {
    expect(safeText("a\u001b]0;title\u0007b")).toBe("a\\x1b]0;title\\x07b");
  });

  it("shows newline, tab and carriage return as letters in a line", () => {
    expect(safeText("a\nb\tc\rd")).toBe("a\\nb\\tc\\rd");
  });

  it("keeps newline and tab in a block, and nothing else", () => {
    expect(safeBlock("a\n\tb\r\n\u009b2J")).toBe("a\n\tb\\r\n\\x9b2J");
  });

  it("names bidirectional controls, tag characters and lone surrogates by code point", () => {
    expect(safeText("\u202ex\u{e0041}\ud800")).toBe("\\u{202e}x\\u{e0041}\\u{d800}");
  });

  it("leaves ordinary text of any script alone", () => {
    expect(safeText("héllo 你好 👋 עברית")).toBe("héllo 你好 👋 עברית");
  });

  it("lets nothing dangerous through, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(safeText(text)).not.toMatch(DANGEROUS);
        expect(safeBlock(text).replaceAll("\t", "")).not.toMatch(DANGEROUS);
      }),
      { numRuns: 2000 },
    );
  });

  it("writes JSON that parses to the same value and holds nothing dangerous", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = safeJson({ [text]: text });

        expect(json).not.toMatch(DANGEROUS);
        expect(JSON.parse(json)).toEqual({ [text]: text });
      }),
      { numRuns: 2000 },
    );
  });
});

describe.skipIf(!hasData)("safe text over the terminal corpus (skipped without the corpora)", () => {
  const entries = hasData
    ? (JSON.parse(readFileSync(dataPath("hostile/terminal.json"), "utf8")) as { name: string; utf16_b64: string }[])
    : [];

  it.each(entries)("$name does not reach the terminal", ({ utf16_b64 }) => {
    const text = Buffer.from(utf16_b64, "base64").toString("utf16le");

    expect(safeText(text)).not.toMatch(DANGEROUS);
    expect(safeBlock(text).replaceAll("\t", "")).not.toMatch(DANGEROUS);
  });
});
