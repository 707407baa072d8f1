import type { Readable, Writable } from "node:stream";

/** A stream that may be a terminal. */
export type TerminalInput = Readable & { readonly isTTY?: boolean };
export type TerminalOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/**
 * All that a command may know of the process around it. Only `main.ts` builds one from the real process; tests build
 * their own. Nothing else in `src` reads the clock, draws random numbers, or touches `process`.
 */
export interface Context {
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  readonly stderr: TerminalOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the working directory. */
  readonly cwd: string;
  /** The user's home directory. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** A clock that never goes back, milliseconds from an arbitrary start. */
  readonly monotonic: () => number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** `length` random bytes, fit for secrets. */
  readonly random: (length: number) => Uint8Array;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP, and when nobody reads stdout any more; its reason is an {@link Interrupted}. */
  readonly signal: AbortSignal;
  /** Another program has the terminal, and Ctrl-C is its business, until the result is called. */
  readonly lendTerminal: () => () => void;
  /** Program and first arguments that start hookcli again. */
  readonly self: readonly [program: string, ...args: string[]];
  /** The absolute folder of the built-in fixtures. */
  readonly fixturesDir: string;
}

/** Why {@link Context.signal} was aborted. */
export interface Interrupted {
  readonly signalName: "SIGINT" | "SIGTERM" | "SIGHUP" | "EPIPE";
  /** 128 + the signal's number; 0 for a closed stdout. */
  readonly exitCode: number;
}
