import type { Config } from "../../config/config.js";
import type { Context } from "../../context.js";
import type { RetrySettings } from "../../deliver/retry.js";
import { headerValue } from "../../events/headers.js";
import type { Output } from "../../output/output.js";
import { startProgress } from "../../output/progress.js";
import { grouped } from "../../output/quantity.js";
import { createDialer } from "../../proxies/dialer.js";
import type { Store } from "../../store/store.js";
import { endingOf } from "../delivery/ending.js";
import { worstOf } from "../delivery/judgement.js";
import { paced } from "../delivery/pace.js";
import { Recorder } from "../delivery/record.js";
import { DeliveryReport } from "../delivery/report.js";
import { resultJson } from "../delivery/show.js";
import { Tally } from "../delivery/tally.js";
import { calledHost, type Destination } from "../delivery/target.js";
import type { SendOptions } from "../send.js";
import { expected, sendMessage, type Message, type SendParts, type Sent } from "./attempts.js";

interface Delivering {
  readonly options: SendOptions;
  readonly retry: RetrySettings;
  readonly config: Config;
  readonly context: Context;
  readonly output: Output;
  readonly deliveriesBegin: () => void;
}

/**
 * Sends as many messages as the options ask for, each made when its turn comes. Resolves to the exit code: the signal's when
 * one has ended it, else that of the worst answer.
 */
export async function deliverAll(
  makeMessage: (seq: number) => Promise<Message>,
  destination: Destination,
  { options, retry, config, context, output, deliveriesBegin }: Delivering,
): Promise<number> {
  const { count, duplicate, rate: perSecond, concurrency } = options;
  const total = count * duplicate;
  const [deliverer, store] = await Promise.all([
    delivererTo(destination, { options, context }),
    keptByListener(destination) ? undefined : openForWriting(config.dbPath, { context, output }),
  ]);
  const tally = new Tally("sent");
  const startedMs = context.monotonic();
  const progress = startProgress({ context, output, what: "sending", total: () => total, format: grouped });
  const report = new DeliveryReport({ output, progress, total, concurrency });
  deliveriesBegin();
  const ending = endingOf(context, { several: total > 1, say: (text) => progress.above(() => output.note(text)) });
  const { stopping, cutting } = ending;
  const recorder = new Recorder({ deliverer, context, output, store, strict: false, cutting });
  const parts = { options, retry, context, destination, recorder, report, tally, ending };
  try {
    await paced(numbersTo(count), { concurrency, perSecond, context, stopping }, async (seq) => {
      const message = await makeMessage(seq);
      output.record(resultOf(message, await sendMessage(message, parts), parts));
      progress.at(tally.done);
      await output.drain();
    });
  } finally {
    ending.over();
    report.over();
    await Promise.all([deliverer.close(), store?.close()]);
    const extent = { elapsedMs: context.monotonic() - startedMs, total };
    if (count > 1) {
      output.note(tally.text(extent));
      output.record(tally.json(extent, ending.exitCode() ?? tally.exitCode));
    }
  }
  return ending.exitCode() ?? tally.exitCode;
}

function* numbersTo(count: number): Iterable<number> {
  for (let seq = 1; seq <= count; seq += 1) yield seq;
}

async function delivererTo(
  destination: Destination,
  { options, context }: { readonly options: SendOptions; readonly context: Context },
) {
  const { createDeliverer } = await import("../../deliver/create.js");
  return createDeliverer({
    timeoutMs: options.timeout,
    insecure: options.insecure === true,
    allowRemote: options.allowRemote === true || destination.via === "tunnel",
    hostHeader:
      headerValue(options.header, "host") ?? (destination.publicUrl === undefined ? "target" : calledHost(destination)),
    headers: [],
    monotonic: context.monotonic,
    dialer: await createDialer(context.env),
  });
}

/** What goes to a listener is captured there. */
function keptByListener({ via }: Destination): boolean {
  return via === "listener" || via === "tunnel";
}

async function openForWriting(
  path: string,
  { context, output }: { readonly context: Context; readonly output: Output },
): Promise<Store | undefined> {
  try {
    const { openStore } = await import("../../store/open.js");
    return await openStore({ path, context });
  } catch (error) {
    output.warn(
      `the store cannot be opened, so this is not kept: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}

/** What programs see of a message. */
function resultOf(
  { event, judge }: Message,
  { attempts, judgements }: Sent,
  { options, destination }: SendParts,
): Record<string, unknown> {
  const accepted = judgements.every((judgement) => judgement.accepted);
  const judgement = { accepted, exitCode: worstOf(judgements), remark: undefined };
  const text = judge === undefined ? expected(options).expectation.text : "handshake";
  const result = resultJson({ eventId: event.id, attempts, destination, judgement, expected: text });
  const reason = judgements.find((one) => !one.accepted)?.remark ?? judgements[0]?.remark;
  return judge === undefined ? result : { ...result, reason };
}
