import { describe, expect, it } from "vitest";
import { exitCodeOfRun, type RunFacts } from "../../src/commands/listen/outcome.js";

const INTERRUPTED = {
  none: undefined,
  SIGINT: { signalName: "SIGINT", exitCode: 130 },
  SIGTERM: { signalName: "SIGTERM", exitCode: 143 },
  SIGHUP: { signalName: "SIGHUP", exitCode: 129 },
  EPIPE: { signalName: "EPIPE", exitCode: 0 },
} as const;

const QUIET: RunFacts = {
  interrupted: undefined,
  childCode: undefined,
  timedOut: false,
  unmet: false,
  failures: [],
  notRegistered: undefined,
  storeFailed: false,
};

/** What happened, and the exit code. */
const TABLE: readonly (readonly [what: string, facts: Partial<RunFacts>, code: number])[] = [
  ["all that was expected came", {}, 0],
  ["something did not come", { unmet: true }, 1],
  ["an answer was one of --fail-on", { failures: [1] }, 1],
  ["the wait ran out", { timedOut: true, unmet: true }, 3],
  ["the app was late, with --fail-on", { failures: [3] }, 3],
  ["the app was not reachable, with --fail-on", { failures: [4] }, 4],
  ["the app was not reachable, and the wait ran out", { failures: [4], timedOut: true, unmet: true }, 4],
  ["an answer was one of --fail-on, and the wait ran out", { failures: [1], timedOut: true, unmet: true }, 3],
  ["both kinds of answers came", { failures: [1, 4] }, 4],
  ["the service did not take the new URL", { notRegistered: 1, childCode: 143 }, 1],
  ["the service was not reachable with the new URL, and something did not come", { notRegistered: 4, unmet: true }, 4],
  ["Ctrl-C after the service did not take the new URL", { notRegistered: 1, interrupted: INTERRUPTED.SIGINT }, 130],
  ["an event could not be stored", { storeFailed: true }, 5],
  ["all of it", { failures: [1, 3, 4], timedOut: true, unmet: true, storeFailed: true }, 5],
  ["Ctrl-C", { interrupted: INTERRUPTED.SIGINT }, 130],
  ["SIGTERM", { interrupted: INTERRUPTED.SIGTERM }, 143],
  ["SIGHUP", { interrupted: INTERRUPTED.SIGHUP }, 129],
  ["a closed stdout", { interrupted: INTERRUPTED.EPIPE }, 0],
  ["Ctrl-C before anything came", { interrupted: INTERRUPTED.SIGINT, unmet: true }, 130],
  ["the command ended with 0", { childCode: 0 }, 0],
  ["the command ended with 7", { childCode: 7 }, 7],
  ["the command was not found", { childCode: 127 }, 127],
  ["the command could not be started", { childCode: 126 }, 126],
  ["the command was killed", { childCode: 137 }, 137],
  ["the command ended with 0, and something did not come", { childCode: 0, unmet: true }, 1],
  ["the command ended with 7, and something did not come", { childCode: 7, unmet: true }, 1],
  ["the command was ended because the wait ran out", { childCode: 143, timedOut: true, unmet: true }, 3],
  ["the command ended with 7, after an answer of --fail-on", { childCode: 7, failures: [1] }, 1],
  ["the command ended with 0, and the app was not reachable", { childCode: 0, failures: [4] }, 4],
  ["the command ended with 0, and an event could not be stored", { childCode: 0, storeFailed: true }, 5],
  ["Ctrl-C ended the command", { childCode: 130, interrupted: INTERRUPTED.SIGINT }, 130],
  ["the command made its own of Ctrl-C", { childCode: 0, interrupted: INTERRUPTED.SIGINT }, 0],
  [
    "Ctrl-C ended the command, and something did not come",
    { childCode: 0, interrupted: INTERRUPTED.SIGINT, unmet: true },
    1,
  ],
  ["SIGTERM ended the command", { childCode: 143, interrupted: INTERRUPTED.SIGTERM }, 143],
  ["a closed stdout ended the command", { childCode: 143, interrupted: INTERRUPTED.EPIPE }, 0],
];

describe("the exit code of listen", () => {
  it.each(TABLE)("when %s", (_what, facts, code) => {
    expect(exitCodeOfRun({ ...QUIET, ...facts })).toBe(code);
  });

  it("is the largest of 5, 4, 3, 1, 0 of its own for every combination, whatever the command came to", () => {
    const flags = [false, true];
    for (const storeFailed of flags)
      for (const timedOut of flags)
        for (const unmet of flags)
          for (const failures of [[], [1], [3], [4], [1, 3], [1, 4], [3, 4], [1, 3, 4]])
            for (const [childCode, notRegistered] of [[], [0], [7], [127], [137], [143, 1], [undefined, 4]])
              for (const interrupted of Object.values(INTERRUPTED)) {
                const own = Math.max(
                  notRegistered ?? 0,
                  ...failures,
                  storeFailed ? 5 : 0,
                  timedOut ? 3 : 0,
                  unmet ? 1 : 0,
                );
                const byItself = interrupted?.signalName === "EPIPE" ? 0 : (childCode ?? 0);
                const code = exitCodeOfRun({
                  storeFailed,
                  timedOut,
                  unmet,
                  failures,
                  notRegistered,
                  childCode,
                  interrupted,
                });

                expect(code).toBe(
                  interrupted !== undefined && childCode === undefined ? interrupted.exitCode : own || byItself,
                );
              }
  });
});
