import type { ChildProcess, StdioOptions } from "node:child_process";
import { constants } from "node:os";
import { kill } from "node:process";
import type { Readable, Writable } from "node:stream";
import spawn from "cross-spawn";

/** How long a program that was asked to end may take before it is killed, milliseconds. */
const STOP_GRACE_MS = 5_000;
/** How long the output of a program that has ended may stay open, as when a child of its own holds it. */
const OUTPUT_GRACE_MS = 500;

export interface ProgramOptions {
  /** A path, or a name looked up in PATH. Never passes through a shell. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Its stdin. Default: `ignore`. */
  readonly input?: "ignore" | "pipe" | "inherit";
  /** Its stdout; `stderr`: goes where our stderr goes. Default: `ignore`. */
  readonly output?: "ignore" | "pipe" | "inherit" | "stderr";
  /** Its stderr. Default: `ignore`. */
  readonly errorOutput?: "ignore" | "pipe" | "inherit";
  /**
   * The program leads a process group of its own: `stop` reaches its children too, and Ctrl-C on the terminal reaches
   * none of them. Without it the program shares ours.
   */
  readonly ownGroup: boolean;
}

/** How a program ended. `code` of `failed`: the system's, such as `ENOENT` (not found) or `EACCES`. */
export type ProgramEnd =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

export interface Program {
  /** `undefined` when it could not be started. */
  readonly pid: number | undefined;
  /** There with `pipe`. Their errors are handled. Output is lost unless it is listened to at once. */
  readonly input: Writable | null;
  readonly output: Readable | null;
  readonly errorOutput: Readable | null;
  /** Resolves when the program has ended and its output was read. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** Sends a signal, to the whole group where there is one; nothing when it has ended. */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, after `graceMs` SIGKILL, with what is left of its group. Resolves when it has ended. */
  stop(graceMs?: number): Promise<ProgramEnd>;
}

export type StartProgram = (options: ProgramOptions) => Program;

/** Starts a program. Never throws: what cannot be started ends at once, with kind `failed`. */
export function startProgram(options: ProgramOptions): Program {
  const child = trySpawn(options);
  if (!("on" in child)) return neverStarted(child);
  let over = false;
  const ended = waitForEnd(child).finally(() => (over = true));
  const [input, output, errorOutput] = child.stdio;
  for (const stream of [input, output, errorOutput]) stream?.on("error", () => undefined);
  const signal = (name: NodeJS.Signals) => {
    if (!over) sendSignal(child, name, options.ownGroup);
  };
  return {
    pid: child.pid,
    input,
    output,
    errorOutput,
    ended,
    signal,
    async stop(graceMs = STOP_GRACE_MS) {
      // At the moment it exits, what it started is killed too; later its number could be another's.
      if (options.ownGroup) child.once("exit", () => sendSignal(child, "SIGKILL", true));
      signal("SIGTERM");
      const timer = setTimeout(() => signal("SIGKILL"), graceMs);
      const end = await ended;
      clearTimeout(timer);
      return end;
    },
  };
}

/** The exit code by which a shell would tell of an end: 127 not found, 126 not startable, 128 + n for a signal. */
export function exitCodeOf(end: ProgramEnd): number {
  if (end.kind === "exited") return end.status;
  if (end.kind === "killed") return 128 + constants.signals[end.signal];
  return end.code === "ENOENT" ? 127 : 126;
}

function trySpawn(options: ProgramOptions): ChildProcess | ProgramEnd {
  const { command, args, cwd, env, input = "ignore", output = "ignore", errorOutput = "ignore" } = options;
  const stdio: StdioOptions = [input, output === "stderr" ? 2 : output, errorOutput];
  try {
    return spawn(command, [...args], { cwd, env: { ...env }, stdio, detached: options.ownGroup, windowsHide: true });
  } catch (error) {
    return failed(error);
  }
}

function neverStarted(end: ProgramEnd): Program {
  const ended = Promise.resolve(end);
  return {
    pid: undefined,
    input: null,
    output: null,
    errorOutput: null,
    ended,
    signal: () => undefined,
    stop: () => ended,
  };
}

function waitForEnd(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    let end: ProgramEnd | undefined;
    let timer: NodeJS.Timeout | undefined;
    child.on("error", (error) => {
      // It also tells of a signal that could not be sent, which is no end.
      if (child.pid === undefined) resolve(failed(error));
    });
    const finish = () => {
      clearTimeout(timer);
      for (const stream of child.stdio) stream?.destroy();
      if (end !== undefined) resolve(end);
    };
    child.once("exit", (status, signal) => {
      end = signal === null ? { kind: "exited", status: status ?? 0 } : { kind: "killed", signal };
      timer = setTimeout(finish, OUTPUT_GRACE_MS);
    });
    child.once("close", finish);
  });
}

function failed(error: unknown): ProgramEnd {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "EINVAL";
  return { kind: "failed", code, message: error instanceof Error ? error.message : String(error) };
}

function sendSignal(child: ChildProcess, name: NodeJS.Signals, toGroup: boolean): void {
  if (child.pid === undefined) return;
  try {
    if (toGroup) kill(-child.pid, name);
    else child.kill(name);
  } catch {
    // It is gone already; or the system has no groups (Windows), where the program alone is ended.
    child.kill(name);
  }
}
