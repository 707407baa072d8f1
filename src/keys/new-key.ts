import { generateKeyPairSync, randomBytes } from "node:crypto";
import { CliError } from "../errors.js";
import { tokenAlgorithm } from "../signatures/jwt.js";
import { keyFromObject, type Key } from "../signatures/key.js";
import type { Scheme } from "../signatures/scheme.js";
import { selfSigned } from "./self-signed.js";

/** A fresh pair of keys, and both halves as the scheme's users write them. */
export interface NewKey {
  readonly key: Key;
  /** What `--key` takes to sign: PEM, a JWK, or `whsk_...`. Secret. */
  readonly privateText: string;
  /** What goes to whoever verifies: hex (Ed25519), base64 of DER (EC, RSA), `whpk_...`, a JWK, or a certificate. */
  readonly publicText: string;
}

/** Makes a pair for a scheme. @throws CliError when the scheme has no keys */
export function newKey(scheme: Scheme): NewKey {
  if (scheme.secret.kind !== "key") throw new CliError(`${scheme.name} has a shared secret, not a key`);
  const key = keyFromObject(generate(scheme), "pem");
  return { key, ...TEXTS[scheme.secret.text ?? "plain"](key, scheme) };
}

type Texts = Pick<NewKey, "privateText" | "publicText">;
type TextForm = NonNullable<Extract<Scheme["secret"], { readonly kind: "key" }>["text"]> | "plain";

const TEXTS: Readonly<Record<TextForm, (key: Key, scheme: Scheme) => Texts>> = {
  plain: (key) => ({ privateText: pemOf(key), publicText: plainText(key) }),
  "standard-webhooks": standardTexts,
  jwk: jwkTexts,
  certificate: (key, scheme) => ({ privateText: pemOf(key), publicText: certificateText(key, scheme) }),
};

const OPENSSL_CURVES = { p256: "prime256v1", p384: "secp384r1", p521: "secp521r1", secp256k1: "secp256k1" } as const;

function generate(scheme: Scheme) {
  const algorithm = scheme.algorithm.family === "jwt" ? tokenAlgorithm(scheme.algorithm) : scheme.algorithm;
  if (algorithm?.family === "ecdsa")
    return generateKeyPairSync("ec", { namedCurve: OPENSSL_CURVES[algorithm.curve] }).privateKey;
  if (algorithm?.family === "rsa") return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return generateKeyPairSync("ed25519").privateKey;
}

function pemOf({ privateKey }: Key): string {
  return String(privateKey?.export({ format: "pem", type: "pkcs8" }));
}

function plainText({ type, publicKey }: Key): string {
  if (type !== "ed25519") return publicKey.export({ format: "der", type: "spki" }).toString("base64");
  return Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
}

function standardTexts({ privateKey, publicKey }: Key): Texts {
  const seed = Buffer.from(privateKey?.export({ format: "jwk" }).d ?? "", "base64url");
  const publicBytes = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  return {
    privateText: `whsk_${Buffer.concat([seed, publicBytes]).toString("base64")}`,
    publicText: `whpk_${publicBytes.toString("base64")}`,
  };
}

/** With an id, by which a request names its key. */
function jwkTexts({ privateKey, publicKey }: Key): Texts {
  const kid = `hookcli-${randomBytes(8).toString("hex")}`;
  return {
    privateText: JSON.stringify({ kid, use: "sig", ...privateKey?.export({ format: "jwk" }) }),
    publicText: JSON.stringify({ kid, use: "sig", ...publicKey.export({ format: "jwk" }) }),
  };
}

/** A test is not to end with its certificate. */
const VALID_FROM = Date.UTC(2020, 0, 1);
const VALID_TO = Date.UTC(2120, 0, 1);

/** Made out to the provider, by the key itself. */
function certificateText({ privateKey, publicKey }: Key, { certificate }: Scheme): string {
  const name = certificate?.names[0];
  if (privateKey === undefined || name === undefined) throw new TypeError("no key, or no name for its certificate");
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)]);
  return selfSigned({ privateKey, publicKey, name, from: VALID_FROM, to: VALID_TO, serial }).trimEnd();
}
