import type { Context, Interrupted } from "../../context.js";
import type { Output } from "../../output/output.js";
import type { exitCodeOf, StartProgram } from "../../programs/start.js";

/** How long the command may take to end once it was interrupted, before SIGTERM, milliseconds. */
const INTERRUPT_GRACE_MS = 5_000;

/** The command after `--`. */
export interface Child {
  /** Resolves to its exit code, as a shell tells it. */
  readonly ended: Promise<number>;
  /** Passes a signal on; SIGTERM after 5 s, SIGKILL after 5 more. */
  interrupt(signalName: Interrupted["signalName"]): void;
  /** SIGTERM, after 5 s SIGKILL. */
  stop(): void;
}

/** Starts the command with our terminal; with `--json` its stdout goes to our stderr. */
export function startChild(parts: {
  readonly words: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly context: Context;
  readonly output: Output;
  readonly start: StartProgram;
  readonly codeOf: typeof exitCodeOf;
}): Child {
  const { words, variables, context, output, start, codeOf } = parts;
  const [command = "", ...args] = words;
  // A terminal sends Ctrl-C to all programs of its group, and a program outside of it could not read from the terminal.
  const sharesTerminal = context.stdin.isTTY === true || output.isTerminal;
  const program = start({
    command,
    args,
    env: { ...context.env, ...variables },
    cwd: context.cwd,
    input: "inherit",
    output: output.json ? "stderr" : "inherit",
    errorOutput: "inherit",
    ownGroup: !sharesTerminal,
  });
  const over = new AbortController();
  const ended = program.ended.then((end) => {
    over.abort();
    if (end.kind === "failed")
      output.error(
        end.code === "ENOENT"
          ? `command not found: ${command}`
          : `cannot start ${command}: ${end.code === "EACCES" ? "it is not executable" : end.message}`,
      );
    return codeOf(end);
  });
  return {
    ended,
    interrupt(signalName) {
      if (signalName !== "SIGINT" || !sharesTerminal) program.signal(signalName === "EPIPE" ? "SIGTERM" : signalName);
      const stop = () => void program.stop();
      context.sleep(INTERRUPT_GRACE_MS, over.signal).then(stop, () => undefined);
    },
    stop: () => void program.stop(),
  };
}
