import { CliError } from "../errors.js";
import { makeChecker, sameDigits, writtenMac, type ByteAlgorithm, type Credential } from "./algorithm.js";
import { bindingProblem } from "./binding.js";
import { contentPieces, signsUrl, type ContentFacts } from "./content.js";
import { credentialsFor } from "./credentials.js";
import { decodeSignature } from "./encoding.js";
import { claimProblem, issueProblem, parseToken, timeProblem, tokenMatches, type ParsedToken } from "./jwt.js";
import { verifyMessage, type MessageOutcome } from "./message-verify.js";
import { demandSettings, planOf } from "./plan.js";
import { formProblem, mismatch, windowProblem } from "./problems.js";
import { readRequest, type RequestReading } from "./read-request.js";
import { DEFAULT_TOLERANCE_SECONDS, isToleranceOff, type VerifyOptions } from "./request.js";
import type { SignatureProblem } from "./signature-text.js";
import { ageInSeconds } from "./timestamp.js";
import { requireUrl, urlSpellings } from "./url.js";
import { keyName, trustedCredentials } from "./trusted-keys.js";
import type { InvalidVerdict, KeyName, Verdict } from "./verdict.js";

export { DEFAULT_TOLERANCE_SECONDS } from "./request.js";
export type { SignedRequest, Settings, Tolerance, VerifyOptions } from "./request.js";

const NO_SETTINGS = {};

/**
 * Checks the signature of a request.
 *
 * The order of the checks makes the reason honest: what cannot be read comes first, then the signature, and only when that
 * is right what it says about the body and the time. So `timestamp_too_old` means that the signature is right, and a
 * wrong signature is `signature_mismatch` however old it is.
 *
 * @throws SecretError (a CliError) when a secret or key is missing, empty or malformed; CliError when the scheme signs the
 *   URL, or a value configured at the provider, and it is not known. Never for anything in the request.
 */
export function verifyRequest(options: VerifyOptions): Verdict {
  const { scheme, request } = options;
  demandNumbers(options);
  demandSettings(scheme, options.settings ?? NO_SETTINGS);
  const credentials = credentialsFor(scheme, options.secrets ?? [], options.keys ?? []);
  if (scheme.signature.parse.kind === "dictionary")
    return verdictOf(options, verifyMessage(options, scheme.signature.parse, credentials));
  const reading = readRequest(scheme, request);
  if ("reason" in reading) return invalid(options, reading);
  const check = scheme.algorithm.family === "jwt" ? verifyToken : verifyBytes;
  return check(options, reading, credentials);
}

/** A clock or a tolerance that is no number would make every comparison false. */
function demandNumbers({ now, tolerance }: VerifyOptions): void {
  if (!Number.isFinite(now))
    throw new CliError("the time to check against is missing", { hint: "pass now, in milliseconds since 1970" });
  if (typeof tolerance === "number" && !(tolerance >= 0))
    throw new CliError(`the tolerance is no number of seconds: ${tolerance}`);
}

/** A right signature found: whose, which, and over which spelling of the URL. */
interface Match {
  readonly secretIndex: number;
  readonly signatureIndex: number;
  readonly signedUrl?: string;
  readonly note?: string;
  readonly key?: KeyName;
}

function verdictOf(options: VerifyOptions, { problem, reading, match, note }: MessageOutcome): Verdict {
  if (problem !== undefined) return invalid(options, problem, reading, match);
  if (reading === undefined || match === undefined) throw new TypeError("a signature that counts and was not read");
  return valid(options, reading, note === undefined ? match : { ...match, note });
}

