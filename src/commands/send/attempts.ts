import type { Context } from "../../context.js";
import type { RetrySettings } from "../../deliver/retry.js";
import type { NewEvent } from "../../events/event.js";
import type { Provider } from "../../providers/provider.js";
import { judge, REFUSAL, SUCCESS, type Expectation, type Judgement } from "../delivery/judgement.js";
import type { ManyParts } from "../delivery/many.js";
import type { Recorded, Recorder } from "../delivery/record.js";
import type { OutgoingRequest } from "../delivery/request.js";
import { retryAfter, type Retry } from "../delivery/retries.js";
import type { Destination } from "../delivery/target.js";
import type { SendOptions } from "../send.js";
import type { HandshakeJudge } from "./handshake.js";
import type { RetryOf } from "./retry-marks.js";

/** An event that is to be sent. */
export interface Message {
  readonly event: NewEvent;
  /** Its request as the provider would make it now, for a retry or for another copy. */
  readonly again: (retry?: RetryOf) => OutgoingRequest;
  /** For people: `message.created`. */
  readonly name: string;
  readonly provider: Provider;
  /** How old a timestamp may be where its signature is checked as here. */
  readonly toleranceSeconds: number;
  /** For handshakes, in place of the status alone. */
  readonly judge: HandshakeJudge | undefined;
}

/** What messages are sent with. */
export interface SendParts extends ManyParts {
  readonly options: SendOptions;
  readonly retry: RetrySettings;
  readonly seed: number | undefined;
  readonly context: Context;
  readonly destination: Destination;
  readonly recorder: Recorder;
}

/** How a message was sent: every attempt, and what each copy of it came to in the end. */
export interface Sent {
  readonly attempts: readonly Recorded[];
  readonly judgements: readonly Judgement[];
}

/** Delivers a message as often as `--duplicate` asks for, each copy again by `--retry`. */
export async function sendMessage(message: Message, parts: SendParts): Promise<Sent> {
  const { options, ending } = parts;
  const attempts: Recorded[] = [];
  const judgements: Judgement[] = [];
  for (let copy = 0; copy < options.duplicate && !(copy > 0 && ending.stopping.aborted); copy += 1) {
    const sent = await sendCopy(message, attempts.at(-1), parts);
    attempts.push(...sent.attempts);
    judgements.push(...sent.judgements);
  }
  return { attempts, judgements };
}

/** Delivers one copy; `earlier` is the last attempt of the copies before it. */
export async function sendCopy(message: Message, earlier: Recorded | undefined, parts: SendParts): Promise<Sent> {
  const { tally, report } = parts;
  const { attempts, recorded, judgement, isBrokenOff } = await attemptUntilTaken(message, earlier, parts);
  tally.add(recorded.delivery, judgement);
  const named = { name: nameOf(message, recorded) };
  if (isBrokenOff) report.breaksOff(named, recorded, judgement);
  else report.ends(named, recorded, judgement);
  return { attempts, judgements: [judgement] };
}

/** Until the app takes it, or will not, or there are no more retries. The last attempt counts. */
async function attemptUntilTaken(message: Message, before: Recorded | undefined, parts: SendParts) {
  const { options, retry: settings, context, tally, report, ending } = parts;
  const { expectation, wronged } = expected(options, message);
  const attempts: Recorded[] = [];
  for (let tries = 1; ; tries += 1) {
    const recorded = await attempt(message, { tries, earlier: attempts.at(-1) ?? before }, parts);
    attempts.push(recorded);
    const { delivery } = recorded;
    const isAnswered = delivery.status !== null && delivery.error === null;
    const judgement = (isAnswered ? message.judge?.(delivery) : undefined) ?? judge(delivery, expectation, wronged);
    const retry = retryAfter(tries, delivery, { settings, provider: message.provider, context });
    if (retry === undefined || ending.stopping.aborted) return { attempts, recorded, judgement, isBrokenOff: false };
    report.fails(recorded, judgement, retry.text);
    if (!(await waited(retry, parts))) return { attempts, recorded, judgement, isBrokenOff: true };
    tally.addRetry();
  }
}

function attempt(
  { event, again }: Message,
  { tries, earlier }: { readonly tries: number; readonly earlier: Recorded | undefined },
  { destination, recorder }: SendParts,
): Promise<Recorded> {
  const to = { destination, ...(earlier === undefined ? {} : { earlier }) };
  if (tries === 1) return recorder.attempt(event, to);
  const after = earlier?.delivery ?? { status: null, error: null };
  const { path, headers, body } = again({ number: tries - 1, after });
  const marked = [["hookcli-attempt", String((earlier?.n ?? 0) + 1)]] as const;
  return recorder.attempt({ ...event, path, headers, body }, { ...to, headers: marked });
}

/** False: the wait was broken off. */
async function waited({ waitMs }: Retry, { context, ending }: SendParts): Promise<boolean> {
  await context.sleep(waitMs, ending.stopping).catch(() => {});
  return !ending.stopping.aborted;
}

function nameOf({ name }: Message, { seq }: Recorded): string {
  return seq === 0 ? name : `#${seq} ${name}`;
}

/** What the answer should be, and whether the request was made wrong on purpose. */
export function expected(
  { expect, tamper, stale, unsigned }: SendOptions,
  { toleranceSeconds }: Pick<Message, "toleranceSeconds">,
): { readonly expectation: Expectation; readonly wronged: boolean } {
  const tooOld = stale !== undefined && stale > toleranceSeconds * 1000;
  const wronged = tamper !== undefined || tooOld || unsigned === true;
  return { expectation: expect ?? (wronged ? REFUSAL : SUCCESS), wronged };
}
