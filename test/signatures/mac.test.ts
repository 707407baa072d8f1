import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Piece } from "../../src/signatures/content.js";
import { macText, type MacInput } from "../../src/signatures/mac.js";

const HASHES = ["md5", "sha1", "sha256", "sha384", "sha512"] as const;
const ENCODINGS = ["hex", "base64", "base64url"] as const;

/** What node:crypto makes of the same content as one run of bytes. */
function reference({ hash, key, pieces }: MacInput, encoding: (typeof ENCODINGS)[number]): string {
  const made = key === undefined ? createHash(hash) : createHmac(hash, key);
  return made.update(Buffer.concat(pieces.map(bytesOf))).digest(encoding);
}

function bytesOf(piece: Piece): Uint8Array {
  if (typeof piece === "string") return Buffer.from(piece, "latin1");
  return "utf8" in piece ? Buffer.from(piece.utf8, "utf8") : piece;
}

describe.each(HASHES)("the MAC with %s, which is put together of two hashes", (hash) => {
  test.each([0, 1, 20, 63, 64, 65, 127, 128, 129, 500])("is that of node:crypto for a key of %i bytes", (length) => {
    const key = Buffer.alloc(length, 0xa7);
    for (const pieces of [[], ["a"], ["1700000000.", { utf8: "{}ü" }], [Buffer.alloc(3_000, 1), "ü"]])
      for (const encoding of ENCODINGS)
        expect(macText({ hash, key, pieces }, encoding)).toBe(reference({ hash, key, pieces }, encoding));
  });

  test("has nothing left of a longer key or longer content that was there before", () => {
    const before = { hash, key: Buffer.alloc(128, 0xff), pieces: ["x".repeat(5_000)] };
    const after = { hash, key: Buffer.from("k"), pieces: ["y"] };

    expect(macText(before, "hex")).toBe(reference(before, "hex"));
    expect(macText(after, "hex")).toBe(reference(after, "hex"));
  });

  test("is a plain hash without a key", () => {
    const input = { hash, key: undefined, pieces: ["a", { utf8: "ü" }, Buffer.from("b")] };

    expect(macText(input, "hex")).toBe(reference(input, "hex"));
  });
});

describe("content of any length", () => {
  const key = Buffer.from("a secret of our own");

  test.each([21_800, 21_823, 21_824, 21_845, 21_846, 65_471, 65_472, 65_473, 65_536, 70_000, 200_000])(
    "has the MAC of its bytes: %i of them, or letters",
    (length) => {
      for (const piece of [
        "a".repeat(length),
        { utf8: "a".repeat(length) },
        { utf8: "€".repeat(length) },
        Buffer.alloc(length, 9),
      ])
        for (const pieces of [[piece], ["id.", piece], [piece, "é"]])
          for (const of of [key, undefined]) {
            const input = { hash: "sha256", key: of, pieces } as const;
            expect(macText(input, "hex")).toBe(reference(input, "hex"));
          }
    },
  );

  test("keeps the halves of a character together wherever a part ends", () => {
    for (const start of ["", "x"]) {
      for (const unit of ["\u{1F600}", "\u{D83D}", "\u{DE00}", "\u{D83D}\u{D83D}\u{DE00}"]) {
        const utf8 = start + unit.repeat(60_000);
        const input = { hash: "sha256", key, pieces: [{ utf8 }] } as const;
        expect(macText(input, "hex")).toBe(reference(input, "hex"));
      }
    }
  });
});
