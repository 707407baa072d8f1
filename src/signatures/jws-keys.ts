import type { KeyObject } from "node:crypto";
import { CliError } from "../errors.js";
import type { Credential } from "./algorithm.js";
import { decodeBase64Url } from "./encoding.js";
import { tokenAlgorithm } from "./jwt.js";
import { parseKey, type Key } from "./key.js";
import { isRocaModulus } from "./roca.js";
import type { JwtAlgorithm } from "./scheme.js";

/** A key for compact JWS, the algorithm that it is for fixed. */
export interface JwsKey {
  readonly algorithm: JwtAlgorithm;
  readonly kid: string | undefined;
  readonly credential: Credential;
}

/** Why a key, or a set of them, is not believed, whatever it has signed. */
export interface UnfitKey {
  readonly unfit: string;
}

/**
 * Reads keys for JWS: a JWK or a JWK Set, public or shared; PEM and what else {@link parseKey} takes.
 *
 * The key says which algorithm counts: its `alg`, else its kind (RS256 for RSA, HS256 for a shared secret). `wanted` goes before
 * both. Keys that are not for signatures, that are too short or known to be weak, or whose members contradict one another,
 * are unfit.
 *
 * @throws CliError when the text is no key at all
 */
export function readJwsKeys(text: Uint8Array, wanted: JwtAlgorithm | undefined): readonly JwsKey[] | UnfitKey {
  const value = jsonOf(text);
  if (value === undefined) return all([keyFor(parseKey(text), { alg: undefined, kid: undefined, wanted })]);
  const set = value["keys"];
  if (set === undefined) return all([readJwk(value, wanted)]);
  if (!Array.isArray(set)) throw new CliError("the keys of the JWK Set are no list");
  const jwks = set.map((jwk: unknown) => (isObject(jwk) ? jwk : {}));
  return setProblem(jwks) ?? all(jwks.map((jwk) => readJwk(jwk, wanted)));
}

/** The text of a shared secret as the only key. */
export function sharedJwsKey(secret: Uint8Array, wanted: JwtAlgorithm = "HS256"): JwsKey {
  return { algorithm: wanted, kid: undefined, credential: { bytes: secret } };
}

type Jwk = Readonly<Record<string, unknown>>;

/** One that is unfit spoils the set only when nothing else is in it. */
function all(keys: readonly (JwsKey | UnfitKey)[]): readonly JwsKey[] | UnfitKey {
  const fit = keys.filter(isFit);
  const unfit = keys.find((key) => "unfit" in key);
  return fit.length === 0 && unfit !== undefined ? unfit : fit;
}

function isFit(key: JwsKey | UnfitKey): key is JwsKey {
  return !("unfit" in key);
}

/** With a public key beside a shared secret, or two keys of one name, a token could choose what it is checked with. */
function setProblem(jwks: readonly Jwk[]): UnfitKey | undefined {
  if (new Set(jwks.map(({ kty }) => kty === "oct")).size > 1)
    return { unfit: "the set has shared secrets and public keys" };
  const ids = jwks.flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
  return new Set(ids).size < ids.length ? { unfit: "the set has two keys of the same kid" } : undefined;
}

function readJwk(jwk: Jwk, wanted: JwtAlgorithm | undefined): JwsKey | UnfitKey {
  const { alg, kid: id, use, key_ops: operations } = jwk;
  if (use !== undefined && use !== "sig") return { unfit: "the key is not for signatures (use)" };
  if (Array.isArray(operations) && !operations.some((operation) => OPERATIONS.has(String(operation))))
    return { unfit: "the key is not for signatures (key_ops)" };
  const kid = typeof id === "string" ? id : undefined;
  const names = { alg: typeof alg === "string" ? alg : undefined, kid, wanted };
  if (jwk["kty"] === "oct") return sharedKey(jwk, names);
  try {
    return keyFor(parseKey(JSON.stringify(jwk)), names);
  } catch (error) {
    if (error instanceof CliError) return { unfit: "the key cannot be read" };
    throw error;
  }
}