function verifyBytes(options: VerifyOptions, reading: RequestReading, credentials: readonly Credential[]): Verdict {
  const { signsUrl: needsUrl, digits } = planOf(options.scheme);
  // A right signature is told by its text; what may be wrong with others is looked at only then.
  const byText = needsUrl ? undefined : digits;
  const early = byText === undefined ? undefined : findWritten(options, { reading, credentials, digits: byText });
  if (early !== undefined) return settled(options, reading, early);
  const { scheme, request } = options;
  const signatures = reading.signatures.map((text) => decodeSignature(text, scheme.encoding));
  const malformed = formProblem(scheme, signatures, reading.signatures);
  if (malformed !== undefined) return invalid(options, malformed, reading);
  const trusted = trustedCredentials(credentials, {
    scheme,
    request,
    keyId: reading.keyId,
    now: reading.timestamp?.ms ?? options.now,
  });
  if ("reason" in trusted) return invalid(options, trusted, reading);
  const match = byText === undefined ? findMatch(options, { reading, credentials, signatures, trusted }) : undefined;
  return match === undefined
    ? invalid(options, mismatch(options, reading.signatures.length * credentials.length), reading)
    : settled(options, reading, match);
}

/** The verdict on a right signature: what else must hold may not. */
function settled(options: VerifyOptions, reading: RequestReading, match: Match): Verdict {
  const { bindings } = options.scheme;
  const unbound = bindings === undefined ? undefined : bindingProblem(bindings, options.request);
  const problem = unbound ?? windowProblem(options, reading);
  return problem === undefined ? valid(options, reading, match) : invalid(options, problem, reading, match);
}

/** The first signature whose text is what a secret makes; the content is hashed only where one may be. */
function findWritten(
  options: VerifyOptions,
  given: { readonly reading: RequestReading; readonly credentials: readonly Credential[]; readonly digits: number },
): Match | undefined {
  const { reading, credentials, digits } = given;
  const { algorithm, content, encoding } = options.scheme;
  if (algorithm.family !== "hmac" && algorithm.family !== "hash") return undefined;
  if (encoding === "text" || !reading.signatures.some(({ length }) => length === digits)) return undefined;
  const texts = encoding === "hexAnyCase" ? reading.signatures.map((text) => text.toLowerCase()) : reading.signatures;
  let secretIndex = 0;
  for (const credential of credentials) {
    const pieces = contentPieces(content, factsOf(options, reading, { url: undefined, credential }));
    const made = writtenMac(algorithm, { credential, pieces }, encoding);
    const signatureIndex = texts.findIndex((text) => sameDigits(made, text));
    if (signatureIndex >= 0) return { secretIndex, signatureIndex };
    secretIndex += 1;
  }
  return undefined;
}

interface Candidates {
  readonly reading: RequestReading;
  readonly credentials: readonly Credential[];
  /** `undefined`: one that cannot be decoded; it is passed over. */
  readonly signatures: readonly (Uint8Array | undefined)[];
  /** Indexes of the credentials that may have made them. */
  readonly trusted: readonly number[];
}

/** All signatures are tried with all credentials, and with all spellings of the URL. */
function findMatch(options: VerifyOptions, candidates: Candidates): Match | undefined {
  const urls = urlsToTry(options);
  for (const secretIndex of candidates.trusted) {
    for (const url of urls) {
      const signatureIndex = matchingSignature(options, candidates, { secretIndex, url });
      if (signatureIndex < 0) continue;
      const match = { secretIndex, signatureIndex, ...keyName(candidates.credentials[secretIndex]) };
      return url === urls[0] || url === undefined ? match : { ...match, signedUrl: url };
    }
  }
  return undefined;
}

/** The index of the signature that a credential made over a spelling of the URL, or -1. */
function matchingSignature(
  options: VerifyOptions,
  { reading, credentials, signatures }: Candidates,
  given: { secretIndex: number; url: string | undefined },
): number {
  const credential = credentials[given.secretIndex];
  if (credential === undefined) return -1;
  const { algorithm, content } = options.scheme;
  const pieces = contentPieces(content, factsOf(options, reading, { url: given.url, credential }));
  const check = makeChecker(algorithm as ByteAlgorithm, credential, pieces);
  return signatures.findIndex((signature) => signature !== undefined && check(signature));
}

const NO_URL = [undefined];

function urlsToTry({ scheme, request }: VerifyOptions): readonly (string | undefined)[] {
  if (!planOf(scheme).signsUrl) return NO_URL;
  return urlSpellings(requireUrl(scheme.name, request.url, request.headers), scheme.urlForms ?? []);
}

