import type { EventState, SignatureNote, EventSource } from "./event.js";

/** Which events a command means: all conditions must hold. Built by `parseSelectors`. */
export interface Selection {
  /** Absolute project folder; `undefined`: all projects. */
  readonly project?: string | undefined;
  /** Events named one by one, in the order named: numbers, ids or id prefixes, `last~N`, ranges. Empty: no such limit. */
  readonly names: readonly EventName[];
  readonly types?: readonly string[];
  readonly providers?: readonly string[];
  /** Status patterns of the last attempt: `200`, `5xx`. */
  readonly statuses?: readonly string[];
  readonly states?: readonly EventState[];
  readonly signatures?: readonly SignatureNote["status"][];
  readonly sources?: readonly EventSource[];
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** Case-insensitive substring of headers and text bodies. */
  readonly grep?: string;
  /** The newest `limit` events; 0 or absent: all. */
  readonly limit?: number;
  readonly order?: "newest" | "oldest";
}

/** One event, or a range of them, as named on the command line. */
export type EventName =
  | { readonly kind: "seq"; readonly seq: number }
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "id"; readonly prefix: string }
  | { readonly kind: "last"; readonly back: number };
