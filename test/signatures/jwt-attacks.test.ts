import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { providers } from "../../src/providers/index.js";
import { SecretError } from "../../src/signatures/secret.js";
import { verifyRequest } from "../../src/signatures/verify.js";
import { oracles, NOW, requestBy, rowOf, sentBy, type Oracle } from "./oracles.js";
import { placeOracles, type PlaceOracle } from "./oracles-of-places.js";

/*
 * Tokens that lax libraries have believed. Each is made from what the provider itself would send, by somebody who has no
 * key of the provider's but knows the public one.
 */

const rows = [...oracles, ...placeOracles.map(inHeader)].filter(
  (oracle) => rowOf(oracle).scheme.algorithm.family === "jwt",
);
const attacker = {
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ec: generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
};

type Json = Readonly<Record<string, unknown>>;
const read = (part = "") => JSON.parse(Buffer.from(part, "base64url").toString()) as Json;
const written = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** One whose token says something of the URL, as an oracle whose token stands in a header. */
function inHeader({ scheme, provider, secret, signed }: PlaceOracle): Oracle {
  const headers = () => signed.headers.filter(([name]) => name === "Authorization");
  return { scheme, provider, secret, headers, signatureHeader: "Authorization", url: () => signed.url };
}

interface Genuine {
  readonly head: Json;
  readonly claims: Json;
  readonly signature: string;
  readonly prefix: string;
}

function genuine(oracle: Oracle): Genuine {
  const value = oracle.headers(sentBy(oracle)).find(([name]) => name === oracle.signatureHeader)?.[1] ?? "";
  const token = value.replace(/^\w+ (?=\S)/, "");
  const [head, claims, signature = ""] = token.split(".");
  return { head: read(head), claims: read(claims), signature, prefix: value.slice(0, value.length - token.length) };
}

function verdictOn(oracle: Oracle, token: string) {
  const request = requestBy(oracle, sentBy(oracle));
  const { prefix } = genuine(oracle);
  const headers = request.headers.map(([name, value]): [string, string] =>
    name === oracle.signatureHeader ? [name, prefix + token] : [name, value],
  );
  return verifyRequest({
    scheme: rowOf(oracle).scheme,
    request: { ...request, headers },
    secrets: [Buffer.from(oracle.secret)],
    now: NOW,
    settings: oracle.settings,
  });
}