const OPERATIONS: ReadonlySet<string> = new Set(["sign", "verify"]);

interface Names {
  readonly alg: string | undefined;
  readonly kid: string | undefined;
  readonly wanted: JwtAlgorithm | undefined;
}

/** RFC 7518, section 3.2: a key at least as long as the hash. */
function sharedKey({ k }: Jwk, { alg = "HS256", kid, wanted }: Names): JwsKey | UnfitKey {
  const bytes = typeof k === "string" ? decodeBase64Url(k) : undefined;
  if (bytes === undefined) return { unfit: "the key is empty, or not base64url" };
  const algorithm = algorithmOf(wanted ?? alg);
  const how = algorithm === undefined ? undefined : byteAlgorithm(algorithm);
  if (algorithm === undefined || how?.family !== "hmac")
    return { unfit: `a shared secret is not for ${wanted ?? alg}` };
  const least = Number(how.hash.slice(3)) / 8;
  if (bytes.length < least) return { unfit: `the key has ${bytes.length} bytes, and ${algorithm} needs ${least}` };
  return { algorithm, kid, credential: { bytes } };
}

function keyFor(key: Key, { alg, kid, wanted }: Names): JwsKey | UnfitKey {
  const name = wanted ?? alg ?? usual(key);
  const algorithm = algorithmOf(name);
  const how = algorithm === undefined ? undefined : byteAlgorithm(algorithm);
  const fits = how?.family === "ecdsa" ? key.curve === how.curve : key.type === how?.family;
  if (algorithm === undefined || !fits) return { unfit: `a key of type ${key.curve ?? key.type} is not for ${name}` };
  const weakness = key.type === "rsa" ? weaknessOf(key.publicKey) : undefined;
  return weakness === undefined ? { algorithm, kid, credential: { key } } : { unfit: weakness };
}

const MIN_RSA_BITS = 2048;

function weaknessOf(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS) return `the key has ${modulusLength} bits; ${MIN_RSA_BITS} are the least`;
  if (publicExponent < 3n || publicExponent % 2n === 0n) return `the key's exponent is ${publicExponent}`;
  // A key that is for PSS alone has no JWK.
  const { n = "AQ" } = key.asymmetricKeyType === "rsa" ? key.export({ format: "jwk" }) : {};
  const modulus = BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
  return isRocaModulus(modulus) ? "the key was made by a weak generator (ROCA, CVE-2017-15361)" : undefined;
}

const BY_CURVE: Readonly<Record<string, JwtAlgorithm>> = { p256: "ES256", p384: "ES384", p521: "ES512" };

function usual({ type, curve }: Key): string {
  if (type === "rsa") return "RS256";
  return type === "ed25519" ? "EdDSA" : (BY_CURVE[curve ?? ""] ?? "no algorithm");
}

export const JWS_ALGORITHMS: readonly JwtAlgorithm[] = [
  "HS256",
  "HS384",
  "HS512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
];

/** By its name; `ES521` is what some keys call the algorithm of P-521. */
function algorithmOf(name: string): JwtAlgorithm | undefined {
  return JWS_ALGORITHMS.find((known) => known === (name === "ES521" ? "ES512" : name));
}

/** What an algorithm does to bytes. */
export function byteAlgorithm(name: JwtAlgorithm): ReturnType<typeof tokenAlgorithm> {
  return tokenAlgorithm({ family: "jwt", algorithms: [name], claims: [] });
}

function jsonOf(text: Uint8Array): Jwk | undefined {
  const start = Buffer.from(text).toString("utf8").trim();
  if (!start.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(start);
    return isObject(value) ? value : undefined;
  } catch {
    throw new CliError("the key begins like a JWK, and is not JSON");
  }
}

function isObject(value: unknown): value is Jwk {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
