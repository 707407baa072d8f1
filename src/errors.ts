/** The exit codes of hookcli. Stable: scripts build on them. Several outcomes: see {@link worstExitCode}. */
export const EXIT = {
  done: 0,
  no: 1,
  usage: 2,
  timeout: 3,
  unreachable: 4,
  store: 5,
  hangup: 129,
  interrupt: 130,
  terminated: 143,
} as const;

/** The table that `hookcli help exit-codes` prints. */
export const EXIT_CODE_TABLE: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: EXIT.done, meaning: "done" },
  { code: EXIT.no, meaning: "the answer is no: signature invalid, answer not accepted, an expectation failed" },
  {
    code: EXIT.usage,
    meaning: "wrong usage or configuration: bad flag, missing secret, unknown fixture, unreadable input",
  },
  { code: EXIT.timeout, meaning: "timed out waiting" },
  { code: EXIT.unreachable, meaning: "target or tunnel not reachable" },
  { code: EXIT.store, meaning: "the store failed" },
  { code: EXIT.hangup, meaning: "ended by SIGHUP" },
  { code: EXIT.interrupt, meaning: "ended by Ctrl-C" },
  { code: EXIT.terminated, meaning: "ended by SIGTERM" },
];

const WORST_FIRST = [EXIT.store, EXIT.unreachable, EXIT.timeout, EXIT.no, EXIT.done];

/** The exit code of a run with several outcomes: the largest of 5, 4, 3, 1, 0. */
export function worstExitCode(codes: Iterable<number>): number {
  const seen = new Set(codes);
  return WORST_FIRST.find((code) => seen.has(code)) ?? EXIT.done;
}

/**
 * An expected failure that ends a command.
 *
 * `message`: lower case, no full stop, the offending value named. `hint`: what to do about it, where there is something.
 * Thrown for misuse and for what the outside world refuses; a bug throws anything else.
 */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string | undefined; exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.usage;
  }
}
