import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bodyMac } from "../../src/providers/schemes.js";
import type { SignedRequest } from "../../src/signatures/request.js";
import type { ContentPart, Scheme } from "../../src/signatures/scheme.js";
import { signRequest } from "../../src/signatures/sign.js";
import { verifyRequest } from "../../src/signatures/verify.js";

const now = 1_700_000_000_000;

function isValid(
  content: readonly ContentPart[],
  signedText: string | Uint8Array,
  request: Partial<SignedRequest>,
): boolean {
  const mac = createHmac("sha256", "key").update(signedText).digest("hex");
  const headers = [["X-Sig", mac] as const, ...(request.headers ?? [])];
  const scheme = { ...bodyMac("probe", "X-Sig"), content };
  return verifyRequest({
    scheme,
    request: { body: new Uint8Array(), ...request, headers },
    secrets: [Buffer.from("key")],
    now,
  }).valid;
}

describe("signed content", () => {
  it("is the body with its gzip undone, and one that is not compressed as it is", () => {
    const content = [{ part: "bodyUnzipped" }] as const;

    expect(isValid(content, '{"a":1}', { body: gzipSync('{"a":1}') })).toBe(true);
    expect(isValid(content, '{"a":1}', { body: Buffer.from('{"a":1}') })).toBe(true);
    expect(isValid(content, "", { body: gzipSync(Buffer.alloc(17 * 2 ** 20)) })).toBe(false);
  });

  it("is the JSON body without blanks", () => {
    expect(isValid([{ part: "compactJson" }], '{"a":[1,2]}', { body: Buffer.from('{ "a": [1, 2] }\n') })).toBe(true);
  });

  it("is a field of JSON inside a form's field", () => {
    const body = Buffer.from(`json=${encodeURIComponent('{"event":{"time":"17"}}')}`);

    expect(isValid([{ part: "formJsonField", name: "json", path: ["event", "time"] }], "17", { body })).toBe(true);
  });

  it("is the URL with some percent escapes undone (HubSpot's way)", () => {
    const content = [{ part: "urlUnescaped", characters: ":/?@!$'()*,;" }] as const;

    expect(isValid(content, "https://a.b/x?u=http://c&d=%20", { url: "https://a.b/x?u=http%3A%2F%2Fc&d=%20" })).toBe(
      true,
    );
  });

  it("is path and query escaped again (Contentful's way)", () => {
    expect(isValid([{ part: "pathReescaped" }], "/h?x%253D1", { url: "https://a.b/h?x=1" })).toBe(true);
    expect(isValid([{ part: "pathReescaped" }], "/h", { url: "https://a.b/h" })).toBe(true);
  });

  it("is the canonical request of Atlassian Connect", () => {
    const url = "https://a.b/rest/x/?b=2&a=1&jwt=t&a=0%20&c=%2A";

    expect(isValid([{ part: "canonicalRequest" }], "POST&/rest/x&a=0%20,1&b=2&c=%2A", { url })).toBe(true);
  });
});

describe("a signature", () => {
  it("may stand in the query, and is put there by signing", () => {
    const scheme: Scheme = {
      ...bodyMac("probe", "none"),
      signature: { from: "query", name: "sig", parse: { kind: "raw" } },
    };
    const request = { url: "https://a.b/x?y=1", headers: [], body: Buffer.from("body") };
    const mac = createHmac("sha256", "key").update("body").digest("hex");

    const parts = signRequest({ scheme, request, secret: Buffer.from("key"), now });
    const verdict = verifyRequest({
      scheme,
      request: { ...request, url: `https://a.b/x?sig=${mac}` },
      secrets: [Buffer.from("key")],
      now,
    });

    expect(parts).toEqual({ headers: [], url: `https://a.b/x?y=1&sig=${mac}` });
    expect(verdict.valid).toBe(true);
  });

  it("may stand in the JSON of a form's field (Dropbox Sign's way)", () => {
    const scheme: Scheme = {
      ...bodyMac("probe", "none"),
      content: [{ part: "formJsonField", name: "json", path: ["event", "time"] }],
      signature: { from: "formField", name: "json", path: ["event", "hash"], parse: { kind: "raw" } },
    };
    const mac = createHmac("sha256", "key").update("17").digest("hex");
    const body = Buffer.from(`json=${encodeURIComponent('{"event":{"time":"17"}}')}`);

    const parts = signRequest({ scheme, request: { headers: [], body }, secret: Buffer.from("key"), now });

    expect(decodeURIComponent(Buffer.from(parts.body ?? []).toString())).toBe(
      `json={"event":{"time":"17","hash":"${mac}"}}`,
    );
    expect(
      verifyRequest({
        scheme,
        request: { headers: [], body: parts.body ?? new Uint8Array() },
        secrets: [Buffer.from("key")],
        now,
      }).valid,
    ).toBe(true);
  });

  it("may be user and password of basic authorization", () => {
    const scheme: Scheme = {
      ...bodyMac("probe", "Authorization", { encoding: "base64", parse: { kind: "prefix", prefix: "Basic " } }),
      algorithm: { family: "token" },
      content: [],
    };
    const verdictOf = (value: string) =>
      verifyRequest({
        scheme,
        request: { headers: [["Authorization", value]], body: new Uint8Array() },
        secrets: [Buffer.from("user:pass")],
        now,
      }).valid;

    expect(verdictOf(`Basic ${Buffer.from("user:pass").toString("base64")}`)).toBe(true);
    expect(verdictOf(`Basic ${Buffer.from("user:past").toString("base64")}`)).toBe(false);
  });
});
