import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { withHeaders } from "../../src/events/headers.js";
import { GENERIC } from "../../src/signatures/generic.js";
import { keyFromObject, parseKey } from "../../src/signatures/key.js";
import { signRequest } from "../../src/signatures/sign.js";
import { verifyRequest } from "../../src/signatures/verify.js";
import { BODY, NOW, oracles, requestBy, rowOf, sentBy, URL_SIGNED, type Oracle } from "./oracles.js";
import { jwtOracles } from "./oracles-of-tokens.js";

function signBy(oracle: Oracle, changes: { url?: string; id?: string | undefined } = {}) {
  const sent = sentBy(oracle);
  const { scheme } = rowOf(oracle);
  const id = "id" in changes ? changes.id : sent.id;
  return signRequest({
    scheme,
    request: {
      headers: [["Content-Type", "application/x-www-form-urlencoded"], ...(oracle.beside?.(sent) ?? [])],
      body: sent.body,
      url: changes.url ?? oracle.url?.(sent) ?? sent.url,
    },
    secret: Buffer.from(oracle.signingSecret ?? oracle.secret),
    now: NOW,
    settings: oracle.settings,
    ...(id === undefined ? {} : { id }),
  });
}

const oracleOf = (scheme: string) => oracles.find((oracle) => oracle.scheme === scheme) as Oracle;

/** Schemes whose tokens have a `jti`. */
const WITH_IDS: ReadonlySet<string> = new Set(["messagebird-jwt", "qstash-jwt"]);

describe("signRequest", () => {
  it.each(oracles.filter(({ isRandom }) => isRandom !== true).map((oracle) => [oracle.scheme, oracle] as const))(
    "signs %s as node:crypto does",
    (_name, oracle) => {
      const sent = sentBy(oracle);
      const expected = oracle.headers(sent).filter(([name]) => name !== "Content-Type");

      const { headers, body } = signBy(oracle);

      expect(headers.map(([name]) => name)).toEqual(expected.map(([name]) => name));
      expect(headers).toEqual(expected);
      expect(Buffer.from(body ?? sent.body).toString()).toBe(Buffer.from(requestBy(oracle, sent).body).toString());
    },
  );

  it.each(jwtOracles.map((oracle) => [oracle.scheme, oracle] as const))(
    "makes a token for %s that says what the provider's says, and is accepted",
    (_name, oracle) => {
      const sent = sentBy(oracle);

      const { headers } = signBy(oracle);
      const [head, claims] = (headers[0]?.[1].replace("Bearer ", "") ?? "")
        .split(".", 2)
        .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as unknown);

      expect(head).toEqual({ alg: oracle.scheme === "plaid-jwt" ? "ES256" : "HS256", typ: "JWT" });
      expect(claims).toEqual({
        ...oracle.claims(sent),
        iat: NOW / 1000,
        nbf: NOW / 1000,
        exp: NOW / 1000 + 60,
        ...(WITH_IDS.has(oracle.scheme) ? { jti: sent.id } : {}),
      });
      expect(
        verifyRequest({
          scheme: rowOf(oracle).scheme,
          request: { headers, body: sent.body, url: sent.url },
          secrets: [Buffer.from(oracle.secret)],
          now: NOW,
        }).valid,
      ).toBe(true);
    },
  );

  it("signs SendGrid's scheme so that the public key accepts it", () => {
    const oracle = oracleOf("sendgrid-ecdsa");
    const { headers } = signBy(oracle);

    const verdict = verifyRequest({
      scheme: rowOf(oracle).scheme,
      request: { headers, body: BODY },
      secrets: [Buffer.from(oracle.secret)],
      now: NOW,
    });

    expect(verdict.valid).toBe(true);
  });

  it("puts the hash of a JSON body into Twilio's URL, in place of an older one", () => {
    const oracle = oracleOf("twilio-json");
    const expected = oracle.url?.(sentBy(oracle));

    expect(signBy(oracle).url).toBe(expected);
    expect(signBy(oracle, { url: `${URL_SIGNED}&bodySHA256=00` }).url).toBe(expected);
    expect(signBy(oracle, { url: `${URL_SIGNED}#top` }).url).toBe(`${expected}#top`);
  });

  it("writes a timestamp's text as it is given", () => {
    const { scheme } = rowOf(oracleOf("stripe-v1"));

    const { headers } = signRequest({
      scheme,
      request: { headers: [], body: BODY },
      secret: Buffer.from("s"),
      now: NOW,
      timestamp: "soon",
    });

    expect(headers[0]?.[1]).toMatch(/^t=soon,v1=[0-9a-f]{64}$/);
  });

  it("refuses to sign with a public key, an empty secret, or none", () => {
    const discord = rowOf(oracleOf("discord-ed25519")).scheme;
    const request = { headers: [], body: BODY };

    expect(() =>
      signRequest({ scheme: discord, request, secret: Buffer.from(oracleOf("discord-ed25519").secret), now: NOW }),
    ).toThrow("a public key cannot sign");
    expect(() => signRequest({ scheme: GENERIC, request, secret: Buffer.from(""), now: NOW })).toThrow(
      "the secret is empty",
    );
    expect(() => signRequest({ scheme: GENERIC, request, now: NOW })).toThrow(
      "no secret is known for generic-hmac-sha256",
    );
  });

  it("refuses a key of another kind or curve", () => {
    const request = { headers: [], body: BODY };
    const rsa = keyFromObject(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey, "pem");
    const p384 = keyFromObject(generateKeyPairSync("ec", { namedCurve: "secp384r1" }).privateKey, "pem");
    const sendgrid = rowOf(oracleOf("sendgrid-ecdsa")).scheme;

    expect(() => signRequest({ scheme: sendgrid, request, key: rsa, now: NOW })).toThrow(
      "the key is of type rsa, the scheme takes ec",
    );
    expect(() => signRequest({ scheme: sendgrid, request, key: p384, now: NOW })).toThrow(
      "the key's curve is p384, the scheme takes p256",
    );
  });

  it("asks for an id and a URL where the scheme signs them", () => {
    expect(() => signBy(oracleOf("standard-webhooks-v1"), { id: undefined })).toThrow("signs a delivery id");
    expect(() => signBy(oracleOf("square-hmacsha256"), { url: "/hooks" })).toThrow(
      "signs the URL, and it is not known",
    );
    expect(() => signBy(oracleOf("square-hmacsha256"), { url: "http://[" })).toThrow("not a URL");
  });

  it("verifies a Standard Webhooks header that lists v1, v1a and versions to come, with either key", () => {
    const [v1, v1a] = [oracleOf("standard-webhooks-v1"), oracleOf("standard-webhooks-v1a")];
    const texts = [v1, v1a].map((oracle) => signBy(oracle).headers[2]?.[1] ?? "");
    const headers = withHeaders(signBy(v1).headers, [["webhook-signature", `v9,AAAA ${texts.join(" ")}`]]);

    for (const oracle of [v1, v1a]) {
      const verdict = verifyRequest({
        scheme: rowOf(oracle).scheme,
        request: { headers, body: BODY },
        secrets: [Buffer.from(oracle.secret)],
        now: NOW,
      });
      expect(verdict).toMatchObject({ valid: true, signatureIndex: 0 });
    }
  });

  it("verifies with a private key too", () => {
    const oracle = oracleOf("standard-webhooks-v1a");
    const keys = [parseKey(oracle.signingSecret ?? "")];

    expect(
      verifyRequest({
        scheme: rowOf(oracle).scheme,
        request: { headers: signBy(oracle).headers, body: BODY },
        keys,
        now: NOW,
      }).valid,
    ).toBe(true);
  });
});
