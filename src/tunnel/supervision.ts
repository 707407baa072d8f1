import type { Probe } from "./probe.js";
import type { Tunnel, TunnelRequest, TunnelState } from "./tunnel.js";

/** What {@link superviseTunnel} needs. */
export interface SuperviseOptions {
  readonly tunnel: Tunnel;
  readonly request: Omit<TunnelRequest, "signal" | "onDoubt">;
  /** Absent: a loss is noticed only where the tunnel itself tells it. */
  readonly probe?: Probe | undefined;
  /** Told of every change, in order. */
  readonly onState: (state: TunnelState) => void;
  /** As in `Context`. */
  readonly monotonic: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: (length: number) => Uint8Array;
}

/** What the parts of the supervisor share. */
export interface Supervision extends SuperviseOptions {
  /** Aborted when the supervisor is closed. */
  readonly signal: AbortSignal;
  /** The URL last told. */
  url: string | undefined;
  /** The name to ask for: what the user wants at first, then what the service gave, which providers may know by now. */
  name: string | undefined;
  /** The URL that a probe last came through. */
  provenUrl: string | undefined;
  /** What is still being closed: nothing waits for it but the supervisor's own closing. */
  readonly closings: Set<Promise<unknown>>;
}

/** A number from 0 to 1. */
export function fraction(random: (length: number) => Uint8Array): number {
  return (random(1)[0] ?? 0) / 255;
}

/** Sleeps; resolves early, without an error, when `signal` is aborted. */
export async function pause(supervision: SuperviseOptions, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await supervision.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A controller that is aborted with `parent`; `release` unties it. */
export function linkedController(parent: AbortSignal): { controller: AbortController; release: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort(parent.reason);
  if (parent.aborted) abort();
  else parent.addEventListener("abort", abort, { once: true });
  return { controller, release: () => parent.removeEventListener("abort", abort) };
}

/** Lets something close in its own time: a program may take seconds to end. */
export function closeAside(supervision: Supervision, closing: Promise<unknown>): void {
  const forget = () => void supervision.closings.delete(settled);
  const settled: Promise<void> = closing.then(forget, forget);
  supervision.closings.add(settled);
}
