import type { Interrupted } from "../context.js";
import type { Program } from "../programs/start.js";

/**
 * What `running` resolves to, or the signal's exit code when that comes first. A pager that runs keeps Ctrl-C to itself;
 * other signals end it.
 */
export async function untilInterrupted(
  running: Promise<number>,
  signal: AbortSignal,
  programs: readonly Pick<Program, "stop">[] = [],
): Promise<number> {
  let onAbort = () => {};
  const interrupted = new Promise<number>((resolve) => {
    onAbort = () => {
      const { signalName, exitCode } = signal.reason as Interrupted;
      const pager = programs[0];
      if (pager === undefined) resolve(exitCode);
      else if (signalName !== "SIGINT") void pager.stop().then(() => resolve(exitCode));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([running, interrupted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
