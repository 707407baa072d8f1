import type { Config } from "../../config/config.js";
import type { Context } from "../../context.js";
import type { RetrySettings } from "../../deliver/retry.js";
import { headerValue } from "../../events/headers.js";
import type { Output } from "../../output/output.js";
import { createDialer } from "../../proxies/dialer.js";
import type { Store } from "../../store/store.js";
import { worstOf } from "../delivery/judgement.js";
import { deliverMany } from "../delivery/many.js";
import { Recorder } from "../delivery/record.js";
import { resultJson } from "../delivery/show.js";
import { inRandomOrder } from "../delivery/chance.js";
import { calledHost, type Destination } from "../delivery/target.js";
import type { SendOptions } from "../send.js";
import { expected, sendMessage, type Message, type SendParts, type Sent } from "./attempts.js";
import { ScatteredCopies } from "./scattered.js";

interface Delivering {
  readonly options: SendOptions;
  readonly retry: RetrySettings;
  readonly seed: number | undefined;
  readonly config: Config;
  readonly context: Context;
  readonly output: Output;
  readonly deliveriesBegin: () => void;
}

/** Events whose other copies are still to come are held. */
const MAX_SHUFFLED = 100_000;

/**
 * Sends as many messages as the options ask for, each made when its turn comes. Resolves to the exit code: the signal's when
 * one has ended it, else that of the worst answer.
 */
export async function deliverAll(
  makeMessage: (seq: number) => Promise<Message>,
  destination: Destination,
  { options, retry, seed, config, context, output, deliveriesBegin }: Delivering,
): Promise<number> {
  const { count, duplicate } = options;
  const items = itemsOf(options, seed);
  const [deliverer, store] = await Promise.all([
    delivererTo(destination, { options, context }),
    keptByListener(destination) ? undefined : openForWriting(config.dbPath, { context, output }),
  ]);
  const words = { doing: "sending", done: "sent" };
  const amount = { items, total: count * duplicate, seed, sumsUp: count > 1 };
  try {
    return await deliverMany({ ...amount, words, options, context, output, deliveriesBegin }, (parts) => {
      const { cutting } = parts.ending;
      const recorder = new Recorder({ deliverer, context, output, store, strict: false, cutting });
      const by = { ...parts, options, retry, seed, context, destination, recorder };
      const copies = new ScatteredCopies(makeMessage, by);
      return async (seq) => {
        if (options.shuffle === true) {
          const { message, sent } = await copies.send(seq);
          if (sent !== undefined) output.record(resultOf(message, sent, by));
          return;
        }
        const message = await makeMessage(seq);
        output.record(resultOf(message, await sendMessage(message, by), by));
      };
    });
  } finally {
    await Promise.all([deliverer.close(), store?.close()]);
  }
}

/** With `--shuffle` a number stands there for each copy of its event. */
function itemsOf({ shuffle, count, duplicate: times }: SendOptions, seed: number | undefined): Iterable<number> {
  if (shuffle !== true || seed === undefined) return numbersTo(count);
  return inRandomOrder([...numbersTo(count)], { times, seed, most: MAX_SHUFFLED });
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
  message: Message,
  { attempts, judgements }: Sent,
  { options, destination, seed }: SendParts,
): Record<string, unknown> {
  const { event, judge } = message;
  const accepted = judgements.every((judgement) => judgement.accepted);
  const judgement = { accepted, exitCode: worstOf(judgements), remark: undefined };
  const text = judge === undefined ? expected(options, message).expectation.text : "handshake";
  const result = resultJson({ eventId: event.id, attempts, destination, judgement, expected: text, seed });
  const reason = judgements.find((one) => !one.accepted)?.remark ?? judgements[0]?.remark;
  return judge === undefined ? result : { ...result, reason };
}
