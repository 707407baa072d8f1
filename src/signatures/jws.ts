import { makeChecker, makeSignature } from "./algorithm.js";
import { decodeBase64Url } from "./encoding.js";
import { parseJsonBody } from "./body.js";
import { byteAlgorithm, JWS_ALGORITHMS, type JwsKey, type UnfitKey } from "./jws-keys.js";
import type { RawVerdict } from "./raw.js";
import type { JwtAlgorithm } from "./scheme.js";

/** `jws`, and `jws-rs256` and the like where the algorithm is not the one that the key says. */
export const JWS_SCHEMES: ReadonlyMap<string, JwtAlgorithm | undefined> = new Map<string, JwtAlgorithm | undefined>([
  ["jws", undefined],
  ...JWS_ALGORITHMS.map((name) => [`jws-${name.toLowerCase()}`, name] as const),
]);

/** Where a token may bring the key that shall be believed, or say where to get it. */
const OWN_KEYS = ["jwk", "jku", "x5u", "x5c"] as const;

/** Longer tokens are nobody's. */
const MAX_TOKEN_BYTES = 1024 * 1024;

/**
 * Checks a compact JWS (RFC 7515), whatever its payload is. The key says which algorithm counts; the token's own must be the
 * same. Nothing that the token says of keys is followed.
 */
export function verifyJws(token: string, keys: readonly JwsKey[] | UnfitKey): RawVerdict {
  const parts = token.length > MAX_TOKEN_BYTES ? [] : token.split(".", 4);
  const [head = "", payload = "", encoded = ""] = parts;
  const header = headerOf(head);
  if (parts.length !== 3 || header === undefined)
    return no("malformed_header", "it is not a compact JWS of three parts");
  const signature = decodeBase64Url(encoded);
  if (signature === undefined || (payload !== "" && decodeBase64Url(payload) === undefined))
    return no("signature_malformed", "the payload or the signature is not base64url");
  if ("crit" in header) return no("algorithm_not_allowed", "the token demands extensions (crit)");
  const own = OWN_KEYS.find((name) => name in header);
  if (own !== undefined)
    return no("key_not_trusted", `the token names a key of its own (${own}): only keys given count`);
  if ("unfit" in keys) return no("key_not_trusted", keys.unfit);
  return matched(keys, { header, signed: `${head}.${payload}`, signature });
}

/** A compact JWS over the payload by a key. @throws SecretError when the key is public */
export function signJws(payload: Uint8Array, { algorithm, kid, credential }: JwsKey): string {
  const header = { alg: algorithm, ...(kid === undefined ? {} : { kid }) };
  const signed = [Buffer.from(JSON.stringify(header)), payload]
    .map((part) => Buffer.from(part).toString("base64url"))
    .join(".");
  const how = byteAlgorithm(algorithm);
  if (how === undefined) throw new TypeError(`no algorithm ${algorithm}`);
  return `${signed}.${Buffer.from(makeSignature(how, credential, [signed])).toString("base64url")}`;
}

type Header = Readonly<Record<string, unknown>>;

function headerOf(text: string): Header | undefined {
  const bytes = decodeBase64Url(text);
  const value = bytes === undefined ? undefined : parseJsonBody(bytes);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Header) : undefined;
}

interface Taken {
  readonly header: Header;
  readonly signed: string;
  readonly signature: Uint8Array;
}

function matched(keys: readonly JwsKey[], { header, signed, signature }: Taken): RawVerdict {
  const { alg, kid } = header;
  const named = keys.filter((key) => kid === undefined || key.kid === undefined || key.kid === kid);
  if (named.length === 0) return no("key_not_trusted", "the token was signed with a key of another kid");
  const fitting = named.filter(({ algorithm }) => algorithm === alg);
  if (fitting.length === 0) {
    const wanted = [...new Set(named.map(({ algorithm }) => algorithm))].join(" or ");
    return no("algorithm_not_allowed", `the token's algorithm is not ${wanted}, which the key is for`);
  }
  const isRight = fitting.some(({ algorithm, credential }) => {
    const how = byteAlgorithm(algorithm);
    return how !== undefined && makeChecker(how, credential, [signed])(signature);
  });
  return isRight
    ? { valid: true, reason: null }
    : no("signature_mismatch", "the token was signed with another key, or is another one");
}

function no(reason: Extract<RawVerdict, { valid: false }>["reason"], message: string): RawVerdict {
  return { valid: false, reason, message };
}
