/** What is said, for people, of an attempt that brought no whole answer: one wording wherever it is told. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ["timeout", "no answer in time"],
  ["deadline", "no whole answer within the time that the provider gives"],
  ["interrupted", "hookcli ended before the answer was known"],
  ["refused", "app down: connection refused, nothing listens there"],
  ["reset", "the connection broke before the answer was whole"],
  ["bad_answer", "the answer is not HTTP"],
  ["bad_request", "the request cannot be sent over HTTP"],
  ["not_allowed", "the target is not on this computer; --allow-remote allows it"],
  ["unreachable", "the host cannot be reached"],
  ["proxy", "the proxy refused, or cannot be reached; hookcli doctor tells more"],
  ["dns", "the host name does not resolve; one that is not of this computer needs --allow-remote besides"],
  ["tls", "TLS failed; -k accepts a self-signed certificate"],
  ["too_large", "the answer is too large"],
]);

/** The words for the code that an attempt ended with; a code without any is shown as it is. */
export function attemptErrorText(code: string): string {
  return TEXTS.get(code) ?? `no answer (${code})`;
}
