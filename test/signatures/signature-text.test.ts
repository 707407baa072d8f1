import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { providers } from "../../src/providers/index.js";
import type { SignatureParse } from "../../src/signatures/scheme.js";
import { MAX_SIGNATURES, readSignatureText } from "../../src/signatures/signature-text.js";
import { parseForm } from "../../src/signatures/form.js";

/** Every way to write signatures that a row has, each once. */
const PARSES: readonly (readonly [name: string, parse: SignatureParse])[] = [
  ...new Map(
    providers.flatMap(({ schemes }) =>
      schemes.map(({ name, signature: { parse } }) => [JSON.stringify(parse), [name, parse]] as const),
    ),
  ).values(),
];

const PIECES = [
  "=",
  ",",
  ";",
  " ",
  "|",
  ".",
  ":",
  "t",
  "t=",
  "v1",
  "v1=",
  "v1,",
  "sha256=",
  "v0=",
  "1700000000",
  "ab",
  "eyJh",
  "\0",
  "\u00e9",
  "\t",
  '"',
  "{",
  "}",
  "sig1=:YQ==:",
];

describe.each(PARSES)("the signature's text of %s", (_name, parse) => {
  it("is read, or a reason is given, whatever it is", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (value) => {
        const reading = readSignatureText(value, parse);
        if ("reason" in reading) expect(reading.message).not.toBe("");
        else {
          expect(reading.signatures.length).toBeGreaterThan(0);
          expect(reading.signatures.length).toBeLessThanOrEqual(MAX_SIGNATURES);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("is read in time that grows with its length", () => {
    const time = (bytes: number) => {
      const started = performance.now();
      for (const piece of PIECES) readSignatureText(piece.repeat(bytes / piece.length), parse);
      return performance.now() - started;
    };
    const best = (bytes: number) => Math.min(time(bytes), time(bytes), time(bytes));

    const [half, whole] = [best(32 * 1024), best(64 * 1024)];
    expect(whole).toBeLessThan(2.5 * half + 50);
  });
});

describe("a form", () => {
  it("of any bytes is read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(Array.isArray(parseForm(bytes))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});
