import { loadConfig } from "../../config/config.js";
import { resolveHeaders } from "../../config/headers.js";
import { EXIT } from "../../errors.js";
import type { NewEvent } from "../../events/event.js";
import { headerValue } from "../../events/headers.js";
import type { Context } from "../../context.js";
import type { Output } from "../../output/output.js";
import { createDialer } from "../../proxies/dialer.js";
import { DEFAULT_TOLERANCE_SECONDS } from "../../signatures/request.js";
import { StoreError, type ListenerRow, type Store } from "../../store/store.js";
import type { Invocation } from "../command.js";
import { judge, REFUSAL, SUCCESS, worstOf, type Expectation, type Judgement } from "../delivery/judgement.js";
import { givenTarget } from "../delivery/options.js";
import { eventOf, Recorder, type Recorded } from "../delivery/record.js";
import { resultJson, showAnswer, showRequest } from "../delivery/show.js";
import { noteOf } from "../../providers/verify.js";
import { check } from "../delivery/signing.js";
import { calledHost, sendDestination, type Destination } from "../delivery/target.js";
import type { SendOptions } from "../send.js";
import type { Surroundings } from "../verify/input.js";
import { compose, publicUrlOf, type Composed } from "./compose.js";
import type { HandshakeJudge, SentHandshake } from "./handshake.js";
import { readSource, type Source } from "./source.js";
import { redactUrl } from "../../events/redact.js";

/** Makes a signed test event, sends it, and judges the answer. Resolves to the exit code. */
export async function runSend(invocation: Invocation<SendOptions>): Promise<number> {
  const { args, global, context, output } = invocation;
  const config = await loadConfig(context, global);
  const header = await resolveHeaders(invocation.options.header, { context, output });
  const given: SendOptions = { ...invocation.options, header };
  const around = { context, output, config };
  const handshake = HANDSHAKE.test(args[0] ?? "") ? await handshakeOf(args[0] ?? "", given, around) : undefined;
  const { options, source } = handshake ?? { options: given, source: await readSource(args[0], given, around) };
  const destination = await sendDestination({
    to: givenTarget(options),
    throughTunnel: options.throughTunnel === true,
    config,
    listeners: () => runningListeners(config, { context, output }),
  });
  const composed = await compose(source, destination, { ...around, options });
  const endpoint = options.url ?? publicUrlOf(destination, composed.request) ?? composed.request.url;
  const judgeOf = options.expect === undefined ? handshake?.judge : undefined;
  if (options.dryRun === true || options.curl === true) {
    const { provider } = source;
    await showRequest(
      composed.request,
      {
        output,
        provider,
        showSecrets: options.showSecrets === true,
        env: context.env,
      },
      options.curl === true ? "curl" : "http",
    );
    return EXIT.done;
  }
  const event = newEvent(composed, source, { context, project: config.project });
  output.note(sentence(source, composed, destination));
  const handshakeJudge = await judgeOf?.(composed, endpoint);
  return deliverAll(event, destination, { options, dbPath: config.dbPath, context, output, handshakeJudge });
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
async function runningListeners(
  config: { project: string; dbPath: string },
  { context, output }: Around,
): Promise<readonly ListenerRow[]> {
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

function sentence({ name, provider }: Source, { request, signer }: Composed, { target, why }: Destination): string {
  const signed = signer === undefined ? "unsigned" : `signed ${signer.scheme.name}`;
  const type = headerValue(request.headers, "content-type") ?? "no content type";
  return `sending ${name} (${provider.title}, ${signed}, ${type}) to ${redactUrl(target.label)} (${why})`;
}

interface Delivering extends Around {
  readonly options: SendOptions;
  readonly dbPath: string;
  /** For handshakes, in place of the status alone. */
  readonly handshakeJudge: HandshakeJudge | undefined;
}

async function deliverAll(
  event: NewEvent,
  destination: Destination,
  { options, dbPath, context, output, handshakeJudge }: Delivering,
): Promise<number> {
  const [{ createDeliverer }, store] = await Promise.all([
    import("../../deliver/create.js"),
    keptByListener(destination) ? undefined : openForWriting(dbPath, { context, output }),
  ]);
  const deliverer = createDeliverer({
    timeoutMs: options.timeout,
    insecure: options.insecure === true,
    allowRemote: options.allowRemote === true || destination.via === "tunnel",
    hostHeader:
      headerValue(options.header, "host") ?? (destination.publicUrl === undefined ? "target" : calledHost(destination)),
    headers: [],
    monotonic: context.monotonic,
    dialer: await createDialer(context.env),
  });
  try {
    const recorder = new Recorder({ deliverer, context, output, store, strict: false, cutting: context.signal });
    return await deliverCopies(event, destination, { recorder, options, output, handshakeJudge });
  } finally {
    await Promise.all([deliverer.close(), store?.close()]);
  }
}

/** What goes to a listener is captured there. */
function keptByListener({ via }: Destination): boolean {
  return via === "listener" || via === "tunnel";
}

async function openForWriting(path: string, { context, output }: Around): Promise<Store | undefined> {
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

async function deliverCopies(
  event: NewEvent,
  destination: Destination,
  by: {
    recorder: Recorder;
    options: SendOptions;
    output: Output;
    handshakeJudge: HandshakeJudge | undefined;
  },
): Promise<number> {
  const { recorder, options, output, handshakeJudge } = by;
  const { expectation, wronged } = expected(options);
  const attempts: Recorded[] = [];
  const judgements: Judgement[] = [];
  while (attempts.length < options.duplicate) {
    const earlier = attempts.at(-1);
    const recorded = await recorder.attempt(event, { destination, ...(earlier === undefined ? {} : { earlier }) });
    const { delivery } = recorded;
    const isAnswered = delivery.status !== null && delivery.error === null;
    const judgement = (isAnswered ? handshakeJudge?.(delivery) : undefined) ?? judge(delivery, expectation, wronged);
    attempts.push(recorded);
    judgements.push(judgement);
    showAnswer(output, recorded, judgement);
  }
  const exitCode = worstOf(judgements);
  const judgement = { accepted: judgements.every(({ accepted }) => accepted), exitCode, remark: undefined };
  const text = handshakeJudge === undefined ? expectation.text : "handshake";
  const result = resultJson({ eventId: event.id, attempts, destination, judgement, expected: text });
  const reason = judgements.find(({ accepted }) => !accepted)?.remark ?? judgements[0]?.remark;
  output.record(handshakeJudge === undefined ? result : { ...result, reason });
  return exitCode;
}

function expected({ expect, tamper, stale, unsigned }: SendOptions): { expectation: Expectation; wronged: boolean } {
  const tooOld = stale !== undefined && stale > DEFAULT_TOLERANCE_SECONDS * 1000;
  const wronged = tamper !== undefined || tooOld || unsigned === true;
  return { expectation: expect ?? (wronged ? REFUSAL : SUCCESS), wronged };
}
