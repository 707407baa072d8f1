import { createHash } from "node:crypto";
import { makeChecker, makeSignature, sameBytes, type ByteAlgorithm, type Credential } from "./algorithm.js";
import { contentPieces, joinPieces, type ContentFacts } from "./content.js";
import { decodeBase64Url, encodeSignature } from "./encoding.js";
import { parseJsonBody } from "./body.js";
import type { Algorithm, ClaimRule, HashName, JwtAlgorithm } from "./scheme.js";
import type { SignatureProblem } from "./signature-text.js";

type JwtScheme = Extract<Algorithm, { readonly family: "jwt" }>;
type Claims = Readonly<Record<string, unknown>>;

const ALGORITHMS: Readonly<Record<JwtAlgorithm, ByteAlgorithm>> = {
  HS256: { family: "hmac", hash: "sha256" },
  HS384: { family: "hmac", hash: "sha384" },
  HS512: { family: "hmac", hash: "sha512" },
  RS256: { family: "rsa", hash: "sha256", padding: "pkcs1" },
  RS384: { family: "rsa", hash: "sha384", padding: "pkcs1" },
  RS512: { family: "rsa", hash: "sha512", padding: "pkcs1" },
  PS256: { family: "rsa", hash: "sha256", padding: "pss" },
  PS384: { family: "rsa", hash: "sha384", padding: "pss" },
  PS512: { family: "rsa", hash: "sha512", padding: "pss" },
  ES256: { family: "ecdsa", hash: "sha256", curve: "p256", format: "p1363" },
  ES384: { family: "ecdsa", hash: "sha384", curve: "p384", format: "p1363" },
  ES512: { family: "ecdsa", hash: "sha512", curve: "p521", format: "p1363" },
  EdDSA: { family: "ed25519" },
};

/** What the scheme's own tokens are signed with. */
export function tokenAlgorithm({ algorithms: [name] }: JwtScheme): ByteAlgorithm | undefined {
  return name === undefined ? undefined : ALGORITHMS[name];
}

/** A token taken apart, its algorithm one that the scheme allows; nothing is believed of it yet. */
export interface ParsedToken {
  readonly algorithm: ByteAlgorithm;
  /** `header.payload`, what is signed. */
  readonly signed: string;
  readonly signature: Uint8Array;
  readonly claims: Claims;
  /** The id of the key, as its head says. */
  readonly keyId: string | undefined;
}

/** Where a head may bring the key that shall be believed, or say where to get it. */
const OWN_KEYS = ["jwk", "jku", "x5u", "x5c"] as const;

/** Takes a compact JWS apart. The scheme says which algorithms count; keys and extensions named by the token are refused. */
export function parseToken(token: string, { algorithms }: JwtScheme): ParsedToken | SignatureProblem {
  const parts = token.split(".", 4);
  const [header, payload, signature] = parts.map(decodeBase64Url);
  const head = header === undefined ? undefined : objectOf(header);
  const name = algorithms.find((allowed) => allowed === head?.["alg"]);
  if (parts.length !== 3 || head === undefined)
    return { reason: "malformed_header", message: "it is not a compact JWS of three parts" };
  if (name === undefined)
    return { reason: "algorithm_not_allowed", message: `the token's algorithm is not ${algorithms.join(" or ")}` };
  if ("crit" in head) return { reason: "algorithm_not_allowed", message: "the token demands extensions (crit)" };
  const own = OWN_KEYS.find((member) => member in head);
  if (own !== undefined)
    return { reason: "key_not_trusted", message: `the token names a key of its own (${own}): only keys given count` };
  const claims = payload === undefined ? undefined : objectOf(payload);
  if (claims === undefined || signature === undefined)
    return { reason: "signature_malformed", message: "the token's payload or signature cannot be read" };
  const signed = `${parts[0] ?? ""}.${parts[1] ?? ""}`;
  const keyId = typeof head["kid"] === "string" ? head["kid"] : undefined;
  return { algorithm: ALGORITHMS[name], signed, signature, claims, keyId };
}

/** Whether the credential made the token. */
export function tokenMatches(token: ParsedToken, credential: Credential): boolean {
  return makeChecker(token.algorithm, credential, [token.signed])(token.signature);
}

