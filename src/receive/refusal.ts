import type { HeaderList } from "../events/headers.js";

/** Why a request is not let in: what the sender is answered. */
export interface Refusal {
  readonly status: number;
  /** Stable word for programs. */
  readonly code: string;
  /** A sentence for people, without a full stop. May quote the request: untrusted text. */
  readonly message: string;
}

/** The body of every answer of our own. */
export function refusalBody(code: string, message: string): Buffer {
  return Buffer.from(`${JSON.stringify({ error: code, message })}\n`, "utf8");
}

/** The headers of an answer of our own, those of the caller first. */
export function refusalHeaders(body: Uint8Array, extra: HeaderList = []): HeaderList {
  return [...extra, ["Content-Type", "application/json"], ["Content-Length", String(body.byteLength)]];
}

/** The answer to a request that is refused for a limit that will pass: the sender may come again. */
export const RETRY_SOON: HeaderList = [["Retry-After", "1"]];
