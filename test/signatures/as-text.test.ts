import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sign, verify } from "../../src/index.js";
import { sameDigits } from "../../src/signatures/algorithm.js";

const NOW = 1_700_000_000_000;
const SECRET = "a secret of our own";

/* Bodies and signatures that are compared and hashed as text: by the same rules as their bytes. */

describe("a body given as text", () => {
  const bodies = {
    short: "{}",
    "long and ASCII": "x".repeat(20_000),
    "long with umlauts": "ü".repeat(20_000),
    "long with one letter that is no ASCII": `${"x".repeat(20_000)}é`,
    "long with half a surrogate pair": `${"x".repeat(20_000)}\u{D83D}`,
    "short with umlauts": '{"name":"Ünal"}',
    "short with half a surrogate pair": "\u{D83D}{}",
    "longer than what is hashed at once": `${"x".repeat(21_844)}${"\u{1F600}".repeat(20_000)}`,
    empty: "",
  };

  test.each(Object.entries(bodies))("is signed and verified as its UTF-8: %s", (_name, body) => {
    const mac = createHmac("sha256", SECRET).update(Buffer.from(body, "utf8")).digest("hex");
    const given = { provider: "razorpay", secret: SECRET, body, now: NOW };

    expect(sign(given).headers).toContainEqual(["X-Razorpay-Signature", mac]);
    for (const same of [body, Buffer.from(body, "utf8")])
      expect(verify({ ...given, body: same, headers: { "x-razorpay-signature": mac } })).toMatchObject({ valid: true });
  });

  test("is refused with another signature, whatever its length", () => {
    const mac = createHmac("sha256", SECRET).update("another").digest("hex");

    for (const body of Object.values(bodies))
      expect(
        verify({ provider: "razorpay", secret: SECRET, body, now: NOW, headers: { "x-razorpay-signature": mac } }),
      ).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });
});

describe("the text of a signature", () => {
  const digits = "0123456789abcdef".repeat(4);

  test("is the same only letter by letter", () => {
    expect(sameDigits(digits, `${digits}`)).toBe(true);
    for (let at = 0; at < digits.length; at += 1) {
      const letter = digits[at] === "0" ? "1" : "0";
      expect(sameDigits(digits, digits.slice(0, at) + letter + digits.slice(at + 1))).toBe(false);
    }
  });

  test("is another where a letter has the low byte of the right one", () => {
    const alias = String.fromCodePoint(0x100 + (digits.codePointAt(63) ?? 0));

    expect(sameDigits(digits, digits)).toBe(true);
    expect(sameDigits(digits, digits.slice(0, -1) + alias)).toBe(false);
    expect(sameDigits(digits, alias + digits.slice(1))).toBe(false);
  });

  test("is another where it is longer, shorter or empty", () => {
    expect(sameDigits(digits, `${digits}0`)).toBe(false);
    expect(sameDigits(digits, digits.slice(1))).toBe(false);
    expect(sameDigits(digits, "")).toBe(false);
  });
});
