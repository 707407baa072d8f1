import { loadConfig, type Config } from "../../config/config.js";
import { resolveHeaders } from "../../config/headers.js";
import { CliError, EXIT } from "../../errors.js";
import type { HookEvent } from "../../events/event.js";
import { headerValue } from "../../events/headers.js";
import { redactPath, redactUrl } from "../../events/redact.js";
import { createDialer } from "../../proxies/dialer.js";
import { parseSelectors, selectsAll } from "../../events/selector.js";
import type { Invocation } from "../command.js";
import { confirm } from "../delivery/confirm.js";
import { judge, SUCCESS } from "../delivery/judgement.js";
import { paced } from "../delivery/pace.js";
import { eventOf, Recorder } from "../delivery/record.js";
import { replaceHeaders } from "../delivery/request.js";
import { resultJson, showAnswer, showRequest } from "../delivery/show.js";
import { Tally } from "../delivery/tally.js";
import type { ReplayOptions } from "../replay.js";
import { maskOf } from "../events/shown-event.js";
import { settledProviders } from "../selector-options.js";
import { showDiff } from "./diff.js";
import { Preparer, type Prepared, type ReplaySource } from "./prepare.js";

/** What a filter selects unless --source says otherwise. */
const CAPTURED = ["tunnel", "local", "send", "import"] as const;
/** Replays beyond this many ask first. */
const ASK_ABOVE = 20;

/** Delivers captured events again. Resolves to the exit code. */
export async function runReplay(asked: Invocation<ReplayOptions>): Promise<number> {
  const { global, context } = asked;
  const options = { ...asked.options, header: await resolveHeaders(asked.options.header, asked) };
  const invocation = { ...asked, options };
  const config = await loadConfig(context, global);
  const selection = await selectionOf(invocation, config);
  const printsOnly = options.dryRun === true || options.curl === true;
  const { openStore } = await import("../../store/open.js");
  const store = await openStore({ path: config.dbPath, context, readOnly: printsOnly });
  try {
    const { resolveEvents } = await import("../../store/resolve.js");
    const ids = [...resolveEvents(store, selection)].map(({ id }) => id);
    if (ids.length === 0) throw new CliError("no event fits", { hint: "hookcli events lists what was captured" });
    const source = { invocation, config, store };
    if (printsOnly) return await printAll(ids, source);
    const asks = ids.length > ASK_ABOVE;
    if (asks && !(await confirm(`this replays ${ids.length} events`, { ...invocation, yes: global.yes })))
      return EXIT.no;
    return await deliverAll(ids, source);
  } finally {
    await store.close();
  }
}

async function selectionOf({ args, options, context }: Invocation<ReplayOptions>, config: Config) {
  const settled = await settledProviders(options, config);
  const selection = parseSelectors(args, settled, { project: config.project, now: context.now() });
  // A filter means what was captured: replays of earlier runs would double it each time.
  const sources = selection.names.length > 0 ? selection.sources : (selection.sources ?? CAPTURED);
  if (!selectsAll(selection))
    return { ...selection, ...(sources === undefined ? {} : { sources }), order: "oldest" as const };
  throw new CliError("no event is named", { hint: "hookcli replay last, or a filter such as --status 5xx" });
}

async function printAll(ids: readonly string[], source: ReplaySource): Promise<number> {
  const { options, context, output } = source.invocation;
  const preparer = await Preparer.create(source);
  for (const [index, id] of ids.entries()) {
    const prepared = await preparer.prepare(id);
    const { resigned, provider, event } = prepared;
    output.note(sentence(prepared));
    // A body in a file may end without a newline.
    if (index > 0) output.block(output.isTerminal ? "" : "\n\n");
    const request = replaceHeaders(resigned.request, replayHeader(event));
    const as = options.curl === true ? "curl" : "http";
    await showRequest(request, { output, provider, showSecrets: options.showSecrets === true, env: context.env }, as);
  }
  return EXIT.done;
}

async function deliverAll(ids: readonly string[], source: ReplaySource): Promise<number> {
  const { options, context, output } = source.invocation;
  const { createDeliverer } = await import("../../deliver/create.js");
  const preparer = await Preparer.create(source);
  const deliverer = createDeliverer({
    timeoutMs: options.timeout,
    insecure: options.insecure === true,
    allowRemote: options.allowRemote === true,
    hostHeader: headerValue(options.header, "host") ?? "target",
    headers: [],
    monotonic: context.monotonic,
    dialer: await createDialer(context.env),
  });
  const recorder = new Recorder({ deliverer, context, output, store: source.store, strict: true });
  const tally = new Tally();
  const { rate: perSecond, concurrency } = options;
  try {
    await paced(ids, { concurrency, perSecond, context }, async (id) =>
      deliverOne(await preparer.prepare(id), { recorder, tally }, source),
    );
  } finally {
    await deliverer.close();
  }
  if (tally.count > 1) output.note(tally.text());
  return tally.exitCode;
}

async function deliverOne(
  prepared: Prepared,
  { recorder, tally }: { recorder: Recorder; tally: Tally },
  source: ReplaySource,
): Promise<void> {
  const { options, context, output } = source.invocation;
  const { event, provider, destination, resigned, signature } = prepared;
  // Of several at a time, each is told of with its answer.
  if (options.concurrency === 1) output.note(sentence(prepared));
  const replayed = eventOf(resigned.request, {
    context,
    project: source.config.project,
    source: "replay",
    provider,
    eventType: event.eventType ?? undefined,
    signature,
    replayOf: event.id,
  });
  const recorded = await recorder.attempt(replayed, { destination, headers: replayHeader(event) });
  const expectation = options.expect ?? SUCCESS;
  const judgement = judge(recorded.delivery, expectation, false);
  tally.add(recorded.delivery, judgement);
  if (options.concurrency > 1) output.note(sentence(prepared));
  showAnswer(output, recorded, judgement);
  const own = source.config.ownProviders;
  const compared = {
    first: event.attempts[0],
    answer: recorded.delivery,
    mask: maskOf([event], { ...options, own }),
  };
  const diff = options.diff === true ? showDiff({ ...compared, own }, output) : undefined;
  output.record({
    replayOf: event.id,
    ...resultJson({ eventId: replayed.id, attempts: [recorded], destination, judgement, expected: expectation.text }),
    signedAnew: resigned.signedAnew,
    ...(diff === undefined ? {} : { diff }),
  });
}

function sentence({ event, destination, resigned }: Prepared): string {
  const what = `#${event.seq} ${event.eventType ?? `${event.method} ${redactPath(event.path)}`}`;
  const note = resigned.note === undefined ? "" : `; ${resigned.note}`;
  return `replaying ${what} to ${redactUrl(destination.target.label)} (${destination.why})${note}`;
}

function replayHeader(event: HookEvent) {
  return [["hookcli-replay-of", event.id]] as const;
}
