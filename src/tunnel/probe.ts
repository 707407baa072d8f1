import { Buffer } from "node:buffer";
import type { Dialer } from "../proxies/dialer.js";
import { httpGet, HttpGetError } from "./http-get.js";

/** Longest wait for the answer to a probe. */
const PROBE_TIMEOUT_MS = 5_000;
/** A probe's own answer is empty; an error page of the service may be long, and is of no use beyond its status. */
const PROBE_LIMIT_BYTES = 1024 * 1024;
/** Statuses by which services say that nobody is behind a name, or that they cannot reach who is. */
const NOBODY_THERE = new Set([404, 410, 502, 503, 504, 520, 521, 522, 523, 524, 530]);

/**
 * What a probe found. `through`: it came out at our receiver. `nobody`: the service answered in the app's place.
 * `unclear`: some other answer. `unreachable`: none.
 */
export type ProbeResult =
  | { readonly found: "through" }
  | { readonly found: "nobody" | "unclear"; readonly reason: string }
  | { readonly found: "unreachable"; readonly reason: string; readonly timedOut: boolean };

/** Asks for the tunnel's public URL. Never rejects; ends early when `signal` is aborted. */
export type Probe = (url: string, signal: AbortSignal) => Promise<ProbeResult>;

/** A path that nobody else can know, for the receiver and the probe to agree on. */
export function newProbePath(random: (length: number) => Uint8Array): string {
  return `/.hookcli-probe/${Buffer.from(random(16)).toString("hex")}`;
}

/** Probes with GET; the receiver answers 204 at `path` on its private socket. */
export function createProbe(path: string, timeoutMs = PROBE_TIMEOUT_MS, dialer?: Dialer): Probe {
  return async (url, signal) => {
    try {
      const answer = await httpGet(new URL(path, url), { timeoutMs, limitBytes: PROBE_LIMIT_BYTES, signal, dialer });
      return judge(answer.status);
    } catch (error) {
      const timedOut = error instanceof HttpGetError && error.timedOut;
      const reason = error instanceof Error ? error.message : String(error);
      return { found: "unreachable", reason: `the public URL does not answer: ${reason}`, timedOut };
    }
  };
}

function judge(status: number): ProbeResult {
  if (status === 204) return { found: "through" };
  if (NOBODY_THERE.has(status)) return { found: "nobody", reason: `the service answers ${status} at the public URL` };
  return { found: "unclear", reason: `the public URL answered the probe with ${status}` };
}
