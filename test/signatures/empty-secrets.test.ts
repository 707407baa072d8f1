import { describe, expect, it } from "vitest";
import type { SecretForm } from "../../src/signatures/scheme.js";
import { decodeSecret } from "../../src/signatures/secret.js";

const FORMS: readonly SecretForm[] = [
  { kind: "utf8" },
  { kind: "utf8Nfkd" },
  { kind: "hex" },
  { kind: "base64" },
  { kind: "prefixedBase64", prefix: "whsec_", without: "base64" },
  { kind: "prefixedBase64", prefix: "whsec_", without: "utf8" },
  { kind: "utf8After", prefix: "signkey-*-" },
  { kind: "sha1" },
];

describe("a secret with nothing in it", () => {
  for (const text of ["", " ", " \t \r\n", "\n", "\0", "\0\0\0\0", "whsec_", "whsec_ ", "whsec_==", "v1,whsec_"]) {
    it(`is refused in every form: ${JSON.stringify(text)}`, () => {
      for (const form of FORMS)
        expect(() => decodeSecret(Buffer.from(text), form), form.kind).toThrow(
          expect.objectContaining({ code: "empty" }) as Error,
        );
    });
  }

  it("is none that has a character beside its blanks", () => {
    expect(Buffer.from(decodeSecret(Buffer.from(" a "), { kind: "utf8" })).toString()).toBe(" a ");
    expect(Buffer.from(decodeSecret(Buffer.from("whsec_a"), { kind: "utf8" })).toString()).toBe("whsec_a");
  });
});