function factsOf(
  options: VerifyOptions,
  reading: RequestReading,
  { url, credential }: { url: string | undefined; credential: Credential },
): ContentFacts {
  return {
    request: options.request,
    text: options.bodyText,
    url,
    timestamp: reading.timestamp?.text,
    id: reading.id,
    secret: "bytes" in credential ? credential.bytes : undefined,
    settings: options.settings ?? NO_SETTINGS,
  };
}

function verifyToken(options: VerifyOptions, reading: RequestReading, credentials: readonly Credential[]): Verdict {
  const { scheme, request } = options;
  if (scheme.algorithm.family !== "jwt") throw new TypeError("not a JWT scheme");
  const token = parseToken(reading.signatures[0] ?? "", scheme.algorithm);
  if ("reason" in token) return invalid(options, token, reading);
  const { iat } = token.claims;
  const issued = typeof iat === "number" ? iat * 1000 : options.now;
  const trusted = trustedCredentials(credentials, { scheme, request, keyId: token.keyId, now: issued });
  if ("reason" in trusted) return invalid(options, trusted, reading);
  const secretIndex = trusted.find((index) => matches(token, credentials[index])) ?? -1;
  const credential = credentials[secretIndex];
  if (credential === undefined) return invalid(options, mismatch(options, credentials.length), reading);
  const problem = tokenProblem(options, token, factsOf(options, reading, { url: tokenUrl(options), credential }));
  const match = { secretIndex, signatureIndex: 0, ...keyName(credential) };
  return problem === undefined ? valid(options, reading, match) : invalid(options, problem, reading, match);
}

function matches(token: ParsedToken, credential: Credential | undefined): boolean {
  return credential !== undefined && tokenMatches(token, credential);
}

/** Leeway for a token's own times, milliseconds: clocks differ by a little. */
const TOKEN_LEEWAY_MS = 5_000;

function tokenProblem(options: VerifyOptions, token: ParsedToken, facts: ContentFacts): SignatureProblem | undefined {
  const { algorithm } = options.scheme;
  if (algorithm.family !== "jwt") throw new TypeError("not a JWT scheme");
  const wrong = claimProblem(token.claims, algorithm.claims, facts);
  if (wrong !== undefined || isToleranceOff(options.tolerance)) return wrong;
  const { tolerance = DEFAULT_TOLERANCE_SECONDS, now } = options;
  const late =
    algorithm.countsFromIssue === true ? issueProblem(token.claims, now, Number(tolerance) * 1000) : undefined;
  return late ?? timeProblem(token.claims, now, TOKEN_LEEWAY_MS);
}

function tokenUrl({ scheme, request }: VerifyOptions): string | undefined {
  const rules = scheme.algorithm.family === "jwt" ? scheme.algorithm.claims : [];
  return rules.some((rule) => "content" in rule && signsUrl(rule.content))
    ? requireUrl(scheme.name, request.url, request.headers)
    : undefined;
}

function valid(options: VerifyOptions, reading: RequestReading, match: Match): Verdict {
  const { scheme, label, timestamp, ageSeconds, timestampChecked } = factsOfVerdict(options, reading);
  return { valid: true, reason: null, scheme, label, timestamp, ageSeconds, timestampChecked, ...match };
}

function invalid(
  options: VerifyOptions,
  { reason, message }: SignatureProblem,
  reading?: RequestReading,
  match?: Match,
): InvalidVerdict {
  const { secretIndex = null, signatureIndex = null } = match ?? {};
  return { valid: false, reason, message, ...factsOfVerdict(options, reading), secretIndex, signatureIndex };
}

function factsOfVerdict({ scheme, tolerance, now }: VerifyOptions, reading: RequestReading | undefined) {
  const timestamp = reading?.timestamp?.ms ?? null;
  const unit = scheme.timestamp?.unit;
  return {
    scheme: scheme.name,
    label: scheme.label,
    timestamp,
    ageSeconds: timestamp === null || unit === undefined ? null : Math.floor(ageInSeconds(timestamp, now, unit)),
    timestampChecked: timestamp !== null && unit !== undefined && !isToleranceOff(tolerance),
  };
}
