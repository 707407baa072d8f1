import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyText } from "../../src/events/body-text.js";
import { hexDump } from "../../src/events/hex.js";
import { prettyJson } from "../../src/events/pretty-json.js";

describe("pretty JSON", () => {
  it("stands as JSON.stringify would write it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        expect(prettyJson(text)).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  it("keeps tokens that a parser would change", () => {
    const text = '{"big":12345678901234567890,"one":1.0,"e":1E+5,"a":1,"a":2,"u":"\\u00e9\\"","__proto__":{}}';

    expect(prettyJson(text)?.replaceAll(/\n */g, "").replaceAll(": ", ":")).toBe(text);
  });

  it("takes 100,000 levels, and grows no faster than its text", () => {
    const text = "[".repeat(100_000) + "]".repeat(100_000);

    const pretty = prettyJson(text) ?? "";

    expect(pretty.length).toBeLessThan(text.length + 10_000);
    expect(pretty.replaceAll(/\s/g, "")).toBe(text);
  });

  it.each(["", "{", '{"a":1,}', "\ufeff{}", "NaN", "'a'"])("is not made of %j", (text) => {
    expect(prettyJson(text)).toBeUndefined();
  });
});

describe("a body for people", () => {
  it("is its own text when it is not JSON", () => {
    expect(bodyText(Buffer.from("a=1&b=2"))).toEqual({ kind: "text", text: "a=1&b=2", hidden: 0, notes: [] });
    expect(bodyText(new Uint8Array(0))).toEqual({ kind: "empty", text: "", hidden: 0, notes: [] });
  });

  it("is a hex dump of its beginning when it is binary", () => {
    const body = Buffer.alloc(2000, 0);

    const { kind, text, hidden } = bodyText(body);

    expect({ kind, hidden, lines: text.split("\n").length }).toEqual({ kind: "binary", hidden: 976, lines: 64 });
  });

  it("is dumped as hexdump -C does", () => {
    expect(hexDump(Buffer.from("hello, world\n\u001b[31m\xff", "latin1"))).toBe(
      "00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 0a 1b 5b 33  |hello, world..[3|\n" +
        "00000010  31 6d ff                                          |1m.|",
    );
  });
});
