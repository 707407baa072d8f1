import { loadConfig, type Config } from "../../config/config.js";
import { resolveHeaders } from "../../config/headers.js";
import type { Context } from "../../context.js";
import { CliError, EXIT } from "../../errors.js";
import type { NewEvent } from "../../events/event.js";
import { headerValue } from "../../events/headers.js";
import { redactUrl } from "../../events/redact.js";
import type { Output } from "../../output/output.js";
import { noteOf } from "../../providers/verify.js";
import { DEFAULT_TOLERANCE_SECONDS } from "../../signatures/request.js";
import { StoreError, type ListenerRow } from "../../store/store.js";
import type { Invocation } from "../command.js";
import { givenTarget, hiddenHeaders } from "../delivery/options.js";
import { eventOf } from "../delivery/record.js";
import { retrySettings } from "../delivery/retries.js";
import { showRequest } from "../delivery/show.js";
import { seededRandom, seedOf } from "../delivery/chance.js";
import { check } from "../delivery/signing.js";
import { sendDestination, type Destination } from "../delivery/target.js";
import type { SendOptions } from "../send.js";
import type { Surroundings } from "../verify/input.js";
import type { Message } from "./attempts.js";
import { Composer, publicUrlOf, type Composed } from "./compose.js";
import { deliverAll } from "./deliver.js";
import type { SentHandshake } from "./handshake.js";
import { readSource, type Source, type SourceMaker } from "./source.js";

/** Makes signed test events, sends them, and judges the answers. Resolves to the exit code. */
export async function runSend(invocation: Invocation<SendOptions>, deliveriesBegin: () => void): Promise<number> {
  const { global, context, output } = invocation;
  const retry = retrySettings(invocation.options);
  requireSeveral(invocation.options);
  const config = await loadConfig(context, global);
  const header = await resolveHeaders(invocation.options.header, { context, output });
  const seed = seedOf(invocation.options, context.random);
  const randomOf = (seq: number) => (seed === undefined ? context.random : seededRandom(seed, `event ${seq}`));
  const random = randomOf(1);
  const around = { context, output, config };
  const { options, sourceOf, judge } = await whatToSend({ ...invocation.options, header }, invocation.args[0], {
    ...around,
    context: { ...context, random },
  });
  const first = await sourceOf(1, random);
  const destination = await destinationOf(options, around);
  const composer = new Composer({ ...around, options });
  const composed = await composer.compose(first, destination, random);
  if (options.dryRun === true || options.curl === true)
    return printOnly(composed, first, { options, hidden: hiddenHeaders(invocation.options), context, output });
  output.note(sentence(first, composed, { destination, count: options.count }));
  if (seed !== undefined) output.note(seedSentence(seed, options));
  const messageOf = async (source: Source, made: Composed): Promise<Message> => ({
    event: newEvent(made, source, { context, project: config.project }),
    again: made.again,
    name: source.name,
    provider: source.provider,
    toleranceSeconds: made.signer?.scheme.timestamp?.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS,
    judge: await judge?.(made, options.url ?? publicUrlOf(destination, made.request) ?? made.request.url),
  });
  const firstMessage = await messageOf(first, composed);
  const makeMessage = async (seq: number) => {
    // In random order the first one may come late: its time is that of its turn.
    if (seq === 1 && options.shuffle !== true) return firstMessage;
    const own = randomOf(seq);
    const source = await sourceOf(seq, own);
    return messageOf(source, await composer.compose(source, destination, own));
  };
  return deliverAll(makeMessage, destination, { options, retry, seed, config, context, output, deliveriesBegin });
}

/** Copies of one event alone have no order. */
function requireSeveral({ shuffle, count }: SendOptions): void {
  if (shuffle === true && count === 1)
    throw new CliError("--shuffle needs several events", { hint: "say how many: --count 10" });
}

function seedSentence(seed: number, { shuffle }: SendOptions): string {
  return shuffle === true
    ? `in random order; --shuffle --seed ${seed} sends the same in the same order`
    : `ids and random values are those of --seed ${seed}`;
}

interface WhatToSend {
  readonly options: SendOptions;
  readonly sourceOf: SourceMaker;
  /** For handshakes, in place of the status alone. */
  readonly judge: SentHandshake["judge"] | undefined;
}

async function whatToSend(given: SendOptions, named: string | undefined, around: Surroundings): Promise<WhatToSend> {
  if (!HANDSHAKE.test(named ?? ""))
    return { options: given, sourceOf: await readSource(named, given, around), judge: undefined };
  if (given.count > 1) throw new CliError("a handshake is sent once: it excludes --count");
  const { options, source, judge } = await handshakeOf(named ?? "", given, around);
  return {
    options,
    sourceOf: () => Promise.resolve(source),
    judge: options.expect === undefined ? judge : undefined,
  };
}

function destinationOf(options: SendOptions, { context, output, config }: Surroundings): Promise<Destination> {
  return sendDestination({
    to: givenTarget(options),
    throughTunnel: options.throughTunnel === true,
    config,
    listeners: () => runningListeners(config, { context, output }),
  });
}

async function printOnly(
  { request }: Composed,
  { provider }: Source,
  { options, hidden, context, output }: Around & { readonly options: SendOptions; readonly hidden: readonly string[] },
): Promise<number> {
  const showSecrets = options.showSecrets === true;
  const as = options.curl === true ? "curl" : "http";
  await showRequest(request, { output, provider, showSecrets, hidden, env: context.env }, as);
  return EXIT.done;
}

/** `slack/handshake`, `discord/handshake-bad`: no fixtures. */
const HANDSHAKE = /^[^/\s]+\/handshake(?:-[a-z]+)?$/;

async function handshakeOf(reference: string, options: SendOptions, around: Surroundings): Promise<SentHandshake> {
  const { handshakeSource } = await import("./handshake.js");
  return handshakeSource(reference, options, around);
}

interface Around {
  readonly context: Context;
  readonly output: Output;
}

/** A store that cannot be read has no listeners to tell of; that is no reason not to send. */
async function runningListeners(config: Config, { context, output }: Around): Promise<readonly ListenerRow[]> {
  try {
    const { openStore } = await import("../../store/open.js");
    const store = await openStore({ path: config.dbPath, context, readOnly: true });
    try {
      return store.listeners(config.project);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    output.warn(`cannot look for running listeners: ${error.message}`);
    return [];
  }
}

function newEvent(
  { request, signer }: Composed,
  { provider, eventType }: Source,
  around: { context: Context; project: string },
): NewEvent {
  const { context, project } = around;
  const credentials = {
    secrets: signer?.secret === undefined ? [] : [signer.secret],
    keys: signer?.key === undefined ? [] : [signer.key],
  };
  const verdict = check(request, {
    provider,
    schemeName: signer?.scheme.name,
    credentials,
    settings: signer?.settings,
    now: context.now(),
  });
  return eventOf(request, {
    context,
    project,
    source: "send",
    provider,
    eventType,
    signature: noteOf(verdict, provider),
  });
}

function sentence(
  { name, provider }: Source,
  { request, signer }: Composed,
  { destination: { target, why }, count }: { readonly destination: Destination; readonly count: number },
): string {
  const signed = signer === undefined ? "unsigned" : `signed ${signer.scheme.name}`;
  const type = headerValue(request.headers, "content-type") ?? "no content type";
  const times = count === 1 ? "" : ` ${count} times`;
  return `sending ${name}${times} (${provider.title}, ${signed}, ${type}) to ${redactUrl(target.label)} (${why})`;
}
