/** What system errors mean, for people. */
const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ETIMEDOUT: "no answer in time",
  ECONNRESET: "the connection was closed",
  EPIPE: "the connection was closed",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
  EADDRNOTAVAIL: "this computer has no such address",
  ENOTFOUND: "the name does not resolve",
  EAI_AGAIN: "the resolver does not answer",
};

/** The system's code of an error, of the first one where several addresses failed; empty when it has none. */
export function errorCodeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCodeOf(error.errors[0]);
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** One sentence for an error. */
export function sentenceOf(error: unknown): string {
  const known = SENTENCES[errorCodeOf(error)];
  if (known !== undefined) return known;
  if (error instanceof AggregateError && error.errors.length > 0) return sentenceOf(error.errors[0]);
  if (!(error instanceof Error) || error.message === "") return String(error);
  // Where an error was told on as another one, its code stands in the message: `connect ECONNREFUSED 127.0.0.1:1`.
  const told = /^(?:connect|read|write|getaddrinfo) ([A-Z_]+)\b/.exec(error.message)?.[1];
  return SENTENCES[told ?? ""] ?? error.message;
}
