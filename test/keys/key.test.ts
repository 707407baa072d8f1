import { createPublicKey, ECDH, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { looksLikeKey, parseKey } from "../../src/signatures/key.js";
import { newKey } from "../../src/keys/new-key.js";
import { providers } from "../../src/providers/index.js";
import { GENERIC } from "../../src/signatures/generic.js";

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = ed25519.privateKey.export({ format: "jwk" });
const rawPublic = Buffer.from(jwk.x ?? "", "base64url");
const rawPrivate = Buffer.concat([Buffer.from(jwk.d ?? "", "base64url"), rawPublic]);
const ecJwk = p256.publicKey.export({ format: "jwk" });
const point = Buffer.concat([
  Buffer.from([4]),
  Buffer.from(ecJwk.x ?? "", "base64url"),
  Buffer.from(ecJwk.y ?? "", "base64url"),
]);
const compressed = ECDH.convertKey(point, "prime256v1", undefined, undefined, "compressed") as Buffer;
const pem = (key: KeyObject) =>
  key.export({ format: "pem", type: key.type === "private" ? "pkcs8" : "spki" }).toString();
const der = (key: KeyObject) => key.export({ format: "der", type: key.type === "private" ? "pkcs8" : "spki" });

describe("parseKey reads", () => {
  it.each<[string, string, string, string, string]>([
    ["a public PEM", pem(ed25519.publicKey), "public", "ed25519", "pem"],
    [
      "a PEM with blank lines and CRLF around it",
      `\r\n${pem(rsa.publicKey).replaceAll("\n", "\r\n")}\r\n`,
      "public",
      "rsa",
      "pem",
    ],
    ["a private PEM", pem(p256.privateKey), "private", "ec", "pem"],
    ["an old RSA PEM", rsa.privateKey.export({ format: "pem", type: "pkcs1" }).toString(), "private", "rsa", "pem"],
    ["an old EC PEM", p256.privateKey.export({ format: "pem", type: "sec1" }).toString(), "private", "ec", "pem"],
    ["a public JWK", JSON.stringify(ecJwk), "public", "ec", "jwk"],
    ["a private JWK", JSON.stringify(jwk), "private", "ed25519", "jwk"],
    ["DER in base64", der(p256.publicKey).toString("base64"), "public", "ec", "der"],
    ["DER in hex", der(rsa.publicKey).toString("hex"), "public", "rsa", "der"],
    ["private DER in base64url", der(ed25519.privateKey).toString("base64url"), "private", "ed25519", "der"],
    ["32 raw bytes in hex", rawPublic.toString("hex"), "public", "ed25519", "raw"],
    ["32 raw bytes in upper-case hex", rawPublic.toString("hex").toUpperCase(), "public", "ed25519", "raw"],
    ["32 raw bytes in base64, with a newline", `${rawPublic.toString("base64")}\n`, "public", "ed25519", "raw"],
    ["64 raw bytes", rawPrivate.toString("base64"), "private", "ed25519", "raw"],
    ["a point", point.toString("hex"), "public", "ec", "raw"],
    ["a compressed point", compressed.toString("base64"), "public", "ec", "raw"],
    ["whpk_", `whpk_${rawPublic.toString("base64")}`, "public", "ed25519", "whpk"],
    ["whsk_", `whsk_${rawPrivate.toString("base64")}`, "private", "ed25519", "whsk"],
    ["whsk_ of a seed alone", `whsk_${rawPrivate.subarray(0, 32).toString("base64")}`, "private", "ed25519", "whsk"],
  ])("%s", (_name, text, visibility, type, form) => {
    expect(parseKey(text)).toMatchObject({ visibility, type, form });
    expect(parseKey(Buffer.from(text))).toMatchObject({ visibility, type, form });
  });

  it("bytes of DER as a file holds them", () => {
    expect(parseKey(der(rsa.publicKey))).toMatchObject({ type: "rsa", form: "der" });
  });

  it("every writing of a key as the same key", () => {
    const signature = sign("sha256", Buffer.from("m"), p256.privateKey);
    for (const text of [
      pem(p256.publicKey),
      JSON.stringify(ecJwk),
      point.toString("hex"),
      compressed.toString("hex"),
      pem(p256.privateKey),
    ]) {
      expect(verify("sha256", Buffer.from("m"), parseKey(text).publicKey, signature)).toBe(true);
    }
  });

  it("the key that Svix publishes for its tests", () => {
    const text = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    const published = parseKey("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");

    expect(createPublicKey(pem(parseKey(text).publicKey)).equals(published.publicKey)).toBe(true);
  });
});

describe("parseKey refuses", () => {
  it.each<[string, string, RegExp]>([
    ["nothing", "  \n", /the key is empty/],
    ["a word", "hello", /cannot be read/],
    ["a broken PEM", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", /cannot be read/],
    [
      "an encrypted PEM",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
      /encrypted/,
    ],
    ["JSON that is no JWK", "{}", /no kty/],
    ["a JWK of a shared secret", '{"kty":"oct","k":"AAAA"}', /shared secret/],
    ["broken JSON", "{", /cannot be read/],
    ["a JWK with a curve that does not exist", '{"kty":"EC","crv":"P-1","x":"AA","y":"AA"}', /cannot be read/],
    ["a point that is not on the curve", `04${"11".repeat(64)}`, /cannot be read/],
    [
      "halves of two keys",
      Buffer.concat([rawPrivate.subarray(0, 32), Buffer.alloc(32, 7)]).toString("hex"),
      /halves do not belong together/,
    ],
    ["whpk_ of another length", "whpk_AAAA", /cannot be read/],
    ["an X25519 key", pem(generateKeyPairSync("x25519").publicKey), /no scheme uses keys of this kind \(x25519\)/],
    ["a novel", "-----BEGIN ".padEnd(200_000, "A"), /cannot be read/],
  ])("%s", (_name, text, message) => {
    expect(() => parseKey(text)).toThrow(message);
  });

  it("without quoting it", () => {
    expect(() => parseKey("topsecret!")).toThrow(/^(?!.*topsecret).*$/);
  });
});

describe("looksLikeKey", () => {
  it("tells keys from secrets", () => {
    expect(
      ["-----BEGIN X", "{}", "whpk_a", "whsk_a", "whsk1_a"].map((text) => looksLikeKey(Buffer.from(text))),
    ).toEqual([true, true, true, true, true]);
    expect(["", "whsec_a", "secret", "-", "w"].map((text) => looksLikeKey(Buffer.from(text)))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("newKey", () => {
  const keyed = providers.flatMap(({ schemes }) => schemes.filter(({ secret }) => secret.kind === "key"));

  it.each(keyed.map((scheme) => [scheme.name, scheme] as const))(
    "makes a pair for %s whose halves belong together",
    (_name, scheme) => {
      const made = newKey(scheme);
      const [secret, open] = [parseKey(made.privateText), parseKey(made.publicText)];

      expect([secret.visibility, open.visibility]).toEqual(["private", "public"]);
      expect(secret.publicKey.equals(open.publicKey)).toBe(true);
    },
  );

  it("refuses schemes with shared secrets", () => {
    expect(keyed.length).toBeGreaterThanOrEqual(4);
    expect(() => newKey(GENERIC)).toThrow("has a shared secret, not a key");
  });
});
