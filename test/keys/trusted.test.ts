import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  X509Certificate,
  type KeyObject,
} from "node:crypto";
import { describe, expect, it } from "vitest";
import { newKey } from "../../src/keys/new-key.js";
import { selfSigned } from "../../src/keys/self-signed.js";
import { providerNamed, providers } from "../../src/providers/index.js";
import { verifyProvider } from "../../src/providers/verify.js";
import { parseKeys } from "../../src/signatures/key-set.js";
import { signRequest } from "../../src/signatures/sign.js";
import type { Key } from "../../src/signatures/key.js";
import type { Scheme } from "../../src/signatures/scheme.js";

const NOW = Date.UTC(2026, 0, 31, 12);
const DAY = 24 * 60 * 60 * 1000;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const other = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const jwk = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: "jwk" }), ...more });

function certificate(name: string, from = NOW - DAY, to = NOW + DAY): string {
  return selfSigned({ ...rsa, name, from, to, serial: Buffer.from([1]) });
}

/** A notification of SNS, signed with `rsa` as Amazon's documents say. */
function notification(time = NOW): Buffer {
  const [Timestamp, TopicArn] = [new Date(time).toISOString(), "arn:aws:sns:us-east-1:1:orders"];
  const signed = `Message\nhello\nMessageId\n1\nTimestamp\n${Timestamp}\nTopicArn\n${TopicArn}\nType\nNotification\n`;
  const Signature = sign("sha256", Buffer.from(signed), rsa.privateKey).toString("base64");
  const message = { Type: "Notification", MessageId: "1", TopicArn, Message: "hello", Timestamp };
  return Buffer.from(JSON.stringify({ ...message, SignatureVersion: "2", Signature }));
}

function verdictOf(
  name: string,
  keys: readonly Key[],
  request: { headers?: [string, string][]; body: Uint8Array },
  now = NOW,
) {
  return verifyProvider({ provider: providerNamed(name), request: { headers: [], ...request }, keys, now });
}

