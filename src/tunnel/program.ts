import { CliError, EXIT } from "../errors.js";
import type { Program, ProgramEnd, ProgramOptions, StartProgram } from "../programs/start.js";
import type { ProgramRow } from "./program-rows.js";
import type { OpenTunnel, Tunnel, TunnelRequest } from "./tunnel.js";

/** A program has to reach its service and be given a name: slower than an HTTP call. */
const OPEN_TIMEOUT_MS = 30_000;
/** New names take a while to be known everywhere. */
const SETTLE_MS = 20_000;
/** How long after it says it is ready a program may take to name its URL, before one is assumed. */
const URL_GRACE_MS = 3_000;
/** Services print several URLs, http first: so long is waited for an https one. */
const HTTPS_GRACE_MS = 300;

/** What a tunnel that is a program needs of the room that starts programs. */
export interface ProgramDeps {
  readonly startProgram: StartProgram;
  readonly readLines: (stream: NonNullable<Program["output"]>, onLine: (line: string) => void) => void;
  readonly env: ProgramOptions["env"];
  readonly cwd: string;
}

/** The tunnel of a row of `program-rows.ts`. */
export function programTunnel(row: ProgramRow, deps: ProgramDeps): Tunnel {
  return {
    kind: row.kind,
    openTimeoutMs: OPEN_TIMEOUT_MS,
    settleMs: SETTLE_MS,
    open: (request) => openProgram(row, deps, request),
  };
}

async function openProgram(row: ProgramRow, deps: ProgramDeps, request: TunnelRequest): Promise<OpenTunnel> {
  let failure: unknown;
  for (const args of row.ways(request)) {
    const run = startRun(row, deps, args);
    const result = await untilOpen(row, run, request);
    if ("url" in result) return result;
    await run.program.stop();
    failure = failureOf(row, result, run.lastLine());
    if (request.signal.aborted || result.kind !== "exited" || row.finalStatuses.includes(result.status)) break;
  }
  throw failure;
}

/** A program that was started, and what it has said so far. */
interface Run {
  readonly program: Program;
  /** The last line that may explain an end. */
  readonly lastLine: () => string | undefined;
  /** The public URL: once it named one and is ready, or the assumed one; `undefined` where it named none. */
  readonly opened: Promise<string | undefined>;
  /** Looks for no URL any more. */
  readonly release: () => void;
}

function startRun(row: ProgramRow, deps: ProgramDeps, args: readonly string[]): Run {
  // Standard input stays open and unused: a session at the other end lasts as long as it does, and ends with us.
  const io = { input: "pipe", output: "pipe", errorOutput: "pipe", ownGroup: true } as const;
  const program = deps.startProgram({ command: row.command, args, env: deps.env, cwd: deps.cwd, ...io });
  const urls: string[] = [];
  let last: string | undefined;
  let ready = false;
  let listening = true;
  let timer: NodeJS.Timeout | undefined;
  let open: (url: string | undefined) => void = () => undefined;
  const opened = new Promise<string | undefined>((resolve) => (open = resolve));
  const release = () => {
    listening = false;
    clearTimeout(timer);
  };
  const onLine = (line: string) => {
    if (!row.chatter.test(line)) last = line.trim();
    if (!listening) return;
    const url = row.url.exec(line)?.[0];
    if (url !== undefined) urls.push(url);
    ready ||= row.ready.test(line);
    if (!ready || (urls.length === 0 && row.assumedUrl === undefined)) return;
    clearTimeout(timer);
    const best = urls.find((one) => one.startsWith("https:")) ?? urls[0];
    timer = setTimeout(open, best === undefined ? URL_GRACE_MS : HTTPS_GRACE_MS, best);
  };
  for (const stream of [program.output, program.errorOutput]) if (stream !== null) deps.readLines(stream, onLine);
  return { program, lastLine: () => last, opened, release };
}

/** The open tunnel, or how the program ended before it was one. */
async function untilOpen(row: ProgramRow, run: Run, request: TunnelRequest): Promise<OpenTunnel | ProgramEnd> {
  const stop = () => void run.program.stop();
  request.signal.addEventListener("abort", stop);
  if (request.signal.aborted) stop();
  try {
    const outcome = await Promise.race([run.program.ended, run.opened.then((url) => ({ url }))]);
    return "url" in outcome ? openTunnelOf(row, run, request, outcome.url) : outcome;
  } finally {
    run.release();
    request.signal.removeEventListener("abort", stop);
  }
}

function openTunnelOf(row: ProgramRow, run: Run, request: TunnelRequest, named: string | undefined): OpenTunnel {
  const url = named ?? row.assumedUrl?.(request) ?? "";
  // Services that take no names, or not this one, make one up, and would refuse it if it were asked for the next time.
  const isGranted = row.named && named !== undefined && new URL(url).hostname.split(".")[0] === request.subdomain;
  return {
    url,
    name: isGranted ? request.subdomain : undefined,
    checkable: named !== undefined,
    ended: run.program.ended.then((end) => failureOf(row, end, run.lastLine()).message),
    close: async () => void (await run.program.stop()),
  };
}

function failureOf(row: ProgramRow, end: ProgramEnd, lastLine: string | undefined): CliError {
  const because = lastLine === undefined ? "" : `: ${lastLine}`;
  if (end.kind === "failed" && end.code === "ENOENT") {
    return new CliError(`${row.command} is not installed`, { hint: row.installHint, exitCode: EXIT.unreachable });
  }
  if (end.kind === "failed") {
    return new CliError(`${row.command} could not be started: ${end.message}`, { exitCode: EXIT.unreachable });
  }
  const how = end.kind === "exited" ? `status ${end.status}` : end.signal;
  return new CliError(`${row.command} ended with ${how}${because}`, { exitCode: EXIT.unreachable });
}
