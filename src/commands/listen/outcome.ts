import type { Interrupted } from "../../context.js";
import { EXIT, worstExitCode } from "../../errors.js";

/** How a run of `listen` came to its end. */
export interface RunFacts {
  /** The signal that ended it. */
  readonly interrupted: Interrupted | undefined;
  /**
   * The exit code of the command after `--`; `undefined`: there was none, it was not started, or the signal came when it had
   * ended and something was waited for still.
   */
  readonly childCode: number | undefined;
  /** `--wait` ran out. */
  readonly timedOut: boolean;
  /** Something that was expected has not come. */
  readonly unmet: boolean;
  /** Codes of answers that `--fail-on` names. */
  readonly failures: Iterable<number>;
  /** With `--require-register`: the code of a registration that failed after a change of the URL. */
  readonly notRegistered: number | undefined;
  /** An event could not be stored. */
  readonly storeFailed: boolean;
}

/**
 * The exit code of a run. Without a command a signal's code goes before all; else what hookcli and its expectations came
 * to, the largest of 5, 4, 3, 1; else the command's own code.
 */
export function exitCodeOfRun(facts: RunFacts): number {
  const { interrupted, childCode, timedOut, unmet, failures, notRegistered, storeFailed } = facts;
  if (interrupted !== undefined && childCode === undefined) return interrupted.exitCode;
  const own = worstExitCode([
    ...failures,
    notRegistered ?? EXIT.done,
    timedOut ? EXIT.timeout : EXIT.done,
    unmet ? EXIT.no : EXIT.done,
    storeFailed ? EXIT.store : EXIT.done,
  ]);
  if (own !== EXIT.done) return own;
  // A reader that has left is no failure, though the command was ended for it.
  return interrupted?.signalName === "EPIPE" ? EXIT.done : (childCode ?? EXIT.done);
}
