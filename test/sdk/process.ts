import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** How long a program may take for one step, milliseconds. */
const stepTimeoutMs = 30_000;

/** A running program that prints one JSON object a line. */
export interface JsonProgram<Item> {
  /** What it has printed so far. */
  readonly printed: readonly Item[];
  /** Resolves with all that was printed once `enough` says so; rejects when the program ends or takes too long. */
  waitUntil(enough: (printed: readonly Item[]) => boolean): Promise<readonly Item[]>;
  /** Sends the signal, SIGTERM by default, and waits for the end; resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Starts `node ...args` and reads its standard output line by line. */
export function startJsonProgram<Item>({ args, env, cwd }: ProgramOptions): JsonProgram<Item> {
  const child = spawn(process.execPath, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const stderr = collect(child.stderr);
  const printed: Item[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => printed.push(JSON.parse(line) as Item));

  return {
    printed,
    waitUntil: (enough) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (enough(printed)) finish(() => resolve(printed));
        };
        const fail = (why: string): void =>
          finish(() => reject(new Error(`${args.join(" ")} ${why}\n${JSON.stringify(printed)}\n${stderr()}`)));
        const ended = (): void => fail(`ended with ${String(child.exitCode ?? child.signalCode)}`);
        const timer = setTimeout(() => fail("took too long"), stepTimeoutMs);
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          lines.off("line", look);
          child.off("close", ended);
          settle();
        };
        lines.on("line", look);
        child.on("close", ended);
        look();
      }),
    stop: (signal = "SIGTERM") => stop(child, signal),
  };
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `node ...args` to its end, with `input` on its standard input. */
export async function runProgram(options: ProgramOptions & { readonly input?: Uint8Array | string }): Promise<Outcome> {
  const { args, env, cwd, input } = options;
  const child = spawn(process.execPath, args, { env, cwd, timeout: 2 * stepTimeoutMs });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A program that does not read its input closes the pipe early.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  await once(child, "close");
  return { code: child.exitCode, stdout: stdout(), stderr: stderr() };
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, "close");
    child.kill(signal);
    await closed;
  }
  return child.exitCode;
}
