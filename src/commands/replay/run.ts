import { loadConfig, type Config } from "../../config/config.js";
import { resolveHeaders } from "../../config/headers.js";
import { CliError, EXIT } from "../../errors.js";
import { parseSelectors, selectsAll, type Selection } from "../../events/selector.js";
import { grouped } from "../../output/quantity.js";
import type { Store } from "../../store/store.js";
import type { Invocation } from "../command.js";
import { confirm } from "../delivery/confirm.js";
import { hiddenHeaders } from "../delivery/options.js";
import { replaceHeaders } from "../delivery/request.js";
import { showRequest } from "../delivery/show.js";
import type { ReplayOptions } from "../replay.js";
import { settledProviders } from "../selector-options.js";
import { deliverAll } from "./deliver.js";
import { Preparer, type ReplaySource } from "./prepare.js";
import { replayHeader, sentence } from "./words.js";

/** What a filter selects unless --source says otherwise. */
const CAPTURED = ["tunnel", "local", "send", "import"] as const;
/** Replays beyond this many ask first. */
const ASK_ABOVE = 20;

/** Delivers captured events again. Resolves to the exit code. */
export async function runReplay(asked: Invocation<ReplayOptions>, deliveriesBegin: () => void): Promise<number> {
  const { global, context } = asked;
  const options = { ...asked.options, header: await resolveHeaders(asked.options.header, asked) };
  const invocation = { ...asked, options };
  if (options.seed !== undefined && options.shuffle !== true)
    throw new CliError("--seed needs --shuffle: nothing else of a replay is left to chance");
  const config = await loadConfig(context, global);
  const selection = await selectionOf(invocation, config);
  const printsOnly = options.dryRun === true || options.curl === true;
  const { openStore } = await import("../../store/open.js");
  const store = await openStore({ path: config.dbPath, context, readOnly: printsOnly });
  try {
    const seqs = await selectedNumbers(store, selection, options.limit);
    if (options.edit === true && seqs.length * options.count > 1) throw cannotEditAll(seqs.length * options.count);
    const source = { invocation, config, store };
    if (printsOnly) return await printAll(seqs, source, hiddenHeaders(asked.options));
    const asks = seqs.length > ASK_ABOVE;
    if (asks && !(await confirm(`this replays ${seqs.length} events`, { ...invocation, yes: global.yes })))
      return EXIT.no;
    return await deliverAll(seqs, source, deliveriesBegin);
  } finally {
    await store.close();
  }
}

async function selectionOf({ args, options, context }: Invocation<ReplayOptions>, config: Config): Promise<Selection> {
  const settled = await settledProviders(options, config);
  const { limit: _limit, ...flags } = settled;
  const selection = parseSelectors(args, flags, { project: config.project, now: context.now() });
  // A filter means what was captured: replays of earlier runs would double it each time.
  const sources = selection.names.length > 0 ? selection.sources : (selection.sources ?? CAPTURED);
  if (!selectsAll(selection))
    return { ...selection, ...(sources === undefined ? {} : { sources }), order: "oldest" as const };
  throw new CliError("no event is named", { hint: "hookcli replay last, or a filter such as --status 5xx" });
}

/**
 * The numbers of the events that are meant, in order. All of them before the first delivery: a replay is an event itself, and
 * may change the state of its first. The events themselves are read one by one.
 */
async function selectedNumbers(store: Store, selection: Selection, limit: number | undefined): Promise<number[]> {
  const { requireNamed } = await import("../../store/resolve.js");
  requireNamed(store, selection);
  const isNamed = selection.names.length > 0;
  const seqs = [...store.seqs(isNamed || limit === undefined ? selection : { ...selection, limit })];
  if (seqs.length === 0) throw new CliError("no event fits", { hint: "hookcli events lists what was captured" });
  return limit === undefined || seqs.length <= limit ? seqs : newest(seqs, limit);
}

/** The newest of them, in the order that they have. */
function newest(seqs: readonly number[], limit: number): number[] {
  const first = Float64Array.from(seqs).toSorted().at(-limit) ?? 0;
  return seqs.filter((seq) => seq >= first);
}

function cannotEditAll(deliveries: number): CliError {
  return new CliError(`--edit changes one event, not ${grouped(deliveries)} deliveries`, {
    hint: "--set, --unset and --merge change them all",
  });
}

async function printAll(seqs: readonly number[], source: ReplaySource, hidden: readonly string[]): Promise<number> {
  const { options, context, output } = source.invocation;
  const preparer = await Preparer.create(source);
  for (const [index, seq] of seqs.entries()) {
    const prepared = await preparer.prepare(seq);
    const { resigned, provider, event } = prepared;
    output.note(sentence(prepared));
    // A body in a file may end without a newline.
    if (index > 0) output.block(output.isTerminal ? "" : "\n\n");
    const request = replaceHeaders(resigned.request, replayHeader(event));
    const as = options.curl === true ? "curl" : "http";
    const showSecrets = options.showSecrets === true;
    await showRequest(request, { output, provider, showSecrets, hidden, env: context.env }, as);
    await output.drain();
  }
  return EXIT.done;
}