describe("keys as files have them", () => {
  const pem = ec.publicKey.export({ format: "pem", type: "spki" }).toString();

  it.each<[string, string, readonly (string | undefined)[]]>([
    ["a PEM", pem, [undefined]],
    ["a PEM without its line ends", pem.replaceAll("\n", ""), [undefined]],
    [
      "curve parameters before it",
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem}`,
      [undefined],
    ],
    ["two PEMs", pem + rsa.publicKey.export({ format: "pem", type: "spki" }).toString(), [undefined, undefined]],
    ["a JWK", JSON.stringify(jwk(ec.publicKey, { kid: "a" })), ["a"]],
    [
      "a JWK Set",
      JSON.stringify({ keys: [jwk(ec.publicKey, { kid: "a" }), jwk(rsa.publicKey, { kid: "b" })] }),
      ["a", "b"],
    ],
    [
      "a set with keys for other uses",
      JSON.stringify({
        keys: [
          jwk(ec.publicKey, { kid: "a", use: "enc" }),
          { kty: "oct", k: "AA" },
          7,
          null,
          jwk(rsa.publicKey, { kid: "b" }),
        ],
      }),
      ["b"],
    ],
    [
      "eBay's answer",
      JSON.stringify({ key: pem.replaceAll("\n", ""), algorithm: "ECDSA", digest: "SHA1" }),
      [undefined],
    ],
    ["Plaid's answer", JSON.stringify({ key: jwk(ec.publicKey, { kid: "p" }), request_id: "r" }), ["p"]],
    ["Google's certificates", JSON.stringify({ g1: certificate("a.test"), g2: certificate("b.test") }), ["g1", "g2"]],
  ])("%s", (_what, text, kids) => {
    expect(parseKeys(text).map(({ kid }) => kid)).toEqual(kids);
    expect(parseKeys(Buffer.from(`${text}\n`)).map(({ kid }) => kid)).toEqual(kids);
  });

  it("a chain of certificates is the one that is issued to somebody", () => {
    const keys = parseKeys(certificate("a.test") + certificate("b.test"));

    expect(keys.map((key) => key.certificate?.names)).toEqual([["a.test"], ["b.test"]]);
    expect(keys[0]).toMatchObject({ validFrom: NOW - DAY, validTo: NOW + DAY, type: "rsa" });
  });

  it.each([
    "{}",
    '{"keys":[]}',
    '{"keys":[{"kty":"oct","k":"AA"}]}',
    '{"key":"x"}',
    '{"key":{}}',
    "{",
    "",
    "-----BEGIN",
    "-----BEGIN X-----",
  ])("%s is refused, and not quoted", (text) => {
    expect(() => parseKeys(text)).toThrow(/^the key/);
  });
});

describe("the key that a request names", () => {
  const body = Buffer.from('{"webhook_type":"ITEM"}');
  const token = (kid: unknown, time = NOW) => {
    const claims = { iat: time / 1000, request_body_sha256: createHash("sha256").update(body).digest("hex") };
    const signed = [{ alg: "ES256", kid }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${signed}.${sign("sha256", Buffer.from(signed), { key: ec.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  };
  const check = (set: readonly object[], kid: unknown, time = NOW) =>
    verdictOf("plaid", parseKeys(JSON.stringify({ keys: set })), {
      headers: [["Plaid-Verification", token(kid, time)]],
      body,
    });

  it("is chosen from a set, and told in the verdict", () => {
    const set = [
      jwk(other.publicKey, { kid: "old" }),
      jwk(rsa.publicKey, { kid: "r" }),
      jwk(ec.publicKey, { kid: "new" }),
    ];

    expect(check(set, "new")).toMatchObject({ valid: true, secretIndex: 2, key: { kid: "new" } });
  });

  it("is not trusted when it is none of those given, even if one of them fits", () => {
    const verdict = check([jwk(ec.publicKey, { kid: "new" })], "x".repeat(500));

    expect(verdict).toMatchObject({ valid: false, reason: "key_not_trusted" });
    expect(verdict).toMatchObject({
      message: `it was signed with the key "${"x".repeat(80)}", and the keys given are new`,
    });
  });

  it("may be any where keys have no ids, or the request names none", () => {
    expect(check([jwk(other.publicKey), jwk(ec.publicKey)], "new")).toMatchObject({ valid: true, secretIndex: 1 });
    expect(check([jwk(other.publicKey, { kid: "a" }), jwk(ec.publicKey, { kid: "b" })], undefined).valid).toBe(true);
    expect(check([jwk(other.publicKey, { kid: "a" }), jwk(ec.publicKey, { kid: "b" })], { kid: "a" }).valid).toBe(true);
  });

  it("counts until it expires", () => {
    const until = (ms: number) => check([jwk(ec.publicKey, { kid: "new", expired_at: ms / 1000 })], "new");

    expect(until(NOW + 1000).valid).toBe(true);
    expect(until(NOW - 1000)).toMatchObject({ valid: false, reason: "key_not_trusted" });
  });
});

describe("a certificate", () => {
  it.each([
    "sns.amazonaws.com",
    "sns.us-east-1.amazonaws.com",
    "sns-signing.me-south-1.amazonaws.com",
    "sns-us-gov-west-1.amazonaws.com",
    "sns-cn-north-1.amazonaws.com.cn",
  ])("made out to %s signs for SNS", (name) => {
    expect(verdictOf("sns", parseKeys(certificate(name)), { body: notification() })).toMatchObject({
      valid: true,
      key: { certificate: { names: [name] } },
    });
  });

  it.each([
    "evil.example",
    "sns.amazonaws.com.evil.example",
    "sns.evil.example",
    "evilsns.amazonaws.com",
    "s3.amazonaws.com",
    "sns.a.b.amazonaws.com",
    "sns..amazonaws.com",
    "*.amazonaws.com",
    "messageverificationcerts.paypal.com",
  ])("made out to %s does not", (name) => {
    const verdict = verdictOf("sns", parseKeys(certificate(name)), { body: notification() });

    expect(verdict).toMatchObject({ valid: false, reason: "key_not_trusted" });
    expect(verdict).toMatchObject({
      message: expect.stringContaining(`made out to ${name}, not to sns.amazonaws.com`) as string,
    });
  });

  it("must have been valid when the message was signed, not when it is checked", () => {
    const old = parseKeys(certificate("sns.amazonaws.com", NOW - 30 * DAY, NOW - 20 * DAY));
    const check = (time: number) => verdictOf("sns", old, { body: notification(time) });

    expect(check(NOW - 25 * DAY).valid).toBe(true);
    expect(check(NOW)).toMatchObject({ valid: false, reason: "key_not_trusted" });
    expect(check(NOW)).toMatchObject({
      message: "the certificate had expired (2026-01-11) when it was signed (2026-01-31)",
    });
    expect(check(NOW - 31 * DAY)).toMatchObject({
      reason: "key_not_trusted",
      message: "the certificate is valid from 2026-01-01 on, and it was signed 2025-12-31",
    });
  });

  it("does not stand for another of the same file", () => {
    const keys = parseKeys(certificate("evil.example") + certificate("sns.amazonaws.com"));

    expect(verdictOf("sns", keys, { body: notification() })).toMatchObject({ valid: true, secretIndex: 1 });
  });
});

/** From the tests of eBay's event-notification-nodejs-sdk. */
const EBAY = {
  signature:
    "eyJhbGciOiJlY2RzYSIsImtpZCI6Ijk5MzYyNjFhLTdkN2ItNDYyMS1hMGYxLTk2Y2NiNDI4YWY0OSIsInNpZ25hdHVyZSI6Ik1FWUNJUUNmeGZJV3V4bVdjSUJRSjljNS9YN2lHREpxczJSQ0dzQkVhQWppbnlycmZBSWhBSVY2d0djVGlCdVY1S0pVaWYyaG9reXJMK1E5c3NIa2FkK214Mm5FRTI1dyIsImRpZ2VzdCI6IlNIQTEifQ==",
  key: "-----BEGIN PUBLIC KEY-----MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZhhxXKtR+TOvtDbgTPCkSof02qgBB7IsYOyf76ilExJ/upAa/vKIKheOoCyOpcLmi4t0b4uepb7LLjmMr90FUg==-----END PUBLIC KEY-----",
  message: {
    metadata: { topic: "MARKETPLACE_ACCOUNT_DELETION", schemaVersion: "1.0", deprecated: false },
    notification: {
      notificationId: "49feeaeb-4982-42d9-a377-9645b8479411_33f7e043-fed8-442b-9d44-791923bd9a6d",
      eventDate: "2021-03-19T20:43:59.462Z",
      publishDate: "2021-03-19T20:43:59.679Z",
      publishAttemptCount: 1,
      data: {
        username: "test_user",
        userId: "ma8vp1jySJC",
        eiasToken: "nY+sHZ2PrBmdj6wVnY+sEZ2PrA2dj6wJnY+gAZGEpwmdj6x9nY+seQ==",
      },
    },
  },
};

describe("eBay's published example", () => {
  const keys = parseKeys(JSON.stringify({ key: EBAY.key, algorithm: "ECDSA", digest: "SHA1" }));
  const check = (text: string, signature = EBAY.signature) =>
    verdictOf("ebay", keys, { headers: [["X-EBAY-SIGNATURE", signature]], body: Buffer.from(text) });

  it("is valid, in whatever layout it comes, and with nothing changed", () => {
    const { message } = EBAY;
    const changed = { ...message, metadata: { ...message.metadata, schemaVersion: null } };

    expect(check(JSON.stringify(message)).valid).toBe(true);
    expect(check(JSON.stringify(message, null, 2)).valid).toBe(true);
    expect(check(JSON.stringify(changed))).toMatchObject({ valid: false, reason: "signature_mismatch" });
  });

  it("says SHA-1, and counts for no other digest that the header names", () => {
    const said = JSON.parse(Buffer.from(EBAY.signature, "base64").toString()) as object;
    const header = (change: object) => Buffer.from(JSON.stringify({ ...said, ...change })).toString("base64");
    const text = JSON.stringify(EBAY.message);

    expect(check(text, header({ digest: "SHA256" })).reason).toBe("algorithm_not_allowed");
    expect(check(text, header({ alg: "none" })).reason).toBe("algorithm_not_allowed");
    expect(check(text, header({ kid: 7 })).reason).toBe("malformed_header");
  });
});

describe("sign --new-key for a certificate", () => {
  const schemes = providers.flatMap((row) => row.schemes.filter(({ certificate: rule }) => rule !== undefined));

  it.each(schemes.map((scheme) => [scheme.name, scheme] as const))(
    "%s: is one that Node reads and that is its own",
    (_name, scheme) => {
      const { privateText, publicText } = newKey(scheme);
      const read = new X509Certificate(publicText);

      expect(read.verify(read.publicKey)).toBe(true);
      expect(read.checkPrivateKey(parseKeys(privateText)[0]?.privateKey as KeyObject)).toBe(true);
      expect(read.checkHost(scheme.certificate?.names[0] ?? "")).toBe(scheme.certificate?.names[0]);
      expect([read.ca, new Date(read.validFrom).getTime() < NOW, new Date(read.validTo).getTime() > NOW]).toEqual([
        false,
        true,
        true,
      ]);
    },
  );
});

describe("sign --new-key for every row with keys", () => {
  const rows = providers.flatMap((row) =>
    row.schemes.filter(({ secret }) => secret.kind === "key").map((scheme) => [scheme.name, row, scheme] as const),
  );
  const settingsOf = ({ algorithm, content }: Scheme) => {
    const claims = algorithm.family === "jwt" ? algorithm.claims : [];
    const parts = [...content, ...claims.flatMap((rule) => ("content" in rule ? rule.content : []))];
    return Object.fromEntries(parts.flatMap((part) => (part.part === "setting" ? [[part.name, "v"]] : [])));
  };
  const BODY = '{"Type":"Notification","Message":"m","Signature":"0","metadata":{}}';

  it.each(rows)(
    "%s: the private half signs, and the public half takes it and refuses what is changed",
    (_name, provider, scheme) => {
      const made = newKey(scheme);
      const settings = settingsOf(scheme);
      const isForm = scheme.signature.from === "formField";
      const headers: [string, string][] = [
        ["Content-Type", isForm ? "application/x-www-form-urlencoded" : "application/json"],
      ];
      const beside = scheme.content.flatMap((part): [string, string][] =>
        part.part === "header" ? [[part.name, "2026-01-31T12:00:00Z"]] : [],
      );
      const request = {
        headers: [...headers, ...beside],
        body: Buffer.from(isForm ? "alert_name=x&id=1" : BODY),
        url: "https://example.com/hook",
        method: "POST",
      };
      const [key] = parseKeys(made.privateText);
      if (key === undefined) throw new Error("no key");

      const parts = signRequest({ scheme, request, key, now: NOW, id: "msg_1", settings });
      const sent = { ...request, headers: [...request.headers, ...parts.headers], body: parts.body ?? request.body };
      const check = (keys: readonly Key[]) =>
        verifyProvider({ provider, schemeName: scheme.name, request: sent, keys, now: NOW, settings });

      expect(check(parseKeys(made.publicText))).toMatchObject({ valid: true, scheme: scheme.name });
      expect(check(parseKeys(newKey(scheme).publicText)).valid).toBe(false);
    },
  );

  /** The schemes whose signature stands by itself: verified with what was printed and node:crypto alone. */
  it.each(rows.filter(([, , { secret }]) => secret.kind === "key" && secret.text === undefined))(
    "%s: the public half is one for others than hookcli too",
    (_name, _provider, scheme) => {
      const { key, publicText } = newKey(scheme);
      const bytes = Buffer.from(publicText, key.type === "ed25519" ? "hex" : "base64");
      const open =
        key.type === "ed25519"
          ? createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") }, format: "jwk" })
          : createPublicKey({ key: bytes, format: "der", type: "spki" });
      const hash = key.type === "ed25519" ? null : "sha256";
      if (key.privateKey === undefined) throw new Error("no private half");

      expect(verify(hash, Buffer.from("x"), open, sign(hash, Buffer.from("x"), key.privateKey))).toBe(true);
    },
  );
});
