import type { Context, Interrupted } from "../../context.js";
import { CliError } from "../../errors.js";
import type { Invocation } from "../command.js";
import { startChild, type Child } from "./child.js";
import { requireEnvFile, writeEnvFile } from "./env-file.js";
import type { ListenOptions } from "./options.js";
import { EventCommands } from "./exec.js";
import { commandWords, runOnUrl } from "./on-url.js";
import { exitCodeOfRun } from "./outcome.js";
import { prepareReadyFile, type ReadyFile } from "./ready-file.js";
import { prepareRegistration, type Registration } from "./registration.js";
import type { ListenObserver, ReadyRecord } from "./report.js";
import { ofRegister } from "./script-options.js";
import { Vigil } from "./vigil.js";

/** The longest that a timer can wait, milliseconds: 24 days. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** Where `listen` is reached. */
export interface Urls {
  /** The public URL; `undefined`: there is none, or not yet. */
  readonly url: string | undefined;
  readonly localUrl: string;
  /** A tunnel is asked for: a public URL is there, or hookcli keeps trying. */
  readonly hasTunnel: boolean;
}

/** What a script is told in the end. */
export interface ScriptResult {
  readonly reason: string;
  readonly childExitCode: number | undefined;
  readonly exitCode: number;
  readonly unmet: readonly string[];
}

/** What a script's options prepare before anything is opened. */
interface Prepared {
  readonly readyFile: ReadyFile | undefined;
  readonly registration: Registration | undefined;
  /** `--exec`. */
  readonly commands: EventCommands | undefined;
  /** The words of `--on-url`. */
  readonly onUrl: readonly string[] | undefined;
}

/** What `listen` does for scripts: it tells them when it is ready, runs their command, and ends when what they wait for has come. */
export class Script {
  readonly vigil: Vigil;
  private readonly invocation: Invocation<ListenOptions>;
  private readonly prepared: Prepared;
  private record: ReadyRecord | undefined;
  /** The last URL that is told, or is going to be. */
  private toTell: string | undefined;
  private telling: Promise<void> = Promise.resolve();
  private isEnding = false;
  private reason: string | undefined;
  /** Resolves when the service has not taken a new URL, and had to. */
  private readonly lost: Promise<"register">;
  private lose: (why: "register") => void = () => undefined;
  /** What the service said to a URL that it had to take. */
  private refusal: CliError | undefined;
  private childCode: number | undefined;
  /** The signal came when no command ran any more, and something was waited for. */
  private wasWaiting = false;

  constructor(invocation: Invocation<ListenOptions>, prepared: Prepared) {
    const { output, options } = invocation;
    this.invocation = invocation;
    this.prepared = prepared;
    this.lost = new Promise((resolve) => (this.lose = resolve));
    this.vigil = new Vigil(
      {
        exitAfter: options.once === true ? 1 : options.exitAfter,
        expect: options.expect ?? [],
        failOn: options.failOn ?? [],
      },
      (message) => output.error(message),
    );
  }

  /** From `listen` being ready to its end. */
  async run(urls: Urls, record: ReadyRecord): Promise<void> {
    const { context } = this.invocation;
    this.record = record;
    this.toTell = urls.url;
    const first = this.tell(urls, record);
    // What changes meanwhile is told afterwards.
    this.telling = first.catch(() => undefined);
    await first;
    if (context.signal.aborted) return;
    const limit = new AbortController();
    try {
      await this.untilEnd(urls, this.timeUp(limit.signal));
    } finally {
      limit.abort();
    }
  }

  /** The public URL is another one, or there is one at last. */
  changed(urls: Urls): void {
    const { context } = this.invocation;
    if (this.record === undefined || this.isEnding || context.signal.aborted || urls.url === this.toTell) return;
    this.toTell = urls.url;
    const record = { ...this.record, at: new Date(context.now()).toISOString(), url: urls.url ?? null };
    this.telling = this.telling
      .then(() => (this.isEnding ? undefined : this.tell(urls, record)))
      .catch((error: unknown) => this.failToTell(error));
  }

  /** Those that see every event. */
  get observers(): readonly ListenObserver[] {
    const { commands } = this.prepared;
    return commands === undefined ? [this.vigil] : [this.vigil, commands];
  }

  /** When nothing comes in any more: resolves when the commands of `--exec` have ended. */
  async settled(): Promise<void> {
    await this.prepared.commands?.end();
  }

  /** Takes back what was told. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.telling;
    await this.prepared.readyFile?.remove();
    await this.prepared.registration?.unregister();
  }

  /** To be asked when all that went on has ended; tells what is not met. `storeFailed`: an event could not be stored. */
  result(storeFailed: boolean): ScriptResult {
    const { context, output } = this.invocation;
    const interrupted = context.signal.aborted ? (context.signal.reason as Interrupted) : undefined;
    const { unmet, failures } = this.vigil;
    const exitCode = exitCodeOfRun({
      interrupted,
      childCode: this.wasWaiting ? undefined : this.childCode,
      timedOut: this.reason === "timeout",
      unmet: unmet.length > 0,
      failures,
      notRegistered: this.refusal?.exitCode,
      storeFailed,
    });
    for (const sentence of unmet) output.error(sentence, this.waitHint());
    return {
      reason: this.reason ?? interrupted?.signalName ?? "ended",
      childExitCode: this.childCode,
      exitCode,
      unmet,
    };
  }

  /** Each step once the one before it is done; the ready file last. */
  private async tell(urls: Urls, record: ReadyRecord): Promise<void> {
    const { options, context } = this.invocation;
    if (options.writeEnv !== undefined) await writeEnvFile(options.writeEnv, variablesOf(urls), context);
    await this.tellOthers(urls);
    await this.prepared.readyFile?.write(record);
  }

