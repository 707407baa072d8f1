import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Context } from "../../context.js";

/** How long one command of the demo may take, milliseconds. */
const COMMAND_LIMIT_MS = 20_000;

/** Where the demo's commands run: a folder, a store and a secret of their own. */
export interface Shell {
  readonly context: Context;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a command did. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line of hookcli to its end. */
export async function runHookcli(shell: Shell, argv: readonly string[]): Promise<Ended> {
  const child = start(shell, argv);
  const timer = setTimeout(() => child.kill("SIGKILL"), COMMAND_LIMIT_MS);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await ended(child);
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** A `listen` that runs beside the demo. `localUrl` is not known when it could not start: `trouble` says why. */
export interface RunningListen {
  readonly localUrl: string | undefined;
  readonly trouble: string;
  close(): Promise<void>;
}

/** Starts `hookcli listen PORT --no-tunnel` and waits until it is ready. */
export async function startListen(shell: Shell, port: number): Promise<RunningListen> {
  const child = start(shell, ["listen", String(port), "--no-tunnel", "--json"]);
  const timer = setTimeout(() => child.kill("SIGKILL"), COMMAND_LIMIT_MS);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const over = ended(child);
  const localUrl = await Promise.race([readyUrl(child), over.then(() => undefined)]);
  // All of what it said is there only at its end.
  if (localUrl === undefined) await over;
  clearTimeout(timer);
  return {
    localUrl,
    trouble: stderr.trim(),
    async close() {
      child.kill("SIGTERM");
      await over;
    },
  };
}

function start({ context, folder, env }: Shell, argv: readonly string[]): ChildProcess {
  const [program, ...first] = context.self;
  return spawn(program, [...first, ...argv], {
    cwd: folder,
    env: { ...foreign(context.env), XDG_CONFIG_HOME: folder, APPDATA: folder, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    signal: context.signal,
  });
}

/** The user's environment without what configures hookcli: their secrets and targets are not the demo's. */
function foreign(env: Context["env"]): Context["env"] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^HOOKCLI_(?!DEBUG$)|_WEBHOOK_SECRET$/.test(name)));
}

/** The local URL in the `ready` line; whatever comes after it is read and dropped. */
async function readyUrl(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      const message = JSON.parse(line) as { type?: string; localUrl?: string };
      resolve(message.type === "ready" ? message.localUrl : undefined);
    });
    lines.once("close", () => resolve(undefined));
  });
}

async function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(-1));
    child.once("close", (code) => resolve(code ?? -1));
  });
}
