import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { hookcliPath, type Ended, type Sandbox } from "./program.js";

/** A program that runs, whose output is watched as text. */
export interface Launched {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when stderr holds `text`. */
  says(text: string, limitMs?: number): Promise<void>;
  ended(): Promise<Ended>;
  stop(signal: NodeJS.Signals): Promise<Ended>;
}

/** Starts the program as people do, without waiting for anything. */
export function launch(argv: readonly string[], options: { sandbox: Sandbox; env?: Record<string, string> }): Launched {
  const child = spawn(process.execPath, [hookcliPath, ...argv], {
    cwd: options.sandbox.folder,
    env: { ...options.sandbox.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.stderr += chunk));
  const ended = async (): Promise<Ended> => {
    const [code, signal] = await closed;
    return { code, signal, ...text };
  };
  return {
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    async says(wanted, limitMs = 30_000) {
      const late = sleep(limitMs, "late", { ref: false });
      while (!text.stderr.includes(wanted)) {
        const next = await Promise.race([once(child.stderr, "data"), closed.then(() => "ended"), late]);
        if (typeof next === "string" && !text.stderr.includes(wanted))
          throw new Error(`${next}, and "${wanted}" was not said: ${text.stderr}`);
      }
    },
    ended,
    async stop(signal) {
      child.kill(signal);
      return ended();
    },
  };
}
