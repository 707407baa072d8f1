import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { HeaderList } from "../../src/events/headers.js";
import { findProvider } from "../../src/providers/index.js";
import { verifyProvider } from "../../src/providers/verify.js";
import { genericScheme } from "../../src/signatures/generic.js";
import { MAX_SIGNATURES } from "../../src/signatures/signature-text.js";
import { verifyRequest } from "../../src/signatures/verify.js";
import { BODY, NOW, oracles, SECRET, sentBy, STANDARD_SECRET, type Oracle } from "./oracles.js";

const T = NOW / 1000;
const hex = (key: string, ...parts: (string | Uint8Array)[]) =>
  parts.reduce((mac, part) => mac.update(part), createHmac("sha256", key)).digest("hex");

function verify(
  name: string,
  headers: HeaderList,
  options: { secrets?: string[]; schemeName?: string; url?: string; body?: Uint8Array } = {},
) {
  const provider = findProvider(name);
  if (provider === undefined) throw new Error(`no provider ${name}`);
  return verifyProvider({
    provider,
    request: { headers, body: options.body ?? BODY, ...(options.url === undefined ? {} : { url: options.url }) },
    secrets: (options.secrets ?? [SECRET]).map((secret) => Buffer.from(secret)),
    schemeName: options.schemeName,
    now: NOW,
  });
}

const oracleOf = (scheme: string) => oracles.find((oracle) => oracle.scheme === scheme) as Oracle;

