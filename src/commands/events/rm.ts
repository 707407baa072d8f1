import type { Command } from "commander";
import { loadConfig, type Config } from "../../config/config.js";
import { CliError, EXIT } from "../../errors.js";
import { parseSelectors, selectsAll, type Selection } from "../../events/selector.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { confirm } from "../delivery/confirm.js";
import { addSelectorOptions, settledProviders, type SelectorOptions } from "../selector-options.js";
import { withStore } from "./open.js";
import { roomText } from "./removal-text.js";
import { searchReady } from "./search-ready.js";
import { removeFrom } from "./writing.js";
import { counted } from "../../output/quantity.js";

interface RmOptions extends SelectorOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

/** `hookcli events rm`. */
export const rm: CommandDefinition<RmOptions> = {
  examples: [
    { line: "hookcli events rm last", about: "the newest event" },
    { line: "hookcli events rm --type 'message.*' --state failed --dry-run", about: "how many that would be" },
    { line: "hookcli events rm 2..4 --yes", about: "several, without a question" },
  ],
  define: (command: Command) => {
    addSelectorOptions(command.argument("[events...]", "numbers, ids, last, last~2, ranges 3..7"))
      .option("--all", "every event of the project")
      .option("--dry-run", "say how many, and remove nothing");
  },
  run: runRm,
};

async function runRm(invocation: Invocation<RmOptions>): Promise<number> {
  const { options, context, global, output } = invocation;
  const config = await loadConfig(context, global);
  const selection = await selectionOf(invocation, config);
  const seqs = await selectedSeqs(selection, { path: config.dbPath, invocation });
  if (options.dryRun === true) return tell(`would remove ${counted(seqs.length, "event")}`, seqs.length);
  const asks = seqs.length > 1;
  const yes = { yes: global.yes, context, output };
  if (asks && !(await confirm(`this removes ${counted(seqs.length, "event")} for good`, yes))) return EXIT.no;
  if (seqs.length === 0) return tell("no event fits", 0);
  const removal = await removeFrom(config.dbPath, context, (store) => store.remove(seqs));
  return tell(`removed ${counted(removal.removed, "event")}${roomText(removal)}`, removal.removed, removal.freedBytes);

  function tell(text: string, removed: number, freedBytes = 0): number {
    output.result(text, { removed, freedBytes, dryRun: options.dryRun === true });
    return EXIT.done;
  }
}

async function selectionOf({ args, options, context }: Invocation<RmOptions>, config: Config): Promise<Selection> {
  const settled = await settledProviders(options, config);
  const selection = parseSelectors(args, settled, { project: config.project, now: context.now() });
  if (options.all === true && !selectsAll(selection)) {
    throw new CliError("--all and what selects some events exclude each other");
  }
  if (options.all !== true && selectsAll(selection)) {
    throw new CliError("no event is named", {
      hint: "name them (rm last, rm 3..7), filter them (rm --until 7d), or pass --all",
    });
  }
  return { ...selection, order: "oldest" };
}

async function selectedSeqs(
  selection: Selection,
  { path, invocation }: { path: string; invocation: Invocation<RmOptions> },
): Promise<readonly number[]> {
  let seqs: readonly number[] = [];
  await withStore(path, invocation.context, async (store) => {
    const { requireNamed } = await import("../../store/resolve.js");
    await searchReady(store, selection, invocation);
    requireNamed(store, selection);
    seqs = [...store.seqs(selection)];
    return EXIT.done;
  });
  return seqs;
}
