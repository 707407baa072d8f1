import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { rootDir } from "./data.js";

/** The program as users start it. */
export const hookcliPath = join(rootDir, "bin/hookcli.js");

/** A folder of its own for one test: working directory, store and home. */
export interface Sandbox {
  readonly folder: string;
  readonly env: Record<string, string>;
  remove(): void;
}

export function createSandbox(env: Record<string, string> = {}): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-sandbox-"));
  const { PATH = "" } = process.env;
  return {
    folder,
    env: { PATH, HOME: folder, HOOKCLI_DB: join(folder, "events.db"), ...env },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end; killed after `limitMs`. */
export async function runProgram(
  argv: readonly string[],
  options: {
    sandbox: Sandbox;
    stdin?: string | Uint8Array;
    env?: Record<string, string>;
    limitMs?: number;
    spawn?: SpawnOptions;
  },
): Promise<Ended> {
  const child = spawn(process.execPath, [hookcliPath, ...argv], {
    cwd: options.sandbox.folder,
    env: { ...options.sandbox.env, ...options.env },
    stdio: "pipe",
    timeout: options.limitMs ?? 60_000,
    killSignal: "SIGKILL",
    ...options.spawn,
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.stdin ?? "");
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout: stdout(), stderr: stderr() };
}

/** A program that runs, what it has said on stderr, and its end. */
export interface RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly stderr: () => string;
}

/** Starts the program in the sandbox, without an input. */
export function startProgram(argv: readonly string[], sandbox: Sandbox): RunningProgram {
  const child = spawn(process.execPath, [hookcliPath, ...argv], {
    cwd: sandbox.folder,
    env: sandbox.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    ended: closed.then(([code, signal]) => ({ code, signal, stdout: stdout(), stderr: stderr() })),
    stderr,
  };
}

/** One line of `listen --json`. */
export type ListenMessage = { readonly type: string } & Record<string, unknown>;

/** A `listen` that runs, and what it has said. */
export interface RunningListen {
  readonly child: ChildProcess;
  readonly localUrl: string;
  readonly publicUrl: string | null;
  readonly messages: readonly ListenMessage[];
  stderr(): string;
  /** Resolves to the first message, old or new, that fits. */
  waitFor(fits: (message: ListenMessage) => boolean, limitMs?: number): Promise<ListenMessage>;
  /** Resolves when `count` messages of a type are there. */
  waitForCount(type: string, count: number, limitMs?: number): Promise<readonly ListenMessage[]>;
  /** Its end, whoever asks for it. */
  ended(): Promise<Ended>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface ListenOptions {
  readonly sandbox: Sandbox;
  readonly env?: Record<string, string>;
  readonly wrap?: readonly string[];
  /** Drops what it says after `ready`: the lines of an hour do not fit into memory. */
  readonly forgets?: boolean;
}

/** Starts `hookcli listen ... --json` and waits for its `ready` line. */
export async function startListen(argv: readonly string[], options: ListenOptions): Promise<RunningListen> {
  const words = [...(options.wrap ?? []), process.execPath, hookcliPath, "listen", ...argv, "--json"];
  const child = spawn(words[0] ?? "", words.slice(1), {
    cwd: options.sandbox.folder,
    env: { ...options.sandbox.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const stderr = collect(child.stderr);
  const messages: ListenMessage[] = [];
  const watchers = new Set<() => void>();
  const isReady = () => messages.some(({ type }) => type === "ready");
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (options.forgets === true && isReady()) return;
    messages.push(JSON.parse(line) as ListenMessage);
    for (const watcher of watchers) watcher();
  });
  void ended.then(() => watchers.forEach((watcher) => watcher()));
  const until = <Value>(found: () => Value | undefined, what: string, limitMs = 20_000) =>
    new Promise<Value>((resolve, reject) => {
      const finish = (end: () => void) => {
        watchers.delete(look);
        clearTimeout(timer);
        end();
      };
      const look = () => {
        const value = found();
        if (value !== undefined) finish(() => resolve(value));
        else if (child.exitCode !== null || child.signalCode !== null) {
          finish(() => reject(new Error(`listen ended (${child.exitCode}) before ${what}: ${stderr()}`)));
        }
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no ${what} in ${limitMs} ms: ${stderr()}`))),
        limitMs,
      );
      watchers.add(look);
      look();
    });
  const outcome = async (): Promise<Ended> => {
    const [code, signal] = await ended;
    return { code, signal, stdout: messages.map((message) => JSON.stringify(message)).join("\n"), stderr: stderr() };
  };
  const ready = await until(() => messages.find(({ type }) => type === "ready"), "ready");
  return {
    child,
    localUrl: String(ready["localUrl"]),
    publicUrl: typeof ready["url"] === "string" ? ready["url"] : null,
    messages,
    stderr,
    waitFor: (fits, limitMs) => until(() => messages.find(fits), "such a message", limitMs),
    waitForCount: (type, count, limitMs) =>
      until(
        () => {
          const found = messages.filter((message) => message.type === type);
          return found.length >= count ? found : undefined;
        },
        `${count} messages of type ${type}`,
        limitMs,
      ),
    ended: outcome,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return outcome();
    },
  };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}
