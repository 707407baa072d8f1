import type { Attempt, HookEvent } from "./event.js";
import type { HeaderList } from "./headers.js";
import { percentDecoded } from "./percent.js";

/** What stands in the place of a secret. */
export const REDACTED = "***";

/** Headers that are a credential themselves. A signature is not: it proves one body and opens nothing. */
const CREDENTIAL_HEADERS =
  /^(?:(?:set-)?cookie[2s]?|.*authori[sz]ation|(?:x-)?authentication|(?:.*[-_])?(?:auth|pass|pwd|otp)|.*(?:functions?|host|master|subscription|signing|encryption|webhook|shared|client|account)[-_]?key|.*(?:token|secret|pass(?:w|phrase|code)|api[-_]?key|access[-_]?key|auth[-_]?key|private[-_]?key|session[-_]?id|credential|jwt).*)$/i;
/** Names of query parameters that carry a credential. */
const CREDENTIAL_PARAMETERS =
  /token|secret|pass(?:w|phrase|code)|credential|jwt|session[-_]?id|(?:subscription|functions?|signing|encryption|webhook|shared|account)[-_]?key|^(?:code|pass|pwd|otp|sid)$|api[-_]?key|access[-_]?key|private[-_]?key|auth[-_]?key|^auth|^key$|^sig$|signature/i;
/**
 * Shapes of well-known keys, wherever they stand: Standard Webhooks, Stripe, GitHub, GitLab, Slack, AWS, Google, SendGrid,
 * Shopify, npm, OpenAI and Anthropic, JSON Web Tokens, private keys in PEM.
 */
const CREDENTIAL_SHAPES =
  /whsec_|whsk_|github_pat_|glpat-|PRIVATE KEY-|eyJ[\w-]{8,1000}\.eyJ|(?<![A-Za-z])(?:[sr]k_(?:live|test)_|gh[opusr]_|xox[abeoprs]-|xapp-|(?:AKIA|ASIA)[0-9A-Z]{12}|AIza[\w-]{20}|SG\.[\w-]{10}|shp(?:at|ss|ca|pa)_|npm_[A-Za-z0-9]{20}|sk-(?:ant|proj)-)/;
