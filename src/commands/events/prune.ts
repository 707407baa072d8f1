import type { Command } from "commander";
import { loadConfig, type Config } from "../../config/config.js";
import { EXIT } from "../../errors.js";
import { formatDuration, counted, grouped } from "../../output/quantity.js";
import type { Pruning, Retention } from "../../store/retention.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { confirm } from "../delivery/confirm.js";
import { configuredRetention, retentionOptions, type RetentionOptions } from "../retention-options.js";
import { withStore } from "./open.js";
import { roomText } from "./removal-text.js";
import { removeFrom } from "./writing.js";

interface PruneOptions extends RetentionOptions {
  readonly allProjects?: boolean;
  readonly dryRun?: boolean;
}

/** `hookcli events prune`. */
export const prune: CommandDefinition<PruneOptions> = {
  examples: [
    { line: "hookcli events prune", about: "what the retention of the config does not keep, as listen does" },
    { line: "hookcli events prune --keep 1000 --dry-run", about: "how many are beyond the newest thousand" },
    { line: "hookcli events prune --keep-for 7d --all-projects", about: "what is older than a week, of all projects" },
  ],
  define: (command: Command) => {
    const configured = {
      keep: "without both: the config's, else 10000",
      keepFor: "without both: the config's, else 30d",
    };
    for (const option of retentionOptions(configured)) command.addOption(option);
    command
      .option("--all-projects", "apply it to each project, not to this one alone")
      .option("--dry-run", "say how many, and remove nothing");
  },
  run: runPrune,
};

async function runPrune(invocation: Invocation<PruneOptions>): Promise<number> {
  const { options, context, global, output } = invocation;
  const config = await loadConfig(context, global);
  const retention = await retentionOf(options, config);
  const found = await findPrunable(invocation, { config, retention });
  const what = `${counted(found.count, "event")}${found.span} beyond ${retentionText(retention)}`;
  if (options.dryRun === true || found.count === 0) {
    output.result(found.count === 0 ? `nothing is beyond ${retentionText(retention)}` : `would remove ${what}`, {
      removed: found.count,
      freedBytes: 0,
      dryRun: options.dryRun === true,
    });
    return EXIT.done;
  }
  // A retention is no surprise to a script; at a terminal a word too few is.
  const yes = global.yes || context.stdin.isTTY !== true || output.json;
  if (!(await confirm(`this removes ${what} for good`, { yes, context, output }))) return EXIT.no;
  const { prune: pruneProject } = await import("../../store/retention.js");
  const removal = await removeFrom(config.dbPath, context, async (store) => {
    let removed = 0;
    for (const pruning of found.prunings) removed += await pruneProject(store, pruning);
    return removed;
  });
  const { removed, freedBytes } = removal;
  output.result(`removed ${counted(removed, "event")} beyond ${retentionText(retention)}${roomText(removal)}`, {
    removed,
    freedBytes,
    dryRun: false,
  });
  return EXIT.done;
}

/** With one of the options given that one alone counts: --keep-for 7d does not remove by number, too. */
async function retentionOf(options: PruneOptions, config: Config): Promise<Retention> {
  const { keep, keepFor } = options;
  if (keep === undefined && keepFor === undefined) return configuredRetention({}, config);
  return { keep: keep ?? 0, keepForMs: keepFor ?? 0 };
}

/** How many events would go, and the prunings that do it. */
async function findPrunable(
  { options, context }: Invocation<PruneOptions>,
  { config, retention }: { config: Config; retention: Retention },
): Promise<{ count: number; span: string; prunings: readonly Pruning[] }> {
  const { prunable } = await import("../../store/retention.js");
  const now = context.now();
  const prunings: Pruning[] = [];
  let count = 0;
  let first = Infinity;
  let last = 0;
  await withStore(config.dbPath, context, async (store) => {
    for (const project of options.allProjects === true ? store.projects() : [config.project]) {
      const pruning = { ...retention, project, now };
      prunings.push(pruning);
      for await (const page of prunable(store, pruning)) {
        count += page.length;
        first = Math.min(first, page[0] ?? first);
        last = Math.max(last, page.at(-1) ?? last);
      }
    }
    return EXIT.done;
  });
  return { count, span: count > 1 ? ` (#${first} to #${last})` : ` (#${first})`, prunings };
}

function retentionText({ keep, keepForMs }: Retention): string {
  const parts = [
    keep === 0 ? [] : [`the newest ${grouped(keep)}`],
    keepForMs === 0 ? [] : [`the last ${spanText(keepForMs)}`],
  ].flat();
  return parts.length === 0 ? "what is kept without limit" : parts.join(" or ");
}

function spanText(ms: number): string {
  const days = ms / 86_400_000;
  const hours = ms / 3_600_000;
  if (Number.isInteger(days)) return days === 1 ? "day" : `${days} days`;
  return Number.isInteger(hours) && hours > 1 ? `${hours} hours` : formatDuration(ms);
}