/** A signature of the attacker's, by the kind of algorithm that the head names. */
function forged(head: Json, claims: Json, key: KeyObject | string | Buffer): string {
  const signed = `${written(head)}.${written(claims)}`;
  if (typeof key === "string" || Buffer.isBuffer(key))
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  const bytes = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${bytes.toString("base64url")}`;
}

function keyFor(oracle: Oracle): KeyObject | string {
  const { secret } = rowOf(oracle).scheme;
  if (secret.kind !== "key") return "the attacker's secret";
  return secret.type === "rsa" ? attacker.rsa.privateKey : attacker.ec.privateKey;
}

/** What everybody may know of the provider's key, in every writing that has been taken for a secret. */
function publicTexts(oracle: Oracle): (string | Buffer)[] {
  const { secret } = rowOf(oracle).scheme;
  if (secret.kind !== "key") return [attacker.rsa.publicKey.export({ format: "pem", type: "spki" }).toString()];
  const isPem = oracle.secret.startsWith("-----");
  const key = createPublicKey(isPem ? oracle.secret : { key: JSON.parse(oracle.secret) as Json, format: "jwk" });
  const pem = key.export({ format: "pem", type: "spki" }).toString();
  return [pem, pem.trim(), key.export({ format: "der", type: "spki" }), oracle.secret];
}

const ALL_ROWS = providers.flatMap(({ schemes }) => schemes.filter(({ algorithm }) => algorithm.family === "jwt"));

describe("tokens", () => {
  it("of every row that has them are attacked here", () => {
    expect(rows.map(({ scheme }) => scheme).toSorted()).toEqual(ALL_ROWS.map(({ name }) => name).toSorted());
  });
});

describe.each(rows.map((oracle) => [oracle.scheme, oracle] as const))("%s", (_name, oracle) => {
  const { head, claims, signature } = genuine(oracle);

  it("takes what it is made from", () => {
    const token = oracle.headers(sentBy(oracle)).find(([name]) => name === oracle.signatureHeader)?.[1] ?? "";

    expect(verdictOn(oracle, token.replace(/^\w+ (?=\S)/, "")).valid).toBe(true);
  });

  it.each(["none", "None", "nOnE", "NONE", "", null, undefined, ["RS256"], {}])("refuses the algorithm %j", (alg) => {
    for (const end of ["", signature]) {
      const token = `${written({ ...head, alg })}.${written(claims)}.${end}`;

      expect(verdictOn(oracle, token)).toMatchObject({ valid: false, reason: "algorithm_not_allowed" });
    }
  });

  it("refuses a MAC with the public key as its secret, under every name of an algorithm", () => {
    for (const text of publicTexts(oracle)) {
      for (const alg of ["HS256", "HS384", "HS512", head["alg"]])
        expect(verdictOn(oracle, forged({ ...head, alg }, claims, text)).valid, String(alg)).toBe(false);
    }
  });

  it("takes no public key as the secret of a MAC", () => {
    if (rowOf(oracle).scheme.secret.kind === "key") return expect(publicTexts(oracle).length).toBe(4);
    const pem = attacker.rsa.publicKey.export({ format: "pem", type: "spki" }).toString();
    const check = () =>
      verifyRequest({
        scheme: rowOf(oracle).scheme,
        request: requestBy(oracle, sentBy(oracle)),
        secrets: [Buffer.from(pem)],
        now: NOW,
      });

    expect(check).toThrow(SecretError);
  });

  it.each(["jwk", "jku", "x5u", "x5c"])("refuses a key of the token's own (%s), whoever signed it", (member) => {
    const own = { jwk: attacker.ec.publicKey.export({ format: "jwk" }), jku: "https://evil.example/jwks.json" };
    const value = member === "jwk" ? own.jwk : member === "x5c" ? ["AAAA"] : own.jku;
    const token = forged({ ...head, [member]: value }, claims, keyFor(oracle));

    expect(verdictOn(oracle, token)).toMatchObject({ valid: false, reason: "key_not_trusted" });
  });

  it.each([[["b64"]], [["exp"]], [[]], ["b64"]])("refuses extensions that must be understood: crit %j", (crit) => {
    const token = forged({ ...head, crit, b64: false }, claims, keyFor(oracle));

    expect(verdictOn(oracle, token)).toMatchObject({ valid: false, reason: "algorithm_not_allowed" });
  });

  it.each([
    "../../../../dev/null",
    "/dev/null",
    "x' UNION SELECT 'k",
    "|/bin/true",
    "\u0000",
    "__proto__",
    "constructor",
  ])("refuses a token by another key that is called %j", (kid) => {
    for (const key of [keyFor(oracle), "", "\0", Buffer.alloc(0)])
      expect(verdictOn(oracle, forged({ ...head, kid }, claims, key)).valid).toBe(false);
  });

  it("refuses an empty signature, one that is left out, and parts too many or too few", () => {
    const signed = `${written(head)}.${written(claims)}`;
    for (const token of [
      `${signed}.`,
      signed,
      `${signed}..`,
      `${signed}.${signature}.`,
      `.${signed}.${signature}`,
      "..",
      "",
    ])
      expect(verdictOn(oracle, token).valid, token).toBe(false);
  });

  it("refuses an ECDSA signature in DER, one of zeros, and one with the other s and a byte more", () => {
    const signed = `${written({ ...head, alg: "ES256" })}.${written(claims)}`;
    const der = sign("sha256", Buffer.from(signed), attacker.ec.privateKey);
    for (const bytes of [der, Buffer.alloc(64), Buffer.alloc(65), Buffer.alloc(0)])
      expect(verdictOn(oracle, `${signed}.${bytes.toString("base64url")}`).valid).toBe(false);
  });

  it("refuses claims that were changed, and a signature in another writing of base64", () => {
    const admin = `${written(head)}.${written({ ...claims, exp: NOW })}.${signature}`;
    const token = `${written(head)}.${written(claims)}.${signature}`;
    const [first = "", second = ""] = token.split(".");

    expect(verdictOn(oracle, admin).valid).toBe(false);
    for (const end of [`${signature}=`, `${signature}==`, ` ${signature}`, `${signature}\n`])
      expect(verdictOn(oracle, `${first}.${second}.${end}`).valid).toBe(false);
  });
});

describe("an ECDSA token of the provider's own key", () => {
  it("counts as r and s, and not in DER", () => {
    const key = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const plaid = rows.find(({ scheme }) => scheme === "plaid-jwt");
    if (plaid === undefined) throw new Error("no row of Plaid");
    const { claims } = genuine(plaid);
    const signed = `${written({ alg: "ES256" })}.${written(claims)}`;
    const own = { ...plaid, secret: JSON.stringify(key.publicKey.export({ format: "jwk" })) };
    const with_ = (dsaEncoding: "der" | "ieee-p1363") =>
      sign("sha256", Buffer.from(signed), { key: key.privateKey, dsaEncoding }).toString("base64url");

    expect(verdictOn(own, `${signed}.${with_("ieee-p1363")}`).valid).toBe(true);
    expect(verdictOn(own, `${signed}.${with_("der")}`).valid).toBe(false);
  });
});
