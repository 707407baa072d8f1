import type { Command } from "commander";
import { loadConfig } from "../../config/config.js";
import { parseInteger } from "../../config/values.js";
import { CliError, EXIT } from "../../errors.js";
import type { HookEvent } from "../../events/event.js";
import { eventToJson, STREAM_BODY_LIMIT, type EventJson } from "../../events/event-json.js";
import { redactEvent } from "../../events/redact.js";
import type { Showing } from "./shown-event.js";
import { parseSelectors, type Selection, parseEventName } from "../../events/selector.js";
import { eventTable } from "../../output/event-line.js";
import type { Line } from "../../output/output.js";
import type { Provider } from "../../providers/provider.js";
import { RETRY_HEADERS } from "../../providers/retry-headers.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { addSelectorOptions, settledProviders, type SelectorOptions } from "../selector-options.js";
import { PAGER_OPTION, paged, type PagerOptions } from "../paging.js";
import { refuseMistypedSubcommand } from "../mistyped.js";
import { withStore } from "./open.js";
import { searchReady } from "./search-ready.js";
import { addSecretOptions, asksForSecrets, type SecretOptions } from "./secret-options.js";

/** Events that `list` shows unless told otherwise. */
const DEFAULT_LIMIT = 30;
/** Events that `--follow` shows before it waits. */
const FOLLOW_LIMIT = 10;
/** Events laid out as one table; a longer list is printed in pieces, each as wide as it needs. */
const TABLE_ROWS = 200;

interface ListOptions extends SelectorOptions, SecretOptions, PagerOptions {
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly follow?: boolean;
}

/** `hookcli events list`. */
export const list: CommandDefinition<ListOptions> = {
  examples: [
    { line: "hookcli events list", about: "the newest 30 of this project" },
    { line: "hookcli events list --type 'invoice.*' --status 5xx --since 2h", about: "what the app failed on" },
    { line: "hookcli events list --limit 0 --json", about: "all of them, for a program" },
  ],
  define: addListOptions,
  endsOnSignal: true,
  run: runList,
};

function addListOptions(command: Command): void {
  refuseMistypedSubcommand(command.parent, { isArgument: namesEvent, words: ["last"] });
  addSelectorOptions(command.argument("[events...]", "numbers, ids, last, last~2, ranges 3..7"))
    .option(
      "--limit <number>",
      `how many; 0 for all (default: ${DEFAULT_LIMIT}, before --follow ${FOLLOW_LIMIT})`,
      (text) => parseInteger(text, { name: "--limit", min: 0, max: 1_000_000_000 }),
    )
    .option("--reverse", "the oldest of them first")
    .option("-F, --follow", "go on with what comes, whichever process captures it")
    .option(...PAGER_OPTION);
  addSecretOptions(command);
}

function namesEvent(word: string): boolean {
  try {
    parseEventName(word);
    return true;
  } catch {
    return false;
  }
}

async function runList(invocation: Invocation<ListOptions>): Promise<number> {
  const { args, options, context, global } = invocation;
  const config = await loadConfig(context, global);
  const named = parseSelectors(args, await settledProviders(options, config), {
    project: config.project,
    now: context.now(),
  });
  if (options.follow === true) return follow(named, invocation, config.dbPath);
  const limit = options.limit ?? (named.names.length > 0 ? 0 : DEFAULT_LIMIT);
  const selection: Selection = { ...named, limit, order: options.reverse === true ? "oldest" : "newest" };
  return paged(invocation, (output) =>
    withStore(config.dbPath, context, async (store) => {
      const { resolveEvents } = await import("../../store/resolve.js");
      await searchReady(store, selection, { context, output });
      const found = resolveEvents(store, selection, { bodies: output.json });
      if (output.json)
        await output.records(mapped(found, listedJson(await maskedFor({ ...options, own: config.ownProviders }))));
      else {
        const rows = await markedRows(found, limit, config.ownProviders);
        await printTable(mapped(rows, rowOf(options)), { output, now: context.now() });
      }
      return EXIT.done;
    }),
  );
}

async function follow(
  selection: Selection,
  { options, context, output }: Invocation<ListOptions>,
  path: string,
): Promise<number> {
  if (selection.names.length > 0) throw new CliError("--follow takes filters, no names of events");
  if (options.reverse === true) throw new CliError("--follow and --reverse exclude each other");
  const { followEvents } = await import("./follow.js");
  const redact = await maskedFor(options);
  return followEvents({ path, context, output, selection, redact, limit: options.limit ?? FOLLOW_LIMIT });
}

/** Which of an event's headers are secret, the row of its provider says; all rows together take a part of a start. */
async function maskedFor(options: Showing): Promise<(event: HookEvent) => HookEvent> {
  const { shownEvent } = await import("./shown-event.js");
  return (event) => shownEvent(event, options);
}

/** Rows with the retry that their headers tell of. What providers mark is loaded only where a row may have such a header. */
async function markedRows(
  found: Iterable<HookEvent>,
  limit: number,
  own: readonly Provider[],
): Promise<Iterable<HookEvent>> {
  const few = limit > 0 && limit <= TABLE_ROWS ? [...found] : undefined;
  const mayMark = ({ headers }: HookEvent) => headers.some(([name]) => RETRY_HEADERS.test(name));
  if (few !== undefined && own.length === 0 && !few.some(mayMark)) return few;
  const { withRetry } = await import("./shown-event.js");
  return mapped(few ?? found, (event) => withRetry(event, own));
}

/** A row of the table shows no header. */
function rowOf(options: ListOptions): (event: HookEvent) => HookEvent {
  return (event) => (asksForSecrets(options) ? event : redactEvent(event));
}

function listedJson(masked: (event: HookEvent) => HookEvent): (event: HookEvent) => EventJson {
  return (event) => eventToJson(masked(event), { omitBodiesOver: STREAM_BODY_LIMIT });
}

async function printTable(
  found: Iterable<HookEvent>,
  { output, now }: { output: Invocation<never>["output"]; now: number },
): Promise<void> {
  let any = false;
  function* lines(): Iterable<Line> {
    for (const rows of inPieces(found, TABLE_ROWS)) {
      any = true;
      yield* eventTable(rows, { now, columns: output.columns });
    }
  }
  await output.lines(lines());
  if (!any) output.note("no events");
}

function* inPieces<Value>(values: Iterable<Value>, size: number): Iterable<Value[]> {
  let piece: Value[] = [];
  for (const value of values) {
    piece.push(value);
    if (piece.length < size) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

function* mapped<In, Out>(values: Iterable<In>, change: (value: In) => Out): Iterable<Out> {
  for (const value of values) yield change(value);
}