/** A credential under another header's name, as proxies hand it on. */
const AUTHORIZATION_VALUE = /^(?:basic|bearer|token|digest|negotiate|aws4-hmac-sha256)\s+\S/i;
/** Headers whose value is a URL, also where it is a relative one without a slash. */
const LINK_HEADERS = /^(?:(?:content-)?location|referer|.*-ur[il])$/i;
/** The part of a URL before the host that names a user. Anchored on `//`, so that its cost is linear. */
const USER_INFO = /(^|:)\/\/[^/?#\s]*@/g;
/**
 * `user:password@` in front, also where the scheme is left out or a password has marks of its own (`/`, `?`, `#`): what
 * follows the first colon is no port. Anchored, and of one greedy part, so that its cost is linear.
 */
const LOOSE_USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#\s@:[]*:(?!\/\/|\d{1,5}(?:[/?#]|$))[^]*@/i;
/** Values are searched for URLs and nested parameters to this depth, which is more than links in links ever need. */
const DEEPEST_NESTING = 4;

/** Headers with credentials as `***`, also those in URLs that a header holds. `alsoSecret`: names of further headers, such as the provider's own token. */
export function redactHeaders(headers: HeaderList, alsoSecret: readonly string[] = []): HeaderList {
  const named = new Set(alsoSecret.map((name) => name.toLowerCase()));
  return headers.map(([name, value]) => {
    const secret =
      named.has(name.toLowerCase()) ||
      CREDENTIAL_HEADERS.test(name) ||
      CREDENTIAL_SHAPES.test(value) ||
      AUTHORIZATION_VALUE.test(value);
    if (secret) return [name, REDACTED];
    const isLink = LINK_HEADERS.test(name) || value.includes("/");
    return [name, isLink && /[?&;#@]/.test(value) ? redactPath(value) : value];
  });
}

/**
 * A raw request target, or a whole URL, with the values of secret parameters (in its query, in its fragment, behind a
 * semicolon in its path), its user and its key-like parts as `***`; all else stands as it was.
 */
export function redactPath(path: string): string {
  const mark = path.search(/[?#]/);
  const place = redactPlace(mark === -1 ? path : path.slice(0, mark));
  return mark === -1 ? place : place + redactParameters(path.slice(mark), 0);
}

/**
 * A target, a tunnel's host or a public URL for people: as {@link redactPath} has it, and `user:password@` hidden where no
 * scheme stands before it too. Also for text that was meant to be one of these.
 */
export function redactUrl(text: string): string {
  return redactPath(text.replace(LOOSE_USER_INFO, `$1${REDACTED}@`));
}

/** An event without the credentials that its headers and its query carry. Bodies stay as they are. */
export function redactEvent(event: HookEvent, alsoSecret: readonly string[] = []): HookEvent {
  return {
    ...event,
    path: redactPath(event.path),
    headers: redactHeaders(event.headers, alsoSecret),
    trailers: redactHeaders(event.trailers, alsoSecret),
    eventType: redactWord(event.eventType),
    providerEventId: redactWord(event.providerEventId),
    deliveryId: redactWord(event.deliveryId),
    attempts: event.attempts.map((attempt) => redactAttempt(attempt, alsoSecret)),
  };
}

/** An attempt without the credentials that its target and the answer's headers carry, such as a session's cookie. */
export function redactAttempt(attempt: Attempt, alsoSecret: readonly string[] = []): Attempt {
  return { ...attempt, target: redactPath(attempt.target), headers: redactHeaders(attempt.headers, alsoSecret) };
}

/** A word that was read out of a request, such as an event's type: it may be a key that was put into the wrong place. */
export function redactWord(word: string | null): string | null {
  return word !== null && (CREDENTIAL_SHAPES.test(word) || AUTHORIZATION_VALUE.test(word)) ? REDACTED : word;
}

/** What stands before the query: `//user:password@host`, segments, and their parameters behind semicolons. */
function redactPlace(place: string): string {
  const hidden = place.replaceAll(USER_INFO, `$1//${REDACTED}@`);
  if (!hidden.includes(";") && !CREDENTIAL_SHAPES.test(hidden)) return hidden;
  return hidden
    .split("/")
    .map((segment) => segment.split(";").map(redactSegment).join(";"))
    .join("/");
}

function redactSegment(part: string, index: number): string {
  if (index > 0 && part.includes("=")) return redactParameter(part, 0);
  return CREDENTIAL_SHAPES.test(part) ? REDACTED : part;
}

/** Parameters behind `?`, `&` or `#`; the marks stay. */
function redactParameters(text: string, depth: number): string {
  return text.replaceAll(/[^?&#]+/g, (parameter) => redactParameter(parameter, depth));
}

function redactParameter(parameter: string, depth: number): string {
  const equals = parameter.indexOf("=");
  if (equals === -1) return CREDENTIAL_SHAPES.test(parameter) ? REDACTED : parameter;
  if (equals === parameter.length - 1) return parameter;
  const name = parameter.slice(0, equals);
  return isSecretParameter(name, parameter.slice(equals + 1), depth) ? `${name}=${REDACTED}` : parameter;
}

function isSecretParameter(name: string, value: string, depth: number): boolean {
  return CREDENTIAL_PARAMETERS.test(percentDecoded(name)) || holdsSecret(value, depth);
}

/** A value may be a URL of its own, %-encoded once more; or a list behind semicolons. */
function holdsSecret(value: string, depth: number): boolean {
  const decoded = percentDecoded(value);
  if (CREDENTIAL_SHAPES.test(value) || CREDENTIAL_SHAPES.test(decoded)) return true;
  if (decoded.search(USER_INFO) !== -1) return true;
  if (depth >= DEEPEST_NESTING) return /=/.test(decoded) && CREDENTIAL_PARAMETERS.test(decoded);
  return decoded.split(/[?&;#]/).some((part) => {
    const equals = part.indexOf("=");
    return (
      equals > 0 &&
      equals < part.length - 1 &&
      isSecretParameter(part.slice(0, equals), part.slice(equals + 1), depth + 1)
    );
  });
}
