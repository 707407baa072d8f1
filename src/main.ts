import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { run } from "./cli.js";
import type { Context, Interrupted } from "./context.js";
import { EXIT } from "./errors.js";

/** Node 20.20 has fixes to its HTTP parser that a program which takes requests from strangers wants. */
const OLDEST_WITHOUT_WARNING = [20, 20] as const;

/** Random bytes drawn at once: a call for a few costs as much as one for all of these. */
const RANDOM_POOL_BYTES = 4_096;

const controller = new AbortController();
let outputFailure: Error | undefined;
/** Programs that have the terminal now. */
let borrowers = 0;
const randomPool = { bytes: new Uint8Array(0), used: 0 };
const context: Context = {
  // Node makes it, and loads what it needs, when it is first asked for.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  platform: process.platform,
  pid: process.pid,
  now: Date.now,
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    const { setTimeout: delay } = await import("node:timers/promises");
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
  random: drawRandom,
  signal: controller.signal,
  lendTerminal: () => {
    borrowers += 1;
    return () => void (borrowers -= 1);
  },
  self: [process.execPath, fileURLToPath(new URL("../bin/hookcli.js", import.meta.url))],
  fixturesDir: fileURLToPath(new URL("../fixtures", import.meta.url)),
};

warnOfOldNode();
listenToSignals();
void main();

async function main(): Promise<void> {
  // The process's own, should nothing be left to do before the command has ended.
  process.exitCode = EXIT.no;
  const exitCode = await run(process.argv.slice(2), context);
  // A failed write is told in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.exit(outputFailure === undefined ? exitCode : EXIT.usage);
}

/** Every byte is given away once. `node:crypto` is loaded when somebody asks for the first one. */
function drawRandom(length: number): Uint8Array {
  if (randomPool.used + length > randomPool.bytes.length) {
    const { randomBytes } = process.getBuiltinModule("node:crypto");
    randomPool.bytes = new Uint8Array(randomBytes(Math.max(length, RANDOM_POOL_BYTES)));
    randomPool.used = 0;
  }
  randomPool.used += length;
  return randomPool.bytes.slice(randomPool.used - length, randomPool.used);
}

function warnOfOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldMajor, oldMinor] = OLDEST_WITHOUT_WARNING;
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return;
  process.stderr.write(
    `hookcli: warning: node ${process.versions.node} is old; use ${oldMajor}.${oldMinor} or later\n`,
  );
}

/** The first signal asks the command to end; the second one ends the process. */
function listenToSignals(): void {
  const signals = [
    ["SIGINT", EXIT.interrupt],
    ["SIGTERM", EXIT.terminated],
    ["SIGHUP", EXIT.hangup],
  ] as const;
  for (const [signalName, exitCode] of signals) process.on(signalName, () => interrupt({ signalName, exitCode }));
  // A reader that has left, as in `hookcli events list | head -1`, is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EBADF" && outputFailure === undefined) {
      outputFailure = error;
      process.stderr.write(`hookcli: error: cannot write the output: ${reasonOf(error)}\n`);
    }
    interrupt({ signalName: "EPIPE", exitCode: EXIT.done });
  });
  process.stderr.on("error", () => {});
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return code === "ENOSPC" ? "no space left on device" : message;
}

function interrupt(reason: Interrupted): void {
  if (reason.signalName === "SIGINT" && borrowers > 0) return;
  if (controller.signal.aborted && reason.signalName !== "EPIPE") process.exit(reason.exitCode);
  controller.abort(reason);
}