  /** A service and `--on-url` are told a URL by which somebody can reach us; while the tunnel is down, nothing. */
  private async tellOthers(urls: Urls): Promise<void> {
    const { registration, onUrl } = this.prepared;
    const { context, output, options } = this.invocation;
    const url = urls.url ?? (urls.hasTunnel ? undefined : urls.localUrl);
    if (url === undefined) return;
    if (registration !== undefined) {
      await registration.register(url).catch((error: unknown) => {
        if (!(error instanceof CliError)) throw error;
        if (options.requireRegister === true) throw (this.refusal = error);
        output.warn(error.message);
      });
    }
    if (onUrl !== undefined && !context.signal.aborted) await runOnUrl(onUrl, variablesOf(urls), { context, output });
  }

  /** After a change of the URL. Without the service's word no event would come any more; once the run is over it needs none. */
  private failToTell(error: unknown): void {
    const { output } = this.invocation;
    const message = error instanceof Error ? error.message : String(error);
    if (error !== this.refusal) return output.warn(message);
    if (this.isEnding) {
      this.refusal = undefined;
      return output.warn(message);
    }
    output.error(message, "listen goes on without --require-register");
    this.lose("register");
  }

  private async untilEnd(urls: Urls, timeUp: Promise<"timeout">): Promise<void> {
    const { context, words } = this.invocation;
    const interrupted = untilInterrupted(context.signal);
    if (words.length > 0) {
      const cut = await this.runChild(urls, Promise.race([timeUp, this.lost, interrupted]));
      this.reason = cut ?? "child";
      const waits = this.invocation.options.wait !== undefined && this.childCode === 0 && !this.vigil.isMet;
      if (cut !== undefined || !waits) return;
    }
    const end = await Promise.race([this.vigil.over, timeUp, this.lost, interrupted]);
    if (context.signal.aborted && end === (context.signal.reason as Interrupted).signalName) this.wasWaiting = true;
    this.reason = end;
  }

  /** Resolves to what cut the command short; `undefined`: it ended by itself. */
  private async runChild(
    urls: Urls,
    cut: Promise<"timeout" | "register" | Interrupted["signalName"]>,
  ): Promise<string | undefined> {
    const { context, output, words } = this.invocation;
    const { startProgram: start, exitCodeOf: codeOf } = await import("../../programs/start.js");
    if (urls.url === undefined && urls.hasTunnel)
      output.warn(`there is no tunnel, so ${words[0] ?? ""} is given the local URL in HOOKCLI_URL`);
    await output.drain();
    const child = startChild({ words, variables: variablesOf(urls), context, output, start, codeOf });
    const first = await Promise.race([child.ended, cut]);
    if (typeof first === "string") endChild(child, first);
    this.childCode = await child.ended;
    return typeof first === "string" ? first : undefined;
  }

  /** `--wait`, unless all has come by then. */
  private timeUp(signal: AbortSignal): Promise<"timeout"> {
    const { context, options } = this.invocation;
    return new Promise((resolve) => {
      if (options.wait === undefined) return;
      const look = () => {
        if (!this.vigil.isMet) resolve("timeout");
      };
      context.sleep(Math.min(options.wait, LONGEST_WAIT_MS), signal).then(look, () => undefined);
    });
  }

  private waitHint(): string | undefined {
    const isLost = this.reason === "child" && this.childCode === 0 && this.invocation.options.wait === undefined;
    return isLost ? "--wait 30s waits for it after the command has ended" : undefined;
  }
}

/** Reads what the options ask for, before anything is opened. Throws CliError 2. */
export async function prepareScript(invocation: Invocation<ListenOptions>): Promise<Script> {
  const { options, context, words } = invocation;
  const { wait, once, exitAfter, expect, readyFile, register, onUrl, exec } = options;
  if (register === undefined && ofRegister(options).some((one) => one !== undefined))
    throw new CliError("the options of a registration need --register", {
      hint: "--register https://api.example.com/hooks",
    });
  if (words[0] === "") throw new CliError("the command after -- is empty");
  if (options.writeEnv !== undefined) await requireEnvFile(options.writeEnv, context);
  if (wait !== undefined && once !== true && exitAfter === undefined && expect === undefined)
    throw new CliError("--wait needs something to wait for", {
      hint: "add --once, --exit-after 3 or --expect type=...",
    });
  return new Script(invocation, {
    commands: exec === undefined ? undefined : await eventCommands(exec, invocation),
    onUrl: onUrl === undefined ? undefined : commandWords(onUrl, "--on-url", context.platform),
    registration: await prepareRegistration(options, invocation),
    readyFile: readyFile === undefined ? undefined : await prepareReadyFile(readyFile, context),
  });
}

async function eventCommands(text: string, { context, output }: Invocation<ListenOptions>): Promise<EventCommands> {
  const words = commandWords(text, "--exec", context.platform);
  const { startProgram: start, exitCodeOf: codeOf } = await import("../../programs/start.js");
  return new EventCommands({ words, context, output, start, codeOf });
}

/** The variables that other programs are given. Without a public URL the local one stands for it. */
export function variablesOf({ url, localUrl }: Pick<Urls, "url" | "localUrl">): Readonly<Record<string, string>> {
  return { HOOKCLI_URL: url ?? localUrl, HOOKCLI_LOCAL_URL: localUrl };
}

function endChild(child: Child, why: string): void {
  if (why === "timeout" || why === "register") child.stop();
  else child.interrupt(why as Interrupted["signalName"]);
}

function untilInterrupted(signal: Context["signal"]): Promise<Interrupted["signalName"]> {
  const name = () => (signal.reason as Interrupted).signalName;
  if (signal.aborted) return Promise.resolve(name());
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(name()), { once: true }));
}
