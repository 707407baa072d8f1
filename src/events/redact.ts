import type { Attempt, HookEvent } from "./event.js";
import type { HeaderList } from "./headers.js";
import { percentDecoded } from "./percent.js";

/** What stands in the place of a secret. */
export const REDACTED = "***";

/** Headers that are a credential themselves. A signature is not: it proves one body and opens nothing. */
const CREDENTIAL_HEADERS = /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|.*token.*)$/i;
/** Names of query parameters and cookies that carry a credential. */
const CREDENTIAL_PARAMETERS = /token|secret|passw|api[-_]?key|access[-_]?key|^auth|^key$|^sig$|signature/i;
/** Shapes of well-known keys, wherever they stand: Standard Webhooks, Stripe, GitHub, Slack, AWS. */
const CREDENTIAL_SHAPES = /whsec_|sk_live_|sk_test_|rk_live_|ghp_|github_pat_|xox[abeoprs]-|AKIA[0-9A-Z]{12}/;

/** Headers with credentials as `***`. `alsoSecret`: names of further headers, such as the provider's own token. */
export function redactHeaders(headers: HeaderList, alsoSecret: readonly string[] = []): HeaderList {
  const named = new Set(alsoSecret.map((name) => name.toLowerCase()));
  return headers.map(([name, value]) => {
    const secret = named.has(name.toLowerCase()) || CREDENTIAL_HEADERS.test(name) || CREDENTIAL_SHAPES.test(value);
    return secret ? [name, REDACTED] : [name, value];
  });
}

/** A raw request target with the values of secret query parameters as `***`; all else stands as it was. */
export function redactPath(path: string): string {
  const mark = path.indexOf("?");
  if (mark === -1) return path;
  const parameters = path.slice(mark + 1).split("&");
  return `${path.slice(0, mark)}?${parameters.map(redactParameter).join("&")}`;
}

/** An event without the credentials that its headers and its query carry. Bodies stay as they are. */
export function redactEvent(event: HookEvent, alsoSecret: readonly string[] = []): HookEvent {
  return {
    ...event,
    path: redactPath(event.path),
    headers: redactHeaders(event.headers, alsoSecret),
    trailers: redactHeaders(event.trailers, alsoSecret),
    attempts: event.attempts.map((attempt) => redactAttempt(attempt, alsoSecret)),
  };
}

/** An attempt without the credentials that the answer's headers carry, such as a session's cookie. */
export function redactAttempt(attempt: Attempt, alsoSecret: readonly string[] = []): Attempt {
  return { ...attempt, headers: redactHeaders(attempt.headers, alsoSecret) };
}

function redactParameter(parameter: string): string {
  const equals = parameter.indexOf("=");
  if (equals === -1 || equals === parameter.length - 1) return parameter;
  const name = parameter.slice(0, equals);
  const secret =
    CREDENTIAL_PARAMETERS.test(percentDecoded(name)) || CREDENTIAL_SHAPES.test(parameter.slice(equals + 1));
  return secret ? `${name}=${REDACTED}` : parameter;
}
