import { CliError } from "../errors.js";
import { makeChecker, makeSignature, signatureBytes, type ByteAlgorithm, type Credential } from "./algorithm.js";
import type { Key } from "./key.js";
import { counted } from "./problems.js";
import type { CurveName, HashName } from "./scheme.js";
import { SecretError } from "./secret.js";
import type { ReasonCode } from "./verdict.js";

const MACS: readonly HashName[] = ["sha256", "sha1", "sha384", "sha512"];
const CURVES: readonly (readonly [CurveName, HashName])[] = [
  ["p256", "sha256"],
  ["p384", "sha384"],
  ["p521", "sha512"],
  ["secp256k1", "sha256"],
];
const RSA_HASHES: readonly HashName[] = ["sha256", "sha384", "sha512"];
const MAC_BITS: Readonly<Record<string, number>> = { sha1: 160, sha256: 256, sha384: 384, sha512: 512 };

/**
 * The algorithms that `--scheme` names, over the message's bytes and nothing else.
 *
 * `hmac-sha256-128` is HMAC-SHA256 cut to half its length, the least that RFC 2104 (section 5) advises; without the number
 * a cut MAC is refused.
 */
export const RAW_ALGORITHMS: ReadonlyMap<string, ByteAlgorithm> = new Map<string, ByteAlgorithm>([
  ...MACS.map((hash) => [`hmac-${hash}`, { family: "hmac", hash }] as const),
  ...MACS.map((hash) => [`hmac-${hash}-${half(hash)}`, { family: "hmac", hash, bits: half(hash) }] as const),
  ["ed25519", { family: "ed25519" }],
  ...CURVES.map(
    ([curve, hash]) => [`ecdsa-${curve}-${hash}`, { family: "ecdsa", curve, hash, format: "der" }] as const,
  ),
  ...CURVES.map(
    ([curve, hash]) => [`ecdsa-${curve}-${hash}-p1363`, { family: "ecdsa", curve, hash, format: "p1363" }] as const,
  ),
  ...RSA_HASHES.map((hash) => [`rsa-${hash}`, { family: "rsa", hash, padding: "pkcs1" }] as const),
  ...RSA_HASHES.map((hash) => [`rsa-pss-${hash}`, { family: "rsa", hash, padding: "pss" }] as const),
]);

/** True for the `--scheme` of tokens: `jws`, or with an algorithm (`jws-es256`). */
export function isTokenScheme(name: string): boolean {
  return /^jws(?:-|$)/.test(name);
}

/** `key`: bytes of a shared secret for HMAC, a parsed key for the rest. */
export interface RawOptions {
  readonly algorithm: string;
  readonly key: Uint8Array | Key;
  readonly message: Uint8Array;
}

export type RawVerdict =
  | { readonly valid: true; readonly reason: null }
  | { readonly valid: false; readonly reason: ReasonCode; readonly message: string };

/** Checks a signature's bytes over a message's. @throws CliError for an unknown algorithm, an empty secret, a key of another kind */
export function verifyRaw({
  algorithm: name,
  key,
  message,
  signature,
}: RawOptions & { readonly signature: Uint8Array }): RawVerdict {
  const algorithm = rawAlgorithm(name);
  const check = makeChecker(algorithm, credentialOf(algorithm, key), [message]);
  if (signature.length === 0) return { valid: false, reason: "signature_malformed", message: "the signature is empty" };
  const wanted = signatureBytes(algorithm);
  if (wanted !== undefined && signature.length !== wanted) {
    return {
      valid: false,
      reason: "signature_malformed",
      message: `the signature has ${counted(signature.length, "byte")}; ${name} has ${wanted}`,
    };
  }
  if (check(signature)) return { valid: true, reason: null };
  return {
    valid: false,
    reason: "signature_mismatch",
    message: "the signature was made with another key, or over another message",
  };
}

/** Signs a message's bytes. @throws CliError as {@link verifyRaw}, and for a public key */
export function signRaw({ algorithm: name, key, message }: RawOptions): Uint8Array {
  const algorithm = rawAlgorithm(name);
  return makeSignature(algorithm, credentialOf(algorithm, key), [message]);
}

/** The algorithm of a `--scheme` name. @throws CliError when there is none of that name */
export function rawAlgorithm(name: string): ByteAlgorithm {
  const algorithm = RAW_ALGORITHMS.get(name);
  if (algorithm !== undefined) return algorithm;
  throw new CliError(`unknown scheme: ${name}`, { hint: `the schemes are ${[...RAW_ALGORITHMS.keys()].join(", ")}` });
}

function credentialOf({ family }: ByteAlgorithm, key: Uint8Array | Key): Credential {
  if (!(key instanceof Uint8Array)) return { key };
  if (key.length === 0) throw new SecretError("empty", "the key is empty");
  if (family !== "hmac")
    throw new SecretError("malformed", "this scheme takes a public key", "pass --key with PEM, JWK, hex or base64");
  return { bytes: key };
}

function half(hash: HashName): number {
  return (MAC_BITS[hash] ?? 0) / 2;
}