/** What is wrong with the claims of a token whose signature is right; `undefined`: nothing. */
export function claimProblem(
  claims: Claims,
  rules: readonly ClaimRule[],
  facts: ContentFacts,
): SignatureProblem | undefined {
  for (const rule of rules) {
    const value = claims[rule.claim];
    if ("equals" in rule) {
      const wanted: readonly unknown[] = [rule.equals].flat();
      if (!wanted.includes(value))
        return { reason: "signature_mismatch", message: `the token's ${rule.claim} is not ${wanted.join(" or ")}` };
    } else if (!holds(rule, value, facts)) {
      return {
        reason: isAboutBody(rule) ? "body_hash_mismatch" : "signature_mismatch",
        message: `the token's ${rule.claim} does not fit the request`,
      };
    }
  }
  return undefined;
}

/** When the token may be used: `exp` and `nbf`, with leeway. `now` and `leewayMs` in milliseconds. */
export function timeProblem(claims: Claims, now: number, leewayMs: number): SignatureProblem | undefined {
  const { exp, nbf } = claims;
  if (exp !== undefined && (typeof exp !== "number" || now - exp * 1000 > leewayMs))
    return { reason: "timestamp_too_old", message: "the token has expired" };
  if (nbf !== undefined && (typeof nbf !== "number" || nbf * 1000 - now > leewayMs))
    return { reason: "timestamp_in_future", message: "the token is not valid yet" };
  return undefined;
}

/** Whether the token was issued within the tolerance of now, either way. */
export function issueProblem({ iat }: Claims, now: number, toleranceMs: number): SignatureProblem | undefined {
  if (typeof iat !== "number")
    return { reason: "timestamp_missing", message: "the token does not say when it was issued (iat)" };
  if (now - iat * 1000 > toleranceMs)
    return { reason: "timestamp_too_old", message: `the token was issued ${Math.floor(now / 1000 - iat)} s ago` };
  if (iat * 1000 - now > toleranceMs)
    return { reason: "timestamp_in_future", message: `the token was issued ${Math.ceil(iat - now / 1000)} s from now` };
  return undefined;
}

/** A token with the claims that the rules demand, `iat`, an `exp` a minute later, and a `jti` where the provider's tokens have one. */
export function makeToken(
  scheme: JwtScheme,
  { credential, facts, now }: { credential: Credential; facts: ContentFacts; now: number },
): string {
  const name = scheme.algorithms[0] ?? "HS256";
  const iat = Math.floor(now / 1000);
  const demanded = scheme.claims.flatMap((rule) =>
    isAbsent(rule, facts) ? [] : [[rule.claim, demandedValue(rule, facts)] as const],
  );
  const said = { ...Object.fromEntries(demanded), iat, nbf: iat, exp: iat + 60 };
  const id = facts.id ?? hashed("sha256", Buffer.from(JSON.stringify(said))).toString("hex");
  const claims = scheme.hasId === true ? { ...said, jti: id } : said;
  const kid = "key" in credential ? credential.key.kid : undefined;
  const signed = [{ alg: name, ...(kid === undefined ? {} : { kid }), typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${encodeSignature(makeSignature(ALGORITHMS[name], credential, [signed]), "base64url")}`;
}

type ContentRule = Extract<ClaimRule, { readonly content: unknown }>;

function holds(rule: ContentRule, value: unknown, facts: ContentFacts): boolean {
  if (isAbsent(rule, facts)) return value === undefined;
  return typeof value === "string" && sameBytes(Buffer.from(value), Buffer.from(contentOf(rule, facts)));
}

function isAbsent(rule: ClaimRule, facts: ContentFacts): boolean {
  return "content" in rule && rule.absentForEmptyBody === true && facts.request.body.length === 0;
}

function demandedValue(rule: ClaimRule, facts: ContentFacts): string | true {
  return "equals" in rule ? ([rule.equals].flat()[0] ?? true) : contentOf(rule, facts);
}

function contentOf(rule: ContentRule, facts: ContentFacts): string {
  const content = joinPieces(contentPieces(rule.content, facts));
  return encodeSignature(rule.hash === undefined ? content : hashed(rule.hash, content), rule.encoding);
}

function hashed(hash: HashName, content: Uint8Array): Buffer {
  return createHash(hash).update(content).digest();
}

function isAboutBody(rule: ContentRule): boolean {
  return rule.content.some(({ part }) => part === "body");
}

function objectOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  const value = parseJsonBody(bytes);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
