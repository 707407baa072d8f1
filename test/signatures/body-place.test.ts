import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { withBodyField, withFormField } from "../../src/signatures/body-place.js";
import type { Scheme } from "../../src/signatures/scheme.js";
import { signRequest } from "../../src/signatures/sign.js";
import { bodyMac } from "../../src/providers/schemes.js";

const NOW = 1_700_000_000_123;

function signed(scheme: Scheme, body: string): string {
  const parts = signRequest({
    scheme,
    request: { headers: [["Content-Type", "application/json"]], body: Buffer.from(body) },
    secret: Buffer.from("key"),
    now: NOW,
  });
  return Buffer.from(parts.body ?? Buffer.from(body)).toString();
}

describe("a signature that stands in the body", () => {
  it("takes the place that is there and changes no other byte", () => {
    const text = '{ "n": 1.0, "a":[{"sig" : "old"}],"big":12345678901234567890}';

    const changed = Buffer.from(withBodyField(Buffer.from(text), ["a", 0, "sig"], "né")).toString();

    expect(changed).toBe('{ "n": 1.0, "a":[{"sig" : "né"}],"big":12345678901234567890}');
  });

  it("is added where its object has no such member", () => {
    expect(Buffer.from(withBodyField(Buffer.from('{"a":{}}'), ["a", "s"], "x")).toString()).toBe('{"a":{"s":"x"}}');
    expect(Buffer.from(withBodyField(Buffer.from('{"a":1}'), ["s"], "x")).toString()).toBe('{"a":1,"s":"x"}');
  });

  it.each(["not JSON", "[]", '{"a":1}', "\xff"])("is refused by a body without a place for it: %s", (body) => {
    expect(() => withBodyField(Buffer.from(body, "latin1"), ["a", "b", "c"], "x")).toThrow(
      "stands in the body, at a.b.c",
    );
  });

  it("replaces a form's field of its name", () => {
    expect(
      Buffer.from(withFormField({ headers: [], body: Buffer.from("a=1&sig=old&b=2") }, "sig", "x y/=")).toString(),
    ).toBe("a=1&b=2&sig=x%20y%2F%3D");
  });

  it("signs fields of the body and puts the result beside them (Adyen's way)", () => {
    const scheme: Scheme = {
      ...bodyMac("probe", "none", { encoding: "base64" }),
      content: [{ part: "bodyField", path: ["ref"] }],
      signature: { from: "bodyField", path: ["extra", "mac"], parse: { kind: "raw" } },
    };
    const mac = createHmac("sha256", "key").update("r1").digest("base64");

    expect(signed(scheme, '{"ref":"r1","extra":{}}')).toBe(`{"ref":"r1","extra":{"mac":"${mac}"}}`);
  });

  it("signs the body with the secret in its own place (Unisender's way)", () => {
    const scheme: Scheme = {
      ...bodyMac("probe", "none"),
      algorithm: { family: "hash", hash: "md5" },
      content: [{ part: "bodyWithSecretAt", path: ["auth"] }],
      signature: { from: "bodyField", path: ["auth"], parse: { kind: "raw" } },
    };
    const hash = createHash("md5").update('{"auth":"key","x":1}').digest("hex");

    expect(signed(scheme, '{"auth":"old","x":1}')).toBe(`{"auth":"${hash}","x":1}`);
  });

  it("is over a body that has the time of signing, where the time stands there", () => {
    const scheme: Scheme = {
      ...bodyMac("probe", "X-Sig"),
      timestamp: {
        from: { kind: "bodyField", path: ["at"] },
        unit: "ms",
        providerToleranceSeconds: 60,
        providerRefusesFuture: true,
      },
    };

    expect(signed(scheme, '{"at":1,"x":1.0}')).toBe(`{"at":${NOW},"x":1.0}`);
    expect(signed(scheme, '{"at":"1"}')).toBe(`{"at":"${NOW}"}`);
  });
});