describe("the reason says what is wrong", () => {
  const v1 = hex(SECRET, `${T}.`, BODY);
  const sha256 = hex(SECRET, BODY);
  const sha1 = createHmac("sha1", SECRET).update(BODY).digest("hex");

  it.each<[string, string, HeaderList, string, RegExp]>([
    ["no header at all", "stripe", [], "missing_header", /^header Stripe-Signature is missing$/],
    [
      "only an old Stripe version",
      "stripe",
      [["Stripe-Signature", `t=${T},v0=${v1}`]],
      "unsupported_version",
      /"v0" signature but none of "v1"/,
    ],
    ["a Stripe header without signature", "stripe", [["Stripe-Signature", `t=${T}`]], "malformed_header", /no "v1=/],
    [
      "two Stripe timestamps",
      "stripe",
      [["Stripe-Signature", `t=${T},t=${T},v1=${v1}`]],
      "malformed_header",
      /"t" stands there 2 times/,
    ],
    [
      "base64 where hex is sent",
      "stripe",
      [["Stripe-Signature", `t=${T},v1=${Buffer.from(v1, "hex").toString("base64")}`]],
      "signature_malformed",
      /not lower-case hex/,
    ],
    [
      "upper-case hex",
      "github",
      [["X-Hub-Signature-256", `sha256=${sha256.toUpperCase()}`]],
      "signature_malformed",
      /upper-case hex/,
    ],
    ["no prefix", "github", [["X-Hub-Signature-256", sha256]], "malformed_header", /does not start with "sha256="/],
    [
      "another algorithm's prefix",
      "github",
      [["X-Hub-Signature-256", `sha1=${sha1}`]],
      "algorithm_not_allowed",
      /does not start with "sha256="/,
    ],
    [
      "a SHA-1 under the name of SHA-256",
      "github",
      [["X-Hub-Signature-256", `sha256=${sha1}`]],
      "signature_malformed",
      /40 hex digits, as many as SHA1 makes; sha256 has 64/,
    ],
    [
      "an odd number of hex digits",
      "github",
      [["X-Hub-Signature-256", "sha256=abc"]],
      "signature_malformed",
      /has 3 hex digits; 64 are expected/,
    ],
    [
      "one hex digit too many",
      "generic",
      [["X-Signature", `${sha256}0`]],
      "signature_malformed",
      /has 65 hex digits; 64 are expected/,
    ],
    [
      "only the weak signature",
      "github",
      [["X-Hub-Signature", `sha1=${sha1}`]],
      "algorithm_not_allowed",
      /counts when asked for by name \(github-sha1\)/,
    ],
    [
      "a later Slack version",
      "slack",
      [
        ["X-Slack-Signature", `v1=${sha256}`],
        ["X-Slack-Request-Timestamp", String(T)],
      ],
      "unsupported_version",
      /does not start with "v0="/,
    ],
    [
      "another provider's header",
      "stripe",
      [["X-Hub-Signature-256", `sha256=${sha256}`]],
      "wrong_header_for_provider",
      /X-Hub-Signature-256 is there, which is GitHub's/,
    ],
    [
      "only Standard Webhooks versions to come",
      "standard-webhooks",
      [
        ["webhook-id", "m"],
        ["webhook-timestamp", String(T)],
        ["webhook-signature", "v2,AAAA"],
      ],
      "unsupported_version",
      /"v2" signature but none of "v1"/,
    ],
    [
      "a Standard Webhooks header without id",
      "standard-webhooks",
      [
        ["webhook-timestamp", String(T)],
        ["webhook-signature", "v1,AAAA"],
      ],
      "missing_header",
      /webhook-id is missing/,
    ],
    [
      "a body of another length than was sent",
      "generic",
      [
        ["X-Signature", hex(SECRET, "other")],
        ["Content-Length", "1532"],
      ],
      "body_length",
      /Content-Length says 1532, the body has \d+ bytes/,
    ],
    [
      "a wrong signature",
      "generic",
      [["X-Signature", hex("other", BODY)]],
      "signature_mismatch",
      /another secret, or another body/,
    ],
  ])("%s", (_name, provider, headers, reason, message) => {
    const secrets = provider === "standard-webhooks" ? [STANDARD_SECRET] : [SECRET];
    const verdict = verify(provider, headers, { secrets });

    expect(verdict).toMatchObject({ valid: false, reason, secretIndex: null, signatureIndex: null });
    expect(verdict.valid ? "" : verdict.message).toMatch(message);
  });

  it("counts GitHub's SHA-1 when asked for it", () => {
    expect(verify("github", [["X-Hub-Signature", `sha1=${sha1}`]], { schemeName: "sha1" })).toMatchObject({
      valid: true,
      scheme: "github-sha1",
    });
    expect(verify("github", [["X-Hub-Signature", `sha1=${sha1}`]], { schemeName: "github-sha1" }).valid).toBe(true);
    expect(() => verify("github", [], { schemeName: "md5" })).toThrow("github has no scheme md5");
  });

  it("finds any of several Stripe signatures, and tells which", () => {
    const header = `t=${T},v1=${"0".repeat(64)},v0=${v1},v1=junk,v1=${v1}`;

    expect(verify("stripe", [["Stripe-Signature", header]], { secrets: ["old", SECRET] })).toMatchObject({
      valid: true,
      secretIndex: 1,
      signatureIndex: 2,
    });
  });

  it(`looks at no more than ${MAX_SIGNATURES} signatures`, () => {
    const header = `t=${T},${`v1=${"0".repeat(64)},`.repeat(MAX_SIGNATURES)}v1=${v1}`;

    expect(verify("stripe", [["Stripe-Signature", header]]).reason).toBe("malformed_header");
  });

  it("tells a JSON body changed under Twilio's right signature", () => {
    const oracle = oracleOf("twilio-json");
    const sent = sentBy(oracle);
    const url = oracle.url?.(sent) ?? "";

    expect(verify("twilio", oracle.headers(sent), { url, body: Buffer.from("{}") })).toMatchObject({
      reason: "body_hash_mismatch",
      secretIndex: 0,
    });
    expect(verify("twilio", oracle.headers(sent), { url: `${url}0`, body: Buffer.from("{}") }).reason).toBe(
      "signature_mismatch",
    );
  });

  it("names the URL that Twilio signed when it is not the one given", () => {
    const oracle = oracleOf("twilio-form");
    const sent = sentBy(oracle, { url: "https://example.com:443/hooks?x=1" });

    expect(
      verify("twilio", oracle.headers(sent), { url: "https://example.com/hooks?x=1", body: sent.body }),
    ).toMatchObject({
      valid: true,
      signedUrl: "https://example.com:443/hooks?x=1",
    });
  });

  it("completes a path from the headers of a captured request", () => {
    const oracle = oracleOf("square-hmacsha256");
    const sent = sentBy(oracle);
    const forwarded: HeaderList = [
      ...oracle.headers(sent),
      ["Host", "127.0.0.1:5000"],
      ["X-Forwarded-Host", "example.com"],
      ["X-Forwarded-Proto", "https"],
    ];

    expect(verify("square", forwarded, { url: "/hooks?x=1" }).valid).toBe(true);
    expect(() => verify("square", oracle.headers(sent))).toThrow("signs the URL, and it is not known");
  });

  it("takes Svix's headers under both names, the whole set of one of them", () => {
    const oracle = oracleOf("standard-webhooks-v1");
    const headers = oracle.headers(sentBy(oracle));

    expect(verify("svix", headers, { secrets: [STANDARD_SECRET] })).toMatchObject({ valid: true, scheme: "svix-v1" });
    expect(verify("svix", [["svix-id", "other"], ...headers], { secrets: [STANDARD_SECRET] }).valid).toBe(true);
  });

  it("takes Shopify's header under both names", () => {
    const signature = createHmac("sha256", SECRET).update(BODY).digest("base64");

    expect(verify("shopify", [["shopify-hmac-sha256", signature]]).valid).toBe(true);
  });
});

describe("secrets that cannot be right are misuse", () => {
  it.each([
    "whsec_",
    "whsec_***",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
    "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  ])("%j", (secret) => {
    expect(() => verify("standard-webhooks", [], { secrets: [secret] })).toThrow(/malformed|empty|nothing but/);
  });

  it("and the message does not quote them", () => {
    expect(() => verify("standard-webhooks", [], { secrets: ["whsec_topsecret!"] })).toThrow(/^(?!.*topsecret).*$/);
  });
});

describe("a generic scheme", () => {
  it("takes header, hash, prefix and encoding", () => {
    const scheme = genericScheme({ header: "X-Acme", hash: "sha512", prefix: "mac=", encoding: "base64url" });
    const signature = createHmac("sha512", SECRET).update(BODY).digest("base64url");

    const verdict = verifyRequest({
      scheme,
      request: { headers: [["x-acme", `mac=${signature}`]], body: BODY },
      secrets: [Buffer.from(SECRET)],
      now: NOW,
    });

    expect(verdict).toMatchObject({ valid: true, scheme: "generic-hmac-sha512", label: "hmac-sha512" });
  });

  it("takes hex in either case", () => {
    expect(verify("generic", [["X-Signature", hex(SECRET, BODY).toUpperCase()]]).valid).toBe(true);
  });
});
