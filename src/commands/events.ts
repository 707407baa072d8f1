import { Option, type Command } from "commander";
import { loadConfig } from "../config/config.js";
import { parseInteger } from "../config/values.js";
import { CliError, EXIT } from "../errors.js";
import type { HookEvent } from "../events/event.js";
import { eventToJson, STREAM_BODY_LIMIT, type EventJson } from "../events/event-json.js";
import { redactEvent } from "../events/redact.js";
import { parseSelectors, type Selection } from "../events/selector.js";
import { eventTable } from "../output/event-line.js";
import { printEvent } from "../output/event-page.js";
import type { Store } from "../store/store.js";
import type { CommandDefinition, Invocation } from "./command.js";
import { addSelectorOptions, type SelectorOptions } from "./selector-options.js";

/** Events that `list` shows unless told otherwise. */
const DEFAULT_LIMIT = 30;
/** Events laid out as one table; a longer list is printed in pieces, each as wide as it needs. */
const TABLE_ROWS = 200;

interface SecretOptions {
  readonly showSecrets?: boolean;
  readonly includeSecrets?: boolean;
}

interface ListOptions extends SelectorOptions, SecretOptions {
  readonly limit?: number;
  readonly reverse?: boolean;
}

interface ShowOptions extends SecretOptions {
  readonly allProjects?: boolean;
  readonly body?: boolean;
}

const list: CommandDefinition<ListOptions> = {
  name: "list",
  summary: "list captured events, the newest first",
  examples: [
    { line: "hookcli events list", about: "the newest 30 of this project" },
    { line: "hookcli events list --type 'invoice.*' --status 5xx --since 2h", about: "what the app failed on" },
    { line: "hookcli events list --limit 0 --json", about: "all of them, for a program" },
  ],
  define: addListOptions,
  run: runList,
};

const show: CommandDefinition<ShowOptions> = {
  name: "show",
  summary: "show one event: request, signature, attempts, body",
  examples: [
    { line: "hookcli events show last", about: "the newest event" },
    { line: "hookcli events show last --body > body.json", about: "its exact body" },
    { line: "hookcli events show last --json", about: "all of it, for a program" },
  ],
  define: (command) => {
    command
      .argument("<event>", "its number, its id or the beginning of it, last, last~2")
      .option("--body", "the exact bytes of the body alone")
      .option("--all-projects", "look at the events of all projects");
    addSecretOptions(command);
  },
  run: runShow,
};

/** `hookcli events`: what was captured. Alone it lists. */
export const events: CommandDefinition<ListOptions> = {
  name: "events",
  summary: "list and show captured events",
  examples: [
    { line: "hookcli events", about: "the newest 30 of this project" },
    { line: "hookcli events --state failed", about: "those that the app did not take; all filters of list" },
    { line: "hookcli events show last", about: "the newest one, whole" },
  ],
  define: (command) => {
    addListOptions(command);
    // They are shown in the help of `list`; here they would be repeated in that of every subcommand.
    for (const option of command.options) option.hideHelp();
    command.hook("preAction", handDownOptions);
  },
  run: runList,
  subcommands: [list, show],
};

/** Commander gives an option that group and subcommand share to the group, wherever it stands: it belongs to the latter. */
function handDownOptions(group: Command, action: Command): void {
  if (action === group) return;
  for (const option of group.options) {
    const name = option.attributeName();
    const value: unknown = group.getOptionValue(name);
    if (value === undefined) continue;
    if (!action.options.some((own) => own.attributeName() === name)) {
      throw new CliError(`events ${action.name()} takes no ${option.long ?? option.flags}`);
    }
    action.setOptionValue(name, value);
  }
}

function addListOptions(command: Command): void {
  addSelectorOptions(command.argument("[events...]", "numbers, ids, last, last~2, ranges 3..7"))
    .option("--limit <number>", `how many; 0 for all (default: ${DEFAULT_LIMIT})`, (text) =>
      parseInteger(text, { name: "--limit", min: 0, max: 1_000_000_000 }),
    )
    .option("--reverse", "the oldest of them first");
  addSecretOptions(command);
}

function addSecretOptions(command: Command): void {
  command
    .option("--show-secrets", "header and query values that are credentials, instead of ***")
    .addOption(new Option("--include-secrets", "the same, as in exports").hideHelp());
}

async function runList({ args, options, context, global, output }: Invocation<ListOptions>): Promise<number> {
  const config = await loadConfig(context, global);
  const named = parseSelectors(args, options, { project: config.project, now: context.now() });
  const limit = options.limit ?? (named.names.length > 0 ? 0 : DEFAULT_LIMIT);
  const selection: Selection = { ...named, limit, order: options.reverse === true ? "oldest" : "newest" };
  return withStore(config.dbPath, context, async (store) => {
    const { resolveEvents } = await import("../store/resolve.js");
    const found = resolveEvents(store, selection, { bodies: output.json });
    const shown = mapped(found, (event) => withoutSecrets(event, options));
    if (output.json) output.record([...mapped(shown, listedJson)]);
    else if (!printTable(shown, { output, now: context.now() })) output.note("no events");
    return EXIT.done;
  });
}

async function runShow({ args, options, context, global, output }: Invocation<ShowOptions>): Promise<number> {
  const config = await loadConfig(context, global);
  const where = { project: config.project, now: context.now() };
  const selection = parseSelectors(args, { allProjects: options.allProjects }, where);
  if (options.body === true && output.json) throw new CliError("--body and --json exclude each other");
  return withStore(config.dbPath, context, async (store) => {
    const { resolveEvent } = await import("../store/resolve.js");
    const event = resolveEvent(store, selection);
    const shown = withoutSecrets(event, options);
    if (options.body === true) await output.bytes(event.body);
    else if (output.json) output.record(eventToJson(shown));
    else printEvent(output, shown, context.now());
    return EXIT.done;
  });
}

async function withStore(
  path: string,
  context: Invocation<never>["context"],
  use: (store: Store) => Promise<number>,
): Promise<number> {
  const { openStore } = await import("../store/open.js");
  const store = await openStore({ path, context, readOnly: true });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function withoutSecrets(event: HookEvent, { showSecrets, includeSecrets }: SecretOptions): HookEvent {
  return showSecrets === true || includeSecrets === true ? event : redactEvent(event);
}

function listedJson(event: HookEvent): EventJson {
  return eventToJson(event, { omitBodiesOver: STREAM_BODY_LIMIT });
}

/** False when there was nothing to print. */
function printTable(
  found: Iterable<HookEvent>,
  { output, now }: { output: Invocation<never>["output"]; now: number },
): boolean {
  let rows: HookEvent[] = [];
  let any = false;
  const flush = () => {
    for (const line of eventTable(rows, { now, columns: output.columns })) output.line(line);
    rows = [];
  };
  for (const event of found) {
    any = true;
    rows.push(event);
    if (rows.length >= TABLE_ROWS) flush();
  }
  flush();
  return any;
}

function* mapped<In, Out>(values: Iterable<In>, change: (value: In) => Out): Iterable<Out> {
  for (const value of values) yield change(value);
}
