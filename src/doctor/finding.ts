import type { Patient } from "./patient.js";

/** How something was found. `skipped`: it could not be looked at, or need not be; the message says why. */
export type Status = "ok" | "warning" | "broken" | "skipped";

/** What a probe found. Nothing in it is a secret; it is made safe when it is printed. */
export interface Result {
  readonly status: Status;
  /** Lower case, no full stop. */
  readonly message: string;
  /** What to do about it, one way a line, in place of the row's own. */
  readonly fix?: readonly string[];
}

/** One row of the table: something that keeps webhooks from arriving, how it is looked for, and what mends it. */
export interface Finding {
  /** What `--only` and `--skip` take. */
  readonly name: string;
  /** What is looked at, in a few words. */
  readonly probes: string;
  /** The worst that it can be. */
  readonly severity: "broken" | "warning";
  /** What mends it, where the probe knows nothing better. */
  readonly fix: string;
  /** Looks. Rejects only when something failed that is not its subject. Stops when `signal` is aborted. */
  readonly probe: (patient: Patient, signal: AbortSignal) => Promise<Result>;
}

/** All is well. */
export function ok(message: string): Result {
  return { status: "ok", message };
}

/** It works, but not everywhere, or not for long. */
export function warning(message: string, ...fix: string[]): Result {
  return { status: "warning", message, ...(fix.length === 0 ? {} : { fix }) };
}

/** Webhooks do not arrive, or are not taken, because of this. */
export function broken(message: string, ...fix: string[]): Result {
  return { status: "broken", message, ...(fix.length === 0 ? {} : { fix }) };
}

/** Why it was not looked at. */
export function skipped(message: string): Result {
  return { status: "skipped", message };
}
