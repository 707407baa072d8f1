import { headerValue } from "../events/headers.js";
import { CliError } from "../errors.js";
import { signsBody, signsUrl } from "./content.js";
import {
  encodingVariants as bodyEncodings,
  formVariants,
  hasRoundedIntegers,
  jsonVariants,
  newlineVariants,
  type BodyVariant,
} from "./explain-bodies.js";
import { fixesFor, RAW_BODY } from "./explain-fixes.js";
import { contentVariants, encodingVariants, headerVariants } from "./explain-schemes.js";
import { secretLooksLike, secretVariants } from "./explain-secrets.js";
import { urlVariants } from "./explain-urls.js";
import type { Cause, Explanation } from "./explanation.js";
import type { Key } from "./key.js";
import { counted } from "./problems.js";
import type { Settings, SignedRequest } from "./request.js";
import type { Scheme } from "./scheme.js";
import type { InvalidVerdict, ReasonCode, Verdict } from "./verdict.js";
import { verifyRequest } from "./verify.js";

/** What {@link explain} looks at. */
export interface ExplainOptions {
  readonly scheme: Scheme;
  readonly request: SignedRequest;
  readonly secrets?: readonly Uint8Array[];
  readonly keys?: readonly Key[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly settings?: Settings;
  /** Schemes of other providers, and other schemes of the same one, that may have made the signature. */
  readonly others?: readonly OtherScheme[];
}

/** A scheme under the name that a person knows it by. */
export interface OtherScheme {
  readonly provider: string;
  readonly scheme: Scheme;
}

/** No explanation tries more than this. */
const MAX_TRIES = 6_000;
/** No explanation hashes more than this: about a second. */
const MAX_BYTES = 512 * 2 ** 20;

interface Hypothesis {
  readonly cause: Cause;
  readonly message: string;
  readonly scheme?: Scheme;
  readonly request?: SignedRequest;
  /** In place of the secrets given. */
  readonly secret?: { readonly bytes: Uint8Array; readonly index: number };
}

/**
 * Says why a signature does not match: tries what usually goes wrong, one fault at a time and then secret and body
 * together, until one hypothesis makes the signature right. A match is proof; the explanation names the fault and how to
 * mend it, and holds neither a secret nor a signature. Bounded in tries and bytes.
 */
export function explain(options: ExplainOptions): Explanation {
  const hints = observations(options);
  const base = attempt({ cause: "timestamp", message: "" }, options);
  if (base !== undefined && base.ageSeconds !== null) hints.push(...timeHints(options.scheme, base.ageSeconds));
  const incomplete = base !== undefined && !base.valid && INCOMPLETE.has(base.reason) ? base : undefined;
  const search = incomplete === undefined ? hypotheses(options) : otherSchemes(options);
  let tried = 0;
  let bytes = 0;
  for (const hypothesis of search) {
    const size = (hypothesis.request ?? options.request).body.length;
    if (tried >= MAX_TRIES || (tried > 0 && bytes + size > MAX_BYTES)) break;
    tried += 1;
    bytes += size + 256;
    const secretIndex = holds(hypothesis, options);
    if (secretIndex === undefined) continue;
    const { cause, message } = hypothesis;
    const fixes = fixesFor(cause, options.scheme, hypothesis.scheme);
    return { cause, message, fixes, hints, tried, secretIndex };
  }
  const unreadable = base !== undefined && !base.valid && UNREADABLE.has(base.reason) ? base : undefined;
  const nothing = incomplete ?? unreadable;
  if (nothing !== undefined) {
    const fixes = fixesFor("incomplete", options.scheme);
    return { cause: "incomplete", message: incompleteMessage(nothing, tried), fixes, hints, tried, secretIndex: null };
  }
  const rounded = hasRoundedIntegers(options.request.body);
  const message = unknownMessage(tried, options, rounded ? ROUNDED : "the body was changed");
  return { cause: "unknown", message, fixes: rounded ? RAW_BODY : [], hints, tried, secretIndex: null };
}

const ROUNDED =
  "the body was parsed and written again (its whole numbers beyond 2^53 are rounded, as JavaScript does it)";

/** With one of these there is nothing to compare: only another scheme can explain the request. */
const INCOMPLETE: ReadonlySet<ReasonCode> = new Set([
  "missing_header",
  "wrong_header_for_provider",
  "timestamp_missing",
  "timestamp_malformed",
]);

/** With one of these the signature's own text is at fault, whatever the secret: where no other reading of it fits, there is nothing to compare. */
const UNREADABLE: ReadonlySet<ReasonCode> = new Set([
  "malformed_header",
  "unsupported_version",
  "signature_malformed",
  "algorithm_not_allowed",
]);

function incompleteMessage({ message }: InvalidVerdict, tried: number): string {
  return `${message}, and none of ${tried} other readings of the request fits this secret`;
}

function unknownMessage(tried: number, { scheme, secrets = [] }: ExplainOptions, otherwise: string): string {
  const start = `${tried} hypotheses were tried and none matches`;
  const what = scheme.secret.kind === "key" ? "key" : "secret";
  const which =
    secrets.length > 1
      ? `none of the ${secrets.length} ${what}s made this signature: most likely another one did, or ${otherwise}`
      : `most likely another ${what} made it, or ${otherwise}`;
  return `${start}: ${which}`;
}

/** The index of the secret with which the hypothesis holds. */
function holds(hypothesis: Hypothesis, options: ExplainOptions): number | undefined {
  const verdict = attempt(hypothesis, options);
  return verdict?.valid === true ? (hypothesis.secret?.index ?? verdict.secretIndex) : undefined;
}

/** The verdict without the timestamp; `undefined` for a secret or a URL that the hypothesis cannot use. */
function attempt(hypothesis: Hypothesis, options: ExplainOptions): Verdict | undefined {
  const { secret } = hypothesis;
  const { scheme, request, secrets, keys, settings, now } = options;
  try {
    return verifyRequest({
      scheme: hypothesis.scheme ?? scheme,
      request: hypothesis.request ?? request,
      secrets: secret === undefined ? (secrets ?? []) : [secret.bytes],
      ...(keys === undefined ? {} : { keys }),
      ...(settings === undefined ? {} : { settings }),
      now,
      tolerance: "off",
    });
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

/** Where the provider's own library judges the time in another way. */
function timeHints({ timestamp, label }: Scheme, ageSeconds: number): string[] {
  if (timestamp === undefined) return [];
  if (ageSeconds < 0 && !timestamp.providerRefusesFuture) {
    return [`the provider's own ${label} library takes timestamps in the future; hookcli does not`];
  }
  const hours = Math.round(ageSeconds / 3600);
  if (hours !== 0 && Math.abs(hours) <= 14 && Math.abs(ageSeconds - hours * 3600) < 120) {
    return [`the timestamp is off by ${Math.abs(hours)} h almost exactly: a time zone was added or left out`];
  }
  return [];
}

function* hypotheses(options: ExplainOptions): Generator<Hypothesis> {
  const { request, secrets = [] } = options;
  yield { cause: "timestamp", message: "the signature is right; only its timestamp is not" };
  yield* secretHypotheses(options);
  yield* signatureHypotheses(options);
  yield* bodyHypotheses(options, newlineVariants(request.body));
  yield* bodyHypotheses(options, bodyEncodings(request.body));
  yield* bodyHypotheses(options, formVariants(request.body));
  yield* urlHypotheses(options);
  yield* otherSchemes(options);
  yield* bodyHypotheses(options, jsonVariants(request.body));
  yield* contentHypotheses(options);
  for (const [index, secret] of secrets.entries()) yield* pairHypotheses(options, secret, index);
}

function* secretHypotheses({ scheme, secrets = [] }: ExplainOptions): Generator<Hypothesis> {
  if (scheme.secret.kind === "key") return;
  for (const [index, secret] of secrets.entries()) {
    for (const { bytes, cause, about, decoded } of secretVariants(secret)) {
      const message = `secret ${index + 1} is right ${about}`;
      yield { cause, message, secret: { bytes, index }, ...(decoded ? { scheme: withPlainSecret(scheme) } : {}) };
    }
  }
}

/** The scheme with key bytes taken as they are given. */
function withPlainSecret(scheme: Scheme): Scheme {
  return { ...scheme, secret: { kind: "utf8" } };
}

function* signatureHypotheses({ scheme, request }: ExplainOptions): Generator<Hypothesis> {
  for (const { headers, about } of headerVariants(scheme, request.headers)) {
    yield {
      cause: "header_altered",
      message: `the signature is right once ${about}`,
      request: { ...request, headers },
    };
  }
  for (const { scheme: changed, cause, about } of encodingVariants(scheme)) {
    yield { cause, message: `the signature is right as ${about}`, scheme: changed };
  }
}

function* bodyHypotheses({ request, scheme }: ExplainOptions, variants: Iterable<BodyVariant>): Generator<Hypothesis> {
  if (!signsBody(scheme)) return;
  for (const { bytes, cause, about } of variants) {
    yield { cause, message: `the signature is right for ${about}`, request: { ...request, body: bytes } };
  }
}

function* urlHypotheses({ request, scheme }: ExplainOptions): Generator<Hypothesis> {
  const { url } = request;
  if (url === undefined || !signsUrl(scheme.content)) return;
  for (const variant of urlVariants(url, request.headers)) {
    const message = `the signature is right for the URL ${withoutCredentials(variant.url)} (${variant.about})`;
    yield { cause: "url_rewritten", message, request: { ...request, url: variant.url } };
  }
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#@]*@/i, "$1***@");
}

function* otherSchemes({ scheme, others = [] }: ExplainOptions): Generator<Hypothesis> {
  for (const other of others) {
    if (other.scheme.name === scheme.name) continue;
    const message = `this is a valid ${other.provider} signature (scheme ${other.scheme.name})`;
    yield { cause: "other_scheme", message, scheme: other.scheme };
  }
}

function* contentHypotheses({ scheme, request }: ExplainOptions): Generator<Hypothesis> {
  for (const { scheme: changed, cause, about } of contentVariants(scheme, request.url !== undefined)) {
    yield { cause, message: `the signature is right as ${about}`, scheme: changed };
  }
}

/** A wrong decoding of the secret and another line end at once. */
function* pairHypotheses(options: ExplainOptions, secret: Uint8Array, index: number): Generator<Hypothesis> {
  const { request, scheme } = options;
  if (scheme.secret.kind === "key" || !signsBody(scheme)) return;
  for (const body of newlineVariants(request.body)) {
    for (const variant of secretVariants(secret)) {
      yield {
        cause: variant.cause,
        message: `secret ${index + 1} is right ${variant.about}, and the signature is for ${body.about}`,
        secret: { bytes: variant.bytes, index },
        request: { ...request, body: body.bytes },
        ...(variant.decoded ? { scheme: withPlainSecret(scheme) } : {}),
      };
    }
  }
}

/** What stands out in the request and the secrets, whether anything matches or not. */
function observations({ request, secrets = [] }: ExplainOptions): string[] {
  const hints: string[] = [];
  for (const [index, secret] of secrets.entries()) {
    const looks = secretLooksLike(secret);
    if (looks !== undefined) hints.push(`secret ${index + 1} looks like ${looks}, which signs no webhooks`);
  }
  const length = headerValue(request.headers, "content-length");
  if (length !== undefined && /^\d{1,15}$/.test(length) && Number(length) !== request.body.length) {
    hints.push(
      `Content-Length says ${length}, the body has ${counted(request.body.length, "byte")}: it was changed on the way`,
    );
  }
  if (Buffer.from(request.body.buffer, request.body.byteOffset, request.body.length).includes("\ufffd")) {
    hints.push("the body has U+FFFD in it: bytes were lost when it was decoded as text");
  }
  return hints;
}
