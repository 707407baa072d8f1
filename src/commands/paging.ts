import type { Context } from "../context.js";
import type { Output } from "../output/output.js";
import type { Pager } from "../output/pager.js";
import type { Program, StartProgram } from "../programs/start.js";
import type { Invocation } from "./command.js";
import { untilInterrupted } from "./interrupted.js";

/** What a pager is told unless the user has told it: leave when all fits, keep the screen, show colours. As git does. */
const PAGER_SETTINGS = { LESS: "FRX", LV: "-c" };
/** Where no PAGER is set, the first of these that is there. */
const USUAL_PAGERS = ["less", "more"];

/** The option of {@link addPagerOption}, parsed. */
export interface PagerOptions {
  /** False: `--no-pager`. */
  readonly pager?: boolean;
}

/** How `--no-pager` is called and told of, for commander's `option`. */
export const PAGER_OPTION = ["--no-pager", "all of it at once, though it is longer than the screen"] as const;

/**
 * Runs `print` with an output that goes through the user's pager when it is longer than the screen: on a terminal, and
 * not with `--json`. `PAGER` names the program; empty or `cat` is none. It is for commands with `endsOnSignal`: while a
 * pager has the terminal, Ctrl-C is its business, and hookcli waits for it.
 */
export async function paged(
  { context, global, options, output }: Pick<Invocation<PagerOptions>, "context" | "global" | "options" | "output">,
  print: (output: Output) => Promise<number>,
): Promise<number> {
  const commands = await pagerCommands(context);
  if (options.pager === false || output.json || !output.isTerminal || commands.length === 0) {
    return untilInterrupted(print(output), context.signal);
  }
  const { createPagedOutput } = await import("../output/pager.js");
  const running: Program[] = [];
  const page = createPagedOutput(context, global, async () => {
    const program = await startFirst(commands, context);
    if (program !== undefined) {
      running.push(program);
      void program.ended.then(context.lendTerminal());
    }
    return program;
  });
  return untilInterrupted(
    print(page.output).finally(() => page.close()),
    context.signal,
    running,
  );
}

/** The programs to try, each as its words. */
async function pagerCommands({ env, platform }: Context): Promise<string[][]> {
  const wanted = env["PAGER"];
  if (env["TERM"] === "dumb") return [];
  if (wanted === undefined) return platform === "win32" ? [] : USUAL_PAGERS.map((name) => [name]);
  const { splitWords } = await import("../programs/words.js");
  const words = splitWords(wanted, platform) ?? [];
  return words.length === 0 || words[0] === "cat" ? [] : [words];
}

async function startFirst(commands: readonly string[][], context: Context): Promise<(Program & Pager) | undefined> {
  const { startProgram } = await import("../programs/start.js");
  for (const [command = "", ...args] of commands) {
    const program = start(startProgram, { command, args }, context);
    if (program !== undefined) return program;
  }
  return undefined;
}

/** `undefined` when there is no such program. It shares our group: the terminal is ours, and its. */
function start(
  startProgram: StartProgram,
  { command, args }: { command: string; args: readonly string[] },
  { env, cwd }: Context,
): (Program & Pager) | undefined {
  const program = startProgram({
    command,
    args,
    cwd,
    env: { ...PAGER_SETTINGS, ...env },
    ownGroup: false,
    input: "pipe",
    output: "inherit",
    errorOutput: "inherit",
  });
  const { pid, input } = program;
  return pid === undefined || input === null ? undefined : { ...program, input };
}
