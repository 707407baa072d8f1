import { resolve } from "node:path";
import { loadConfig, type Config } from "../../../config/config.js";
import type { Interrupted } from "../../../context.js";
import { CliError, EXIT } from "../../../errors.js";
import type { HookEvent } from "../../../events/event.js";
import { parseSelectors, type Selection } from "../../../events/selector.js";
import { settledProviders } from "../../selector-options.js";
import type { Output } from "../../../output/output.js";
import { startProgress } from "../../../output/progress.js";
import type { Store } from "../../../store/store.js";
import type { Invocation } from "../../command.js";
import type { Sink } from "../../whole-file.js";
import { placeAt, replayDestination } from "../../delivery/target.js";
import type { ExportOptions } from "../export.js";
import { withStore } from "../open.js";
import { searchReady } from "../search-ready.js";
import { shownEvent, type Showing } from "../shown-event.js";
import { fileSink, stdoutSink } from "./file.js";
import { writeFiles } from "./folder.js";
import { FORMS, type StreamForm } from "./forms.js";
import { sinkOptions, turn, type Exporting, type Written } from "./work.js";
import { counted } from "../../../output/quantity.js";

declare const HOOKCLI_VERSION: string;

/** Runs `events export`. */
export async function runExport(invocation: Invocation<ExportOptions>): Promise<number> {
  const { args, options, context, global, output } = invocation;
  const named = options.output === "-" ? undefined : options.output;
  if (named === "") throw new CliError("--output is empty");
  if (output.json && named === undefined && options.as !== "ndjson" && options.as !== "har") {
    throw new CliError(`--as ${options.as} is no JSON`, { hint: "with --json, write it to a file: --output FILE" });
  }
  const config = await loadConfig(context, global);
  const selection: Selection = {
    ...parseSelectors(args, await settledProviders(options, config), { project: config.project, now: context.now() }),
    order: options.reverse === true ? "newest" : "oldest",
  };
  return withStore(config.dbPath, context, async (store) => {
    const { resolveEvents } = await import("../../../store/resolve.js");
    await searchReady(store, selection, { context, output });
    const events = resolveEvents(store, selection, { bodies: true });
    const progress = startProgress({ context, output, what: "exporting", total: () => totalOf(store, selection) });
    const force = options.force === true || global.yes;
    const work = {
      context,
      output,
      options: { ...options, force },
      events: shown(events, { ...options, own: config.ownProviders }),
      progress,
    };
    try {
      const written = await writeForm(work, { config, store, path: named && resolve(context.cwd, named) });
      progress.end();
      report(written, { output, named, options });
    } catch (error) {
      progress.end();
      if (!context.signal.aborted) throw error;
    }
    return context.signal.aborted ? (context.signal.reason as Interrupted).exitCode : EXIT.done;
  });
}

/** How many events there are to write, where that is known at once: to count what a search finds is to search again. */
export function totalOf(store: Pick<Store, "count">, selection: Selection): number | undefined {
  return selection.grep === undefined && selection.names.length === 0 ? store.count(selection) : undefined;
}

function writeForm(
  work: Exporting,
  where: { readonly config: Config; readonly store: Store; readonly path: string | undefined },
): Promise<Written> {
  const { options } = work;
  const form = FORMS[options.as]({
    version: HOOKCLI_VERSION,
    includeSecrets: options.includeSecrets === true,
    placeOf: (event) => placeOf(event, options, where),
    own: where.config.ownProviders,
  });
  return form.kind === "stream" ? writeStream(work, form, where.path) : writeFiles(work, form, where.path);
}

/** Without `--include-secrets` no form gets to see a credential. */
function* shown(events: Iterable<HookEvent>, options: Showing): Iterable<HookEvent> {
  for (const event of events) yield shownEvent(event, options);
}

async function writeStream(work: Exporting, form: StreamForm, path: string | undefined): Promise<Written> {
  const sink = path === undefined ? stdoutSink(work.output) : await fileSink(path, sinkOptions(work));
  try {
    const events = await writeEntries(work, form, sink);
    await sink.commit();
    return { events, files: 1 };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function writeEntries(work: Exporting, form: StreamForm, sink: Sink): Promise<number> {
  let count = 0;
  await sink.write(Buffer.from(form.head));
  for (const event of work.events) {
    await sink.write(Buffer.from((count === 0 ? "" : form.between) + form.entry(event)));
    count += 1;
    await turn(work, count);
  }
  await sink.write(Buffer.from(form.tail));
  return count;
}

function placeOf(
  event: HookEvent,
  { to }: ExportOptions,
  { config, store }: { readonly config: Config; readonly store: Store },
): { readonly url: string; readonly path: string } {
  // A file from elsewhere must not choose what a script of ours talks to.
  const attempts = event.source === "import" ? [] : event.attempts;
  const listeners = () => store.listeners(config.project);
  const { target } = replayDestination({
    to,
    attempts: attempts.map(({ target, status, error }) => ({ target: originOf(target), status, error })),
    config,
    listeners,
  });
  return placeAt(target, event.path);
}

/** A target's label without its path: the event's own is sent. */
function originOf(target: string): string {
  return target.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*).*$/is, "$1");
}

function report(
  { events, files }: Written,
  { output, named, options }: { output: Output; named: string | undefined; options: ExportOptions },
): void {
  if (events === 0) output.note("no events");
  if (named === undefined) return;
  output.record({ form: options.as, output: named, events, files, secrets: options.includeSecrets === true });
  const into = files > 1 ? `${files} files in ${named}` : named;
  const secrets =
    options.includeSecrets === true
      ? "with the credentials in headers and queries"
      : "credentials in headers and queries are ***";
  output.note(`${counted(events, "event")} to ${into}; ${secrets}`);
}
