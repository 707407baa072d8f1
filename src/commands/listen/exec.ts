import type { Context } from "../../context.js";
import type { HookEvent } from "../../events/event.js";
import type { Output } from "../../output/output.js";
import type { exitCodeOf, StartProgram } from "../../programs/start.js";
import type { ListenObserver } from "./report.js";

/** So many commands run at a time. */
const AT_A_TIME = 4;
/** Events that may wait for a command; what is beyond gets none. */
const MAX_WAITING = 1_000;
/** Bodies that wait hold so much memory at most, bytes. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;
/** The longest value in the environment, characters: the system has a limit for all of it. */
const MAX_VALUE = 8_192;

/** Runs a command for each event that is not refused, its body on stdin; without a shell. */
export class EventCommands implements ListenObserver {
  private readonly parts: {
    readonly words: readonly string[];
    readonly context: Context;
    readonly output: Output;
    readonly start: StartProgram;
    readonly codeOf: typeof exitCodeOf;
  };
  private readonly waiting: HookEvent[] = [];
  private waitingBytes = 0;
  private readonly running = new Map<Promise<void>, () => void>();
  private left = 0;

  constructor(parts: EventCommands["parts"]) {
    this.parts = parts;
  }

  stored(event: HookEvent): void {
    if (event.state === "refused") return;
    if (this.waiting.length >= MAX_WAITING || this.waitingBytes + event.body.length > MAX_WAITING_BYTES) {
      if (this.left === 0) this.parts.output.warn("--exec cannot keep up: events go by without it");
      this.left += 1;
      return;
    }
    this.waiting.push(event);
    this.waitingBytes += event.body.length;
    this.next();
  }

  /** Resolves when all have ended; after a signal none is started, and those that run are asked to end. */
  async end(): Promise<void> {
    const { signal } = this.parts.context;
    const stop = () => {
      this.left += this.waiting.splice(0).length;
      for (const ask of this.running.values()) ask();
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    while (this.running.size > 0) await Promise.all(this.running.keys());
    signal.removeEventListener("abort", stop);
    if (this.left > 0) this.parts.output.warn(`--exec was not run for ${this.left} of the events`);
  }

  private next(): void {
    if (this.running.size >= AT_A_TIME) return;
    const event = this.waiting.shift();
    if (event === undefined) return;
    this.waitingBytes -= event.body.length;
    this.run(event);
  }

  private run(event: HookEvent): void {
    const { words, context, output, start, codeOf } = this.parts;
    const [command = "", ...args] = words;
    const program = start({
      command,
      args,
      env: { ...context.env, ...factsOf(event) },
      cwd: context.cwd,
      input: "pipe",
      output: "stderr",
      errorOutput: "inherit",
      ownGroup: true,
    });
    program.input?.end(event.body);
    const ended = program.ended.then((end) => {
      this.running.delete(ended);
      const code = codeOf(end);
      if (end.kind === "failed") output.warn(`--exec: cannot start ${command}: ${end.message}`);
      else if (code !== 0) output.warn(`--exec: ${command} ended with ${code} for event #${event.seq}`);
      this.next();
    });
    this.running.set(ended, () => void program.stop());
  }
}

/** What a command is told of its event; `help environment` lists the same. */
export function factsOf(event: HookEvent): Readonly<Record<string, string>> {
  const facts: Readonly<Record<string, string | null>> = {
    HOOKCLI_EVENT_ID: event.id,
    HOOKCLI_EVENT_SEQ: String(event.seq),
    HOOKCLI_EVENT_TYPE: event.eventType,
    HOOKCLI_EVENT_PROVIDER: event.provider,
    HOOKCLI_EVENT_PROVIDER_ID: event.providerEventId,
    HOOKCLI_EVENT_METHOD: event.method,
    HOOKCLI_EVENT_PATH: event.path,
    HOOKCLI_EVENT_SOURCE: event.source,
    HOOKCLI_EVENT_SIGNATURE: event.signature.status,
    HOOKCLI_EVENT_DUPLICATE_OF: event.duplicateOf,
  };
  // No program can be given a NUL; what is not known is empty, so that no fact of another run stays.
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, (value ?? "").replaceAll("\0", "").slice(0, MAX_VALUE)]),
  );
}
