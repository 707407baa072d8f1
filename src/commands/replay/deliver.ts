import { headerValue } from "../../events/headers.js";
import { createDialer } from "../../proxies/dialer.js";
import { judge, SUCCESS, type Judgement } from "../delivery/judgement.js";
import { deliverMany } from "../delivery/many.js";
import { eventOf, Recorder, type Recorded } from "../delivery/record.js";
import type { DeliveryReport } from "../delivery/report.js";
import { resultJson } from "../delivery/show.js";
import { inRandomOrder, seedOf } from "../delivery/chance.js";
import type { Tally } from "../delivery/tally.js";
import { maskOf } from "../events/shown-event.js";
import { showDiff } from "./diff.js";
import { NotReplayable, Preparer, type Prepared, type ReplaySource } from "./prepare.js";
import { namedIn, replayHeader } from "./words.js";

/**
 * Delivers events, as often and at the pace that the options name. Resolves to the exit code: the signal's when one has ended
 * it before all was done, else that of the worst answer.
 */
export async function deliverAll(
  seqs: readonly number[],
  source: ReplaySource,
  deliveriesBegin: () => void,
): Promise<number> {
  const { options, context, output } = source.invocation;
  const total = seqs.length * options.count;
  const preparer = await Preparer.create(source);
  const deliverer = await delivererFor(source);
  const { shuffle, count } = options;
  const seed = shuffle === true ? seedOf(options, context.random) : undefined;
  const items =
    seed === undefined ? timesOver(seqs, count) : inRandomOrder(seqs, { times: count, seed, most: MAX_SHUFFLED });
  if (seed !== undefined) output.note(`in random order; --shuffle --seed ${seed} gives the same order again`);
  const words = { doing: "replaying", done: "replayed" };
  const many = { items, total, words, options, sumsUp: total > 1, seed, context, output, deliveriesBegin };
  try {
    return await deliverMany(many, ({ tally, report, ending: { cutting } }) => {
      const recorder = new Recorder({ deliverer, context, output, store: source.store, strict: true, cutting });
      return (seq) => replayOne(seq, { preparer, recorder, tally, report, seed, isOnly: total === 1 }, source);
    });
  } finally {
    await deliverer.close();
  }
}

/** Numbers are all that is held of what is to come. */
const MAX_SHUFFLED = 10_000_000;

/** All of them, again and again. */
function* timesOver(seqs: readonly number[], count: number): Iterable<number> {
  for (let round = 0; round < count; round += 1) yield* seqs;
}

async function delivererFor({ invocation: { options, context } }: ReplaySource) {
  const { createDeliverer } = await import("../../deliver/create.js");
  return createDeliverer({
    timeoutMs: options.timeout,
    insecure: options.insecure === true,
    allowRemote: options.allowRemote === true,
    hostHeader: headerValue(options.header, "host") ?? "target",
    headers: [],
    monotonic: context.monotonic,
    dialer: await createDialer(context.env),
  });
}

interface Parts {
  readonly preparer: Preparer;
  readonly recorder: Recorder;
  readonly tally: Tally;
  readonly report: DeliveryReport;
  readonly seed: number | undefined;
  /** Nothing else is delivered: what cannot be is an error. */
  readonly isOnly: boolean;
}

async function replayOne(seq: number, parts: Parts, source: ReplaySource): Promise<void> {
  const { preparer, tally, report, isOnly } = parts;
  try {
    await deliverOne(await preparer.prepare(seq), parts, source);
  } catch (error) {
    if (isOnly || !(error instanceof NotReplayable)) throw error;
    tally.addImpossible(error.exitCode);
    report.impossible(error);
  }
}

async function deliverOne(prepared: Prepared, parts: Parts, source: ReplaySource): Promise<void> {
  const { recorder, tally, report, seed } = parts;
  const { options, context, output } = source.invocation;
  const { event, provider, destination, resigned, signature } = prepared;
  const named = namedIn(prepared);
  report.begins(named);
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
  report.ends(named, recorded, judgement);
  const diff = options.diff === true ? compare(prepared, { recorded, judgement, report }, source) : undefined;
  if (diff !== undefined) tally.addCompared(diff.equal);
  output.record({
    replayOf: event.id,
    ...resultJson({
      eventId: replayed.id,
      attempts: [recorded],
      destination,
      judgement,
      expected: expectation.text,
      seed,
    }),
    signedAnew: resigned.signedAnew,
    ...(diff === undefined ? {} : { diff }),
  });
}

/** How the answer differs from the first one, shown and as programs see it. */
function compare(
  prepared: Prepared,
  by: { recorded: Recorded; judgement: Judgement; report: DeliveryReport },
  { invocation: { options, output }, config: { ownProviders: own } }: ReplaySource,
) {
  const { event } = prepared;
  const { recorded, judgement, report } = by;
  const mask = maskOf([event], { ...options, own });
  const heading = report.headingOfDiff(namedIn(prepared), recorded, judgement);
  return showDiff({ first: event.attempts[0], answer: recorded.delivery, mask, own, heading }, output);
}
