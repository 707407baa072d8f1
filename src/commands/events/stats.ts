import { loadConfig } from "../../config/config.js";
import { EXIT } from "../../errors.js";
import { redactUrl, redactWord } from "../../events/redact.js";
import { parseSelectors } from "../../events/selector.js";
import { statsLines } from "../../output/stats-page.js";
import type { Backlog, StoreStats, Tally } from "../../store/store.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { addSelectorOptions, settledProviders, type SelectorOptions } from "../selector-options.js";
import { withStore } from "./open.js";
import { searchReady } from "./search-ready.js";

/** `hookcli events stats`. */
export const stats: CommandDefinition<SelectorOptions> = {
  examples: [
    { line: "hookcli events stats", about: "this project's events, counted" },
    { line: "hookcli events stats --since 2h --provider stripe", about: "of what came of late" },
    { line: "hookcli events stats --all-projects --json", about: "of all projects, for a program" },
  ],
  define: addSelectorOptions,
  run: runStats,
};

async function runStats({ options, context, global, output }: Invocation<SelectorOptions>): Promise<number> {
  const config = await loadConfig(context, global);
  const now = context.now();
  const selection = parseSelectors([], await settledProviders(options, config), { project: config.project, now });
  return withStore(config.dbPath, context, async (store) => {
    await searchReady(store, selection, { context, output });
    const found = shownStats(store.stats(selection));
    const backlogs = store.backlogs(selection.project);
    const { columns } = output;
    if (output.json) output.record({ ...statsJson(found), waiting: backlogs.map(backlogJson) });
    else for (const line of statsLines(found, { columns, now, backlogs, project: config.project })) output.line(line);
    return EXIT.done;
  });
}

/** Types, providers and projects without those that look like keys: these are counted together. */
function shownStats(found: StoreStats): StoreStats {
  const [types, providers, projects] = [found.types, found.providers, found.projects].map(withoutKeys);
  return { ...found, types: types ?? [], providers: providers ?? [], projects: projects ?? [] };
}

function withoutKeys(tallies: readonly Tally[]): Tally[] {
  const counts = new Map<string | null, number>();
  for (const { value, events } of tallies) {
    const word = redactWord(value);
    counts.set(word, (counts.get(word) ?? 0) + events);
  }
  return [...counts].map(([value, events]) => ({ value, events })).toSorted((a, b) => b.events - a.events);
}

function backlogJson({ target, ...backlog }: Backlog): Backlog {
  return { ...backlog, target: redactUrl(target) };
}

function statsJson(found: StoreStats): Readonly<Record<string, unknown>> {
  const { events, firstAt, lastAt, duplicates, refused, dead, answers, bytes, freeBytes } = found;
  return {
    events,
    firstAt: firstAt === null ? null : new Date(firstAt).toISOString(),
    lastAt: lastAt === null ? null : new Date(lastAt).toISOString(),
    refused,
    dead,
    duplicates,
    answers,
    projects: tallyJson(found.projects),
    providers: tallyJson(found.providers),
    types: tallyJson(found.types),
    statuses: found.statuses.map(({ value, events: count }) => ({
      status: value === null ? null : Number(value),
      events: count,
    })),
    states: tallyJson(found.states),
    sources: tallyJson(found.sources),
    signatures: tallyJson(found.signatures),
    bytes,
    freeBytes,
  };
}

function tallyJson(tallies: readonly Tally[]): unknown[] {
  return tallies.map(({ value, events }) => ({ name: value, events }));
}
