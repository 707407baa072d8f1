/** Why an attempt brought no whole answer. Stored with the attempt. */
export type FailureCode =
  | "refused"
  | "timeout"
  | "deadline"
  | "reset"
  | "bad_answer"
  | "bad_request"
  | "not_allowed"
  | "unreachable"
  | "proxy"
  | "dns"
  | "tls"
  | "aborted"
  | "too_large"
  | "failed";

/** A target outside loopback, without `--allow-remote`. */
export class NotAllowedError extends Error {
  override readonly name = "NotAllowedError";
  readonly code = "HOOKCLI_NOT_ALLOWED";
}

const CODES: Readonly<Record<string, FailureCode>> = {
  HOOKCLI_NOT_ALLOWED: "not_allowed",
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "timeout",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  HOOKCLI_PROXY: "proxy",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  EPROTO: "tls",
  UND_ERR_HEADERS_OVERFLOW: "bad_answer",
  UND_ERR_INVALID_ARG: "bad_request",
  UND_ERR_NOT_SUPPORTED: "bad_request",
  UND_ERR_ABORTED: "aborted",
  UND_ERR_DESTROYED: "aborted",
  UND_ERR_CLOSED: "aborted",
  ERR_INVALID_CHAR: "bad_answer",
};

/** The code of an error of undici, node:net, node:tls or node:http. */
export function failureCode(error: unknown): FailureCode {
  const code = errorCode(error);
  const known = CODES[code];
  if (known !== undefined) return known;
  // The connection's end inside an answer is a reset; anything else that the parser refuses is a bad answer.
  if (isParserError(error)) return /EOF/.test(String(error)) ? "reset" : "bad_answer";
  if (code === "UND_ERR_SOCKET") {
    return error instanceof Error && error.message.startsWith("bad ") ? "bad_answer" : "reset";
  }
  return /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA)/.test(code)
    ? "tls"
    : "failed";
}

function isParserError(error: unknown): boolean {
  return errorCode(error).startsWith("HPE_") || (error instanceof Error && error.name === "HTTPParserError");
}

/** The system's or library's code of an error; empty when it has none. */
export function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** The system call that failed; empty when none did. */
export function errorCall(error: unknown): string {
  return typeof error === "object" && error !== null && "syscall" in error ? String(error.syscall) : "";
}
