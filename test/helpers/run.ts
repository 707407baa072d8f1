import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { run } from "../../src/cli.js";
import type { Context, TerminalInput, TerminalOutput } from "../../src/context.js";
import { rootDir } from "./data.js";

/** What a command line did. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array | Readable;
  readonly stdinIsTerminal?: boolean;
  readonly stdoutIsTerminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds since 1970, or a clock. */
  readonly now?: number | (() => number);
  readonly signal?: AbortSignal;
}

/** Collects what is written to it. */
export class Capture extends Writable {
  readonly chunks: Buffer[] = [];
  readonly isTTY: boolean;
  readonly columns = 100;

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(Buffer.from(chunk));
    this.emit("captured");
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.bytes.toString("utf8");
  }
}

/** A context for tests: captured streams, an environment of its own, a store in a folder of its own. */
export function testContext(options: RunOptions = {}): Context & { stdout: Capture; stderr: Capture } {
  const { now } = options;
  const input = options.stdin instanceof Readable ? options.stdin : Readable.from(stdinChunks(options.stdin));
  const stdin: TerminalInput =
    options.stdinIsTerminal === true ? Object.assign(new PassThrough(), { isTTY: true }) : input;
  return {
    stdin,
    stdout: new Capture(options.stdoutIsTerminal) satisfies TerminalOutput,
    stderr: new Capture(options.stdoutIsTerminal) satisfies TerminalOutput,
    env: { ...options.env },
    cwd: options.cwd ?? rootDir,
    home: options.cwd ?? tmpdir(),
    platform: process.platform,
    pid: process.pid,
    now: typeof now === "function" ? now : () => now ?? Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: (length) => randomBytes(length),
    signal: options.signal ?? new AbortController().signal,
    lendTerminal: () => () => {},
    self: [process.execPath, join(rootDir, "bin/hookcli.js")],
    fixturesDir: join(rootDir, "fixtures"),
  };
}

/** Runs a command line in this process. The store is `HOOKCLI_DB`, or one that is thrown away. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-test-"));
  try {
    const env = { HOOKCLI_DB: join(folder, "events.db"), XDG_CONFIG_HOME: folder, ...options.env };
    const context = testContext({ ...options, env });
    const code = await run(argv, context);
    const { stdout, stderr } = context;
    return { code, stdout: stdout.text, stderr: stderr.text, stdoutBytes: stdout.bytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stdinChunks(stdin: RunOptions["stdin"]): Uint8Array[] {
  if (stdin === undefined || stdin instanceof Readable) return [];
  return [Buffer.from(stdin)];
}
