import { constants, createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import type { Oracle, Sent } from "./oracles.js";

/*
 * HTTP Message Signatures, the signature base written out from RFC 9421.
 */

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const p384 = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const SHARED = "a secret that both sides know";
const TYPE = "application/x-www-form-urlencoded";

const digestOf = (body: Uint8Array) => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;

function inputOf({ time }: Sent, algorithm: string): string {
  return `("@method" "@target-uri" "content-digest" "content-type");created=${time};alg="${algorithm}"`;
}

function baseOf(sent: Sent, algorithm: string): string {
  return [
    '"@method": POST',
    `"@target-uri": ${sent.url}`,
    `"content-digest": ${digestOf(sent.body)}`,
    `"content-type": ${TYPE}`,
    `"@signature-params": ${inputOf(sent, algorithm)}`,
  ].join("\n");
}

function oracle(
  algorithm: string,
  make: (base: Buffer) => Buffer,
  credentials: Pick<Oracle, "secret" | "signingSecret" | "isRandom">,
): Oracle {
  return {
    ...credentials,
    scheme: `http-message-signatures-${algorithm}`,
    provider: "http-message-signatures",
    signatureHeader: "Signature",
    timeInHeader: ["Signature-Input", /;created=[^;]*/],
    headers: (sent) => [
      ["Content-Type", TYPE],
      ["Content-Digest", digestOf(sent.body)],
      ["Signature-Input", `sig1=${inputOf(sent, algorithm)}`],
      ["Signature", `sig1=:${make(Buffer.from(baseOf(sent, algorithm))).toString("base64")}:`],
    ],
  };
}

function pair({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }) {
  return {
    secret: publicKey.export({ format: "pem", type: "spki" }).toString(),
    signingSecret: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  };
}

export const messageOracles: readonly Oracle[] = [
  oracle("ed25519", (base) => sign(null, base, ed25519.privateKey), pair(ed25519)),
  oracle("hmac-sha256", (base) => createHmac("sha256", SHARED).update(base).digest(), { secret: SHARED }),
  oracle("ecdsa-p256-sha256", (base) => sign("sha256", base, { key: p256.privateKey, dsaEncoding: "ieee-p1363" }), {
    ...pair(p256),
    isRandom: true,
  }),
  oracle("ecdsa-p384-sha384", (base) => sign("sha384", base, { key: p384.privateKey, dsaEncoding: "ieee-p1363" }), {
    ...pair(p384),
    isRandom: true,
  }),
  oracle(
    "rsa-pss-sha512",
    (base) => sign("sha512", base, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }),
    { ...pair(rsa), isRandom: true },
  ),
  oracle("rsa-v1_5-sha256", (base) => sign("sha256", base, rsa.privateKey), pair(rsa)),
];
