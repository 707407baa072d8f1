import { setMaxListeners } from "node:events";
import type { Context, Interrupted } from "../../context.js";
import { untilInterrupted } from "../interrupted.js";

/** For how long after Ctrl-C deliveries that are under way may go on, milliseconds. */
const GRACE_MS = 5_000;

/** How deliveries end when the program is asked to. */
export interface Ending {
  /** Aborted when nothing is to begin any more. */
  readonly stopping: AbortSignal;
  /** Aborted when what is still under way then is cut off. */
  readonly cutting: AbortSignal;
  /** The signal's exit code; `undefined`: nobody asked. */
  readonly exitCode: () => number | undefined;
  /** Nobody reads the results any more: there is nothing to say. */
  readonly isUnread: () => boolean;
  /** All has ended. */
  over(): void;
}

/**
 * Lets deliveries end by themselves, for a while; one alone is cut off at once. `say`: tells that it has begun.
 */
export function endingOf(
  { signal, sleep }: Pick<Context, "signal" | "sleep">,
  { several, say }: { readonly several: boolean; readonly say: (text: string) => void },
): Ending {
  const cutting = new AbortController();
  const over = new AbortController();
  // Every delivery and every wait listens.
  setMaxListeners(0, cutting.signal, signal);
  const isUnread = () => signal.aborted && (signal.reason as Interrupted).signalName === "EPIPE";
  const stop = () => {
    if (!several) return cutting.abort();
    if (!isUnread()) say("ending with what is under way, in 5 s at most; Ctrl-C again ends at once");
    sleep(GRACE_MS, over.signal).then(
      () => cutting.abort(),
      () => {},
    );
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return {
    stopping: signal,
    cutting: cutting.signal,
    exitCode: () => (signal.aborted ? (signal.reason as Interrupted).exitCode : undefined),
    isUnread,
    over: () => {
      signal.removeEventListener("abort", stop);
      over.abort();
    },
  };
}

/** Runs a command that a signal ends at once until its deliveries begin, and that ends by itself from then on. */
export function endingAtOnceBefore(
  { signal }: Pick<Context, "signal">,
  run: (deliveriesBegin: () => void) => Promise<number>,
): Promise<number> {
  const before = new AbortController();
  const pass = () => before.abort(signal.reason);
  if (signal.aborted) pass();
  signal.addEventListener("abort", pass, { once: true });
  return untilInterrupted(
    run(() => signal.removeEventListener("abort", pass)),
    before.signal,
  );
}
