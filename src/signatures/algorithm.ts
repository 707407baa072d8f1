import { constants, createHash, createHmac, sign, timingSafeEqual, verify, type KeyObject } from "node:crypto";
import { joinPieces, type Piece } from "./content.js";
import type { Key } from "./key.js";
import { feed, macText } from "./mac.js";
import type { Algorithm, HashName, SignatureEncoding } from "./scheme.js";
import { SecretError } from "./secret.js";

/** The algorithms whose signature is made of bytes over bytes; JWTs have a file of their own. */
export type ByteAlgorithm = Exclude<Algorithm, { readonly family: "jwt" }>;

/** What signs or verifies: key bytes, or a key. */
export type Credential = { readonly bytes: Uint8Array } | { readonly key: Key };

type OfFamily<Family extends ByteAlgorithm["family"]> = Extract<ByteAlgorithm, { readonly family: Family }>;
interface Family<Name extends ByteAlgorithm["family"]> {
  readonly checker: (
    algorithm: OfFamily<Name>,
    credential: Credential,
    pieces: readonly Piece[],
  ) => (signature: Uint8Array) => boolean;
  readonly make: (algorithm: OfFamily<Name>, credential: Credential, pieces: readonly Piece[]) => Uint8Array;
}

const MACS = {
  hmac: (algorithm: OfFamily<"hmac">, credential: Credential, pieces: readonly Piece[]) =>
    mac(algorithm, bytesOf(credential), pieces),
  hash: (algorithm: OfFamily<"hash">, _credential: Credential, pieces: readonly Piece[]) =>
    digest(algorithm.hash, pieces),
  token: (_algorithm: OfFamily<"token">, credential: Credential) => bytesOf(credential),
};

const FAMILIES: { readonly [Name in ByteAlgorithm["family"]]: Family<Name> } = {
  hmac: { make: MACS.hmac, checker: (...given) => equals(MACS.hmac(...given)) },
  hash: { make: MACS.hash, checker: (...given) => equals(MACS.hash(...given)) },
  token: { make: MACS.token, checker: (algorithm, credential) => equals(MACS.token(algorithm, credential)) },
  ed25519: keyed(() => ({ hash: null, options: {} })),
  ecdsa: keyed(({ hash, format }) => ({ hash, options: { dsaEncoding: format === "der" ? "der" : "ieee-p1363" } })),
  rsa: keyed(({ hash, padding }) => ({ hash, options: padding === "pss" ? PSS : PKCS1 })),
};

const PKCS1 = { padding: constants.RSA_PKCS1_PADDING };
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

/** A check of one signature after the other against the same content and credential; what can be computed once, is. */
export function makeChecker<Name extends ByteAlgorithm["family"]>(
  algorithm: OfFamily<Name> & { readonly family: Name },
  credential: Credential,
  pieces: readonly Piece[],
): (signature: Uint8Array) => boolean {
  return FAMILIES[algorithm.family].checker(algorithm, credential, pieces);
}

/** The signature over the content. @throws SecretError when the key is public or of another kind */
export function makeSignature<Name extends ByteAlgorithm["family"]>(
  algorithm: OfFamily<Name> & { readonly family: Name },
  credential: Credential,
  pieces: readonly Piece[],
): Uint8Array {
  return FAMILIES[algorithm.family].make(algorithm, credential, pieces);
}

/** The MAC or hash of the content as text: quicker than its bytes, where text is what it is sent as. */
export function writtenMac(
  algorithm: OfFamily<"hmac" | "hash">,
  { credential, pieces }: { readonly credential: Credential; readonly pieces: readonly Piece[] },
  encoding: Exclude<SignatureEncoding, "text">,
): string {
  const key = algorithm.family === "hmac" ? bytesOf(credential) : undefined;
  return macText({ hash: algorithm.hash, key, pieces }, encoding === "hexAnyCase" ? "hex" : encoding);
}

const HASH_BYTES: Readonly<Record<HashName, number>> = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const COORDINATE_BYTES = { p256: 32, p384: 48, p521: 66, secp256k1: 32 } as const;

/** The bytes of a signature, where the algorithm alone fixes them. */
export function signatureBytes(algorithm: Algorithm): number | undefined {
  if (algorithm.family === "hmac")
    return algorithm.bits === undefined ? HASH_BYTES[algorithm.hash] : algorithm.bits / 8;
  if (algorithm.family === "hash") return HASH_BYTES[algorithm.hash];
  if (algorithm.family === "ed25519") return 64;
  return algorithm.family === "ecdsa" && algorithm.format === "p1363"
    ? 2 * COORDINATE_BYTES[algorithm.curve]
    : undefined;
}

