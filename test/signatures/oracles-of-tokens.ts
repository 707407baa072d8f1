import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { Oracle, Sent } from "./oracles.js";

/*
 * Signed tokens (RFC 7515, 7519) that say something about the request, and secrets that are sent as they are.
 */

const SECRET = "a secret of some length";
const es256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" });

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data);
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A compact JWS by HMAC, whatever its head says. */
export function hmacToken(head: object, claims: object, secret = SECRET, hash = "sha256"): string {
  const signed = `${encoded(head)}.${encoded(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest("base64url")}`;
}

function ecToken(claims: object): string {
  const signed = `${encoded({ alg: "ES256", kid: "k1", typ: "JWT" })}.${encoded(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), { key: es256.privateKey, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

/** When a token is valid: from the time that it was sent for a minute. */
const valid = ({ time }: Sent) => ({ iat: Number(time), nbf: Number(time), exp: Number(time) + 60 });

/** A token's provider: its claims without the times, as its documents tell them. */
export interface TokenOracle extends Oracle {
  readonly claims: (sent: Sent) => Readonly<Record<string, string>>;
}

function token(
  scheme: string,
  header: string,
  claims: TokenOracle["claims"],
  { prefix = "", times = valid }: { prefix?: string; times?: (sent: Sent) => object } = {},
): TokenOracle {
  return {
    scheme,
    provider: scheme.replace(/-jw[ts]$/, ""),
    secret: SECRET,
    signatureHeader: header,
    isRandom: true,
    claims,
    headers: (sent) => [
      [header, prefix + hmacToken({ alg: "HS256", typ: "JWT" }, { ...claims(sent), ...times(sent) })],
    ],
  };
}

export const jwtOracles: readonly TokenOracle[] = [
  token("netlify-jws", "X-Webhook-Signature", ({ body }) => ({ iss: "netlify", sha256: sha256(body).digest("hex") }), {
    times: () => ({}),
  }),
  token("livekit-jwt", "Authorization", ({ body }) => ({ sha256: sha256(body).digest("base64") })),
  token("vonage-jwt", "Authorization", ({ body }) => ({ iss: "Vonage", payload_hash: sha256(body).digest("hex") }), {
    prefix: "Bearer ",
    times: ({ time }) => ({ iat: Number(time) }),
  }),
  token("messagebird-jwt", "MessageBird-Signature-JWT", ({ body, url }) => ({
    iss: "MessageBird",
    url_hash: sha256(url).digest("hex"),
    payload_hash: sha256(body).digest("hex"),
  })),
  token("qstash-jwt", "Upstash-Signature", ({ body, url }) => ({
    iss: "Upstash",
    sub: url,
    body: sha256(body).digest("base64url"),
  })),
  {
    scheme: "plaid-jwt",
    provider: "plaid",
    secret: JSON.stringify(es256.publicKey.export({ format: "jwk" })),
    signingSecret: es256.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    signatureHeader: "Plaid-Verification",
    isRandom: true,
    claims: ({ body }) => ({ request_body_sha256: sha256(body).digest("hex") }),
    headers: ({ body, time }) => [
      ["Plaid-Verification", ecToken({ iat: Number(time), request_body_sha256: sha256(body).digest("hex") })],
    ],
  },
];

function plain(provider: string, header: string, prefix = ""): Oracle {
  return {
    scheme: `${provider}-token`,
    provider,
    secret: SECRET,
    signatureHeader: header,
    covers: "nothing",
    headers: () => [[header, prefix + SECRET]],
  };
}

function basic(provider: string): Oracle {
  return {
    scheme: `${provider}-basic`,
    provider,
    secret: "user:a p\u00e4ssword",
    signatureHeader: "Authorization",
    covers: "nothing",
    headers: () => [["Authorization", `Basic ${Buffer.from("user:a p\u00e4ssword").toString("base64")}`]],
  };
}

export const tokenOracles: readonly Oracle[] = [
  ...jwtOracles,
  plain("gitlab", "X-Gitlab-Token"),
  plain("telegram", "X-Telegram-Bot-Api-Secret-Token"),
  plain("datadog", "Authorization", "Bearer "),
  plain("supabase", "Authorization", "Bearer "),
  plain("auth0", "Authorization", "Bearer "),
  plain("event-grid", "Authorization", "Bearer "),
  plain("okta", "Authorization"),
  basic("postmark"),
  basic("chargebee"),
];
