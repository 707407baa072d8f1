import { parseToken, tokenAlgorithm } from "./jwt.js";
import type { Credential } from "./algorithm.js";
import { fieldAt, parseJsonBody, scalarText } from "./body.js";
import type { Key } from "./key.js";
import { readRequest } from "./read-request.js";
import type { SignedRequest } from "./request.js";
import type { CertificateRule, Scheme } from "./scheme.js";
import type { SignatureProblem } from "./signature-text.js";
import { findHeader } from "./spelling.js";
import { readTimestamp } from "./timestamp.js";
import type { KeyName } from "./verdict.js";

/** What a request says of its key, and what is known of the time. */
export interface KeyQuestion {
  readonly scheme: Scheme;
  readonly request: SignedRequest;
  /** The id of the key, as the request says. */
  readonly keyId: string | undefined;
  /** Milliseconds since 1970: the signed time where it is known, else the clock's. */
  readonly now: number;
}

interface Candidate {
  readonly index: number;
  readonly key: Key;
}

/**
 * Which of the credentials may have made a request's signature, by their indexes: of several keys those with the id that the
 * request names, and of certificates those that are made out to the provider and were valid. Shared secrets all may.
 */
export function trustedCredentials(
  credentials: readonly Credential[],
  question: KeyQuestion,
): readonly number[] | SignatureProblem {
  if (question.scheme.secret.kind !== "key") return credentials.map((_credential, index) => index);
  const all = credentials.flatMap((credential, index) => ("key" in credential ? [{ index, key: credential.key }] : []));
  const named = withId(fitting(all, question.scheme), question.keyId);
  if ("reason" in named) return named;
  const trusted = named.filter(({ key }) => objection(key, question) === undefined);
  const [first] = named;
  if (trusted.length > 0 || first === undefined) return trusted.map(({ index }) => index);
  return { reason: "key_not_trusted", message: objection(first.key, question) ?? "" };
}

/** The id of the key that a request says it was signed with, read but not believed. */
export function requestedKeyId(scheme: Scheme, request: SignedRequest): string | undefined {
  const reading = readRequest(scheme, request);
  if ("reason" in reading) return undefined;
  if (scheme.algorithm.family !== "jwt") return reading.keyId;
  const token = parseToken(reading.signatures[0] ?? "", scheme.algorithm);
  return "reason" in token ? undefined : token.keyId;
}

/** What tells the key of a verdict from others; nothing for one without a name. */
export function keyName(credential: Credential | undefined): { readonly key?: KeyName } {
  if (credential === undefined || !("key" in credential)) return {};
  const { kid, certificate } = credential.key;
  if (kid === undefined && certificate === undefined) return {};
  const named = kid === undefined ? {} : { kid };
  if (certificate === undefined) return { key: named };
  return { key: { ...named, certificate: { names: certificate.names, fingerprint: certificate.fingerprint } } };
}

/** Of a set the keys of the scheme's kind; where there is none, all, so that the first is named for what it is. */
function fitting(all: readonly Candidate[], { algorithm }: Scheme): readonly Candidate[] {
  const wanted = algorithm.family === "jwt" ? tokenAlgorithm(algorithm) : algorithm;
  const fit = all.filter(({ key }) => key.isOfSet !== true || isOfKind(key, wanted));
  return fit.length > 0 ? fit : all;
}

function isOfKind(key: Key, wanted: ReturnType<typeof tokenAlgorithm>): boolean {
  if (wanted?.family === "ecdsa") return key.curve === wanted.curve;
  return key.type === wanted?.family;
}

/** A key without an id may be any. */
function withId(keys: readonly Candidate[], keyId: string | undefined): readonly Candidate[] | SignatureProblem {
  if (keyId === undefined) return keys;
  const named = keys.filter(({ key }) => key.kid === undefined || key.kid === keyId);
  if (named.length > 0) return named;
  const known = keys.slice(0, MAX_SHOWN).map(({ key }) => key.kid);
  const message = `it was signed with the key "${keyId.slice(0, MAX_ID_SHOWN)}", and the keys given are ${known.join(", ")}${keys.length > MAX_SHOWN ? ", ..." : ""}`;
  return { reason: "key_not_trusted", message };
}

const MAX_SHOWN = 4;
const MAX_ID_SHOWN = 80;

/** Why signatures by a key do not count; `undefined`: they do. */
function objection(key: Key, question: KeyQuestion): string | undefined {
  const { certificate, validFrom = -Infinity, validTo = Infinity, kid } = key;
  const rule = question.scheme.certificate;
  if (certificate !== undefined && rule !== undefined && !certificate.names.some((name) => isNamed(name, rule)))
    return `the certificate is made out to ${certificate.names.join(", ").slice(0, 200)}, not to ${rule.names.join(" or ")}`;
  const signed = signingTime(question);
  const what = certificate === undefined ? `the key ${kid ?? ""}`.trim() : "the certificate";
  if (signed < validFrom) return `${what} is valid from ${day(validFrom)} on, and it was signed ${day(signed)}`;
  if (signed > validTo) return `${what} had expired (${day(validTo)}) when it was signed (${day(signed)})`;
  return undefined;
}

function isNamed(name: string, { names }: CertificateRule): boolean {
  return names.some((pattern) => {
    const [start = "", end] = pattern.split("*", 2);
    if (end === undefined) return name === pattern;
    const label = name.slice(start.length, name.length - end.length);
    return name.startsWith(start) && name.endsWith(end) && /^[a-z0-9-]+$/.test(label);
  });
}

function signingTime({ scheme: { certificate }, request, now }: KeyQuestion): number {
  if (certificate === undefined) return now;
  const { signedAt } = certificate;
  if (signedAt.in === "bodyField") {
    const text = scalarText(fieldAt(parseJsonBody(request.body), signedAt.path));
    return readTimestamp(text ?? "", "iso8601") ?? now;
  }
  const found = findHeader(request.headers, signedAt.name);
  return (found.count === 1 ? readTimestamp(found.value, "iso8601") : undefined) ?? now;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