/** The hash that makes values of this many bytes, for messages. */
export function hashOfLength(bytes: number): HashName | undefined {
  const names = Object.keys(HASH_BYTES) as HashName[];
  return names.find((name) => HASH_BYTES[name] === bytes);
}

/** Compares in constant time; values of different length are different. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Room for two texts, and its halves, for each length that was compared: as long as a digest's at most. */
const ROOMS: (readonly [both: Buffer, first: Buffer, second: Buffer])[] = [];

/** Compares a text with digits and letters that it should be, in constant time. */
export function sameDigits(expected: string, text: string): boolean {
  const { length } = expected;
  if (text.length !== length) return false;
  const [both, first, second] = (ROOMS[length] ??= roomFor(length));
  // What is no ASCII takes more bytes than there are, or others than any digit's.
  return both.write(expected + text) === 2 * length && timingSafeEqual(first, second);
}

function roomFor(length: number): (typeof ROOMS)[number] {
  const both = Buffer.alloc(2 * length);
  return [both, both.subarray(0, length), both.subarray(length)];
}

function equals(expected: Uint8Array): (signature: Uint8Array) => boolean {
  return (signature) => sameBytes(expected, signature);
}

function mac({ hash, bits }: OfFamily<"hmac">, key: Uint8Array, pieces: readonly Piece[]): Uint8Array {
  const hmac = createHmac(hash, key);
  feed(hmac, pieces);
  const whole = hmac.digest();
  return bits === undefined ? whole : whole.subarray(0, bits / 8);
}

function digest(name: HashName, pieces: readonly Piece[]): Uint8Array {
  const hash = createHash(name);
  feed(hash, pieces);
  return hash.digest();
}

interface KeyedCall {
  readonly hash: HashName | null;
  readonly options: {
    readonly dsaEncoding?: "der" | "ieee-p1363";
    readonly padding?: number;
    readonly saltLength?: number;
  };
}

function keyed<Name extends "ed25519" | "ecdsa" | "rsa">(
  callOf: (algorithm: OfFamily<Name>) => KeyedCall,
): Family<Name> {
  return {
    make: (algorithm, credential, pieces) => {
      const { hash, options } = callOf(algorithm);
      return sign(hash, joinPieces(pieces), { key: privateKeyOf(algorithm, credential), ...options });
    },
    checker: (algorithm, credential, pieces) => {
      const { hash, options } = callOf(algorithm);
      const key = keyOf(algorithm, credential).publicKey;
      const data = joinPieces(pieces);
      return (signature) => verifies(() => verify(hash, data, { key, ...options }, signature));
    },
  };
}

/** OpenSSL throws for some malformed signatures where it answers no for others. */
function verifies(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

function bytesOf(credential: Credential): Uint8Array {
  if ("bytes" in credential) return credential.bytes;
  throw new SecretError("malformed", "this scheme takes a shared secret, not a key", "pass --secret");
}

const KEY_TYPES = { ed25519: "ed25519", ecdsa: "ec", rsa: "rsa" } as const;

/** The key, when it is of the kind that the algorithm takes. */
function keyOf(algorithm: OfFamily<"ed25519" | "ecdsa" | "rsa">, credential: Credential): Key {
  if ("bytes" in credential)
    throw new SecretError("malformed", "this scheme takes a key, not a shared secret", "pass --key");
  const { key } = credential;
  const wanted = KEY_TYPES[algorithm.family];
  if (key.type !== wanted)
    throw new SecretError("malformed", `the key is of type ${key.type}, the scheme takes ${wanted}`);
  if (algorithm.family === "ecdsa" && key.curve !== algorithm.curve) {
    throw new SecretError(
      "malformed",
      `the key's curve is ${key.curve ?? "unknown"}, the scheme takes ${algorithm.curve}`,
    );
  }
  return key;
}

function privateKeyOf(algorithm: OfFamily<"ed25519" | "ecdsa" | "rsa">, credential: Credential): KeyObject {
  const { privateKey } = keyOf(algorithm, credential);
  if (privateKey !== undefined) return privateKey;
  throw new SecretError("malformed", "a public key cannot sign", "hookcli sign --new-key makes a pair of keys");
}
