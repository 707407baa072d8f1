import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSigner, createVerifier, httpbis } from "http-message-signatures";
import { describe, expect, test } from "vitest";
import { sign, verify } from "../../src/index.js";

/* RFC 9421 by `http-message-signatures`, in both directions. */

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ALGORITHMS = {
  ed25519: generateKeyPairSync("ed25519"),
  "ecdsa-p256-sha256": generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  "ecdsa-p384-sha384": generateKeyPairSync("ec", { namedCurve: "secp384r1" }),
  "rsa-pss-sha512": rsa,
  "rsa-v1_5-sha256": rsa,
  "hmac-sha256": undefined,
} as const;
type Name = keyof typeof ALGORITHMS;
const SHARED = "a secret that both sides know";
const URL_SIGNED = "https://example.com/hooks?x=1&y=a%20b";
const TYPE = ["Content-Type", "application/json"] as const;
const body = Buffer.from('{"a":"\u00e9"}');

function base(name: Name) {
  return { provider: "rfc9421", scheme: `http-message-signatures-${name}`, url: URL_SIGNED, body, now: Date.now() };
}

function credentials(pair: Pair | undefined, half: "public" | "private") {
  if (pair === undefined) return { secret: SHARED };
  const text =
    half === "public"
      ? pair.publicKey.export({ format: "pem", type: "spki" })
      : pair.privateKey.export({ format: "pem", type: "pkcs8" });
  return { key: text.toString() };
}

const rows = (Object.keys(ALGORITHMS) as Name[]).map((name) => [name, ALGORITHMS[name]] as const);

describe.each(rows)("%s", (name, pair) => {
  test("the library accepts what we sign, and refuses it at another URL or with another type", async () => {
    const parts = sign({ ...base(name), headers: [TYPE], settings: { keyid: "k" }, ...credentials(pair, "private") });
    const judge = createVerifier(pair?.publicKey ?? Buffer.from(SHARED), name);
    const keyLookup = () => Promise.resolve({ id: "k", algs: [name], verify: judge });
    const headers = Object.fromEntries([TYPE, ...parts.headers]);
    const judged = (change: object) =>
      httpbis.verifyMessage({ keyLookup }, { method: "POST", url: URL_SIGNED, headers, ...change });

    expect(await judged({})).toBe(true);
    expect(await judged({ url: `${URL_SIGNED}1` })).toBe(false);
    expect(await judged({ headers: { ...headers, "Content-Type": "text/plain" } })).toBe(false);
  });

  // The library salts PSS with as much as fits the key, where the RFC (section 3.3.1) says 64 bytes.
  if (name === "rsa-pss-sha512") return;

  test("we accept what the library signs, and refuse it with another body or at another URL", async () => {
    const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
    const message = await httpbis.signMessage(
      {
        key: createSigner(pair?.privateKey ?? Buffer.from(SHARED), name, "k"),
        fields: ["@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"].concat(
          '@query-param;name="y"',
          "content-digest",
          "content-type",
        ),
        params: ["created", "keyid", "alg"],
      },
      { method: "POST", url: URL_SIGNED, headers: { "Content-Type": TYPE[1], "Content-Digest": digest } },
    );
    const headers = Object.entries(message.headers).map(([key, value]) => [key, String(value)] as const);
    const judged = (change: object) =>
      verify({ ...base(name), headers, ...credentials(pair, "public"), ...change }).reason;

    expect(judged({})).toBeNull();
    expect(judged({ body: "{}" })).toBe("body_hash_mismatch");
    expect(judged({ url: `${URL_SIGNED}1` })).toBe("signature_mismatch");
    expect(judged({ method: "PUT" })).toBe("signature_mismatch");
  });
});
