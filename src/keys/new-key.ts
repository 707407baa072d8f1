import { generateKeyPairSync } from "node:crypto";
import { CliError } from "../errors.js";
import { tokenAlgorithm } from "../signatures/jwt.js";
import { keyFromObject, type Key } from "../signatures/key.js";
import type { Scheme } from "../signatures/scheme.js";

/** A fresh pair of keys, and both halves as the scheme's users write them. */
export interface NewKey {
  readonly key: Key;
  /** What `--key` takes to sign: PEM, or `whsk_...`. Secret. */
  readonly privateText: string;
  /** What goes to whoever verifies: hex (Ed25519), base64 of DER (EC, RSA), or `whpk_...`. */
  readonly publicText: string;
}

/** Makes a pair for a scheme. @throws CliError when the scheme has no keys */
export function newKey(scheme: Scheme): NewKey {
  if (scheme.secret.kind !== "key") throw new CliError(`${scheme.name} has a shared secret, not a key`);
  const key = keyFromObject(generate(scheme), "pem");
  const jwk = key.privateKey?.export({ format: "jwk" }) ?? {};
  if (scheme.secret.text === "standard-webhooks") return { key, ...standardTexts(jwk.d ?? "", jwk.x ?? "") };
  const privateText = String(key.privateKey?.export({ format: "pem", type: "pkcs8" }));
  if (key.type === "ed25519")
    return { key, privateText, publicText: Buffer.from(jwk.x ?? "", "base64url").toString("hex") };
  return { key, privateText, publicText: key.publicKey.export({ format: "der", type: "spki" }).toString("base64") };
}

const OPENSSL_CURVES = { p256: "prime256v1", p384: "secp384r1", p521: "secp521r1", secp256k1: "secp256k1" } as const;

function generate(scheme: Scheme) {
  const algorithm = scheme.algorithm.family === "jwt" ? tokenAlgorithm(scheme.algorithm) : scheme.algorithm;
  if (algorithm?.family === "ecdsa")
    return generateKeyPairSync("ec", { namedCurve: OPENSSL_CURVES[algorithm.curve] }).privateKey;
  if (algorithm?.family === "rsa") return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return generateKeyPairSync("ed25519").privateKey;
}

function standardTexts(seed: string, publicKey: string) {
  const publicBytes = Buffer.from(publicKey, "base64url");
  return {
    privateText: `whsk_${Buffer.concat([Buffer.from(seed, "base64url"), publicBytes]).toString("base64")}`,
    publicText: `whpk_${publicBytes.toString("base64")}`,
  };
}
