import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { createReceiver } from "../receive/create.js";
import type { Receiver } from "../receive/receiver.js";
import { answerOf, AnswerRules } from "./answer.js";
import type { ListenerEvent } from "./event.js";
import { ListenerFlow, type Onward } from "./flow.js";
import { Journal } from "./journal.js";
import type { Listener, ListenerOptions } from "./listener.js";
import { matcherOf } from "./match.js";
import {
  BOOLEAN,
  BYTES,
  checkShape,
  either,
  FUNCTION,
  NUMBER,
  OBJECT,
  oneOf,
  oneOrMore,
  TEXT,
  type Shape,
} from "./options.js";
import { checkOptions } from "./signatures.js";
import { createWaitFor } from "./wait.js";

const MAX_BODY_BYTES = 25 * 2 ** 20;
/** Bodies in flight together, bytes. */
const MAX_IN_FLIGHT_BYTES = 256 * 2 ** 20;
/** How long answers on their way may take once the end was asked for, milliseconds. */
const GRACE_MS = 1_000;
/** How long an app may take for its answer, milliseconds. */
const FORWARD_MS = 30_000;

const OPTIONS: Shape<ListenerOptions> = {
  port: NUMBER,
  answer: either(NUMBER, OBJECT, FUNCTION),
  forwardTo: TEXT,
  maxBodyBytes: NUMBER,
  now: FUNCTION,
  provider: TEXT,
  secret: oneOrMore(either(TEXT, BYTES)),
  key: oneOrMore(either(TEXT, BYTES, OBJECT)),
  tolerance: either(NUMBER, oneOf("off")),
  settings: OBJECT,
  publicUrl: TEXT,
  requireSignature: BOOLEAN,
};

/**
 * Starts a listener on a free port of this computer.
 *
 * ```
 * const hook = await createListener({ provider: "stripe", secret: "whsec_test" });
 * // ... what is tested posts to `${hook.url}/webhook`
 * const event = await hook.waitFor({ type: "invoice.paid" });
 * await hook.close();
 * ```
 *
 * @throws OptionsError for an unknown key, provider or kind of value, and an unusable secret, key or answer
 * @throws CliError for a port that is in use, and an app that is not on this computer
 */
export async function createListener(options: ListenerOptions = {}): Promise<Listener> {
  checkShape(options, OPTIONS, "the options of createListener");
  const provider = checkOptions(options);
  const { answer = 200, now = clock } = options;
  if (typeof answer !== "function") answerOf(answer);
  const onward = options.forwardTo === undefined ? undefined : await openOnward(options.forwardTo);
  const journal = new Journal();
  const rules = new AnswerRules();
  const flow = new ListenerFlow({
    journal,
    rules,
    answer: typeof answer === "function" ? answer : () => answer,
    onward,
    provider,
    signatures: { ...options, now },
    project: resolve("."),
    random: (length) => new Uint8Array(randomBytes(length)),
  });
  const receiver = await openReceiver(flow, { ...options, now });
  return listenerOf({ journal, rules, flow, receiver, onward });
}

async function openReceiver(
  flow: ListenerFlow,
  { port = 0, maxBodyBytes = MAX_BODY_BYTES, now }: ListenerOptions & { readonly now: () => number },
): Promise<Receiver> {
  return createReceiver({
    port,
    maxBodyBytes,
    maxInFlightBytes: MAX_IN_FLIGHT_BYTES,
    trustedProxies: [],
    now,
    onRequest: (request, responder) => flow.receive(request, responder),
    onUpgrade: (upgrade) => flow.upgrade(upgrade),
    onRefused: (refused) => flow.turnedAway(refused),
  });
}

interface Parts {
  readonly journal: Journal;
  readonly rules: AnswerRules;
  readonly flow: ListenerFlow;
  readonly receiver: Receiver;
  readonly onward: Onward | undefined;
}

function listenerOf(parts: Parts): Listener {
  const { journal, rules, flow, receiver } = parts;
  const close = once(() => closeAll(parts));
  const hook = {
    url: receiver.localUrl,
    port: receiver.localPort,
    get events() {
      return journal.events;
    },
    waitFor: createWaitFor(journal, () => flow.unreadable),
    respond: rules.add.bind(rules),
    clear() {
      rules.clear();
      flow.clear();
      journal.clear();
    },
    close,
    [Symbol.asyncIterator]: () => untaken(journal),
  };
  // Older runtimes, and some that tests run in, do not have the symbol.
  const disposal: symbol | undefined = Symbol.asyncDispose;
  if (disposal !== undefined) Object.defineProperty(hook, disposal, { value: close });
  return hook as unknown as Listener;
}

async function closeAll({ receiver, onward, journal, flow }: Parts): Promise<void> {
  await receiver.close(GRACE_MS);
  await onward?.deliverer.close();
  journal.close();
  if (flow.failures.length > 0) throw flow.failures[0];
}

/** Every event that nobody was given, as they come, until the listener is closed. */
async function* untaken(journal: Journal): AsyncGenerator<ListenerEvent, void> {
  const { fits } = matcherOf({});
  for (;;) {
    const how = await journal.next(fits);
    if (how.kind === "event") yield how.event;
    else if (how.kind === "closed") return;
  }
}

async function openOnward(text: string): Promise<Onward> {
  const [{ parseTarget }, { requireLocal }, { createDeliverer }] = await Promise.all([
    import("../deliver/target.js"),
    import("../deliver/loopback.js"),
    import("../deliver/create.js"),
  ]);
  const target = parseTarget(text);
  await requireLocal(target);
  const deliverer = createDeliverer({
    timeoutMs: FORWARD_MS,
    insecure: false,
    allowRemote: false,
    hostHeader: "target",
    headers: [],
    monotonic: () => performance.now(),
  });
  return { target, deliverer };
}

/** Later calls get the promise of the first. */
function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}

/** The library is an edge as `main.ts` is one: nobody gives it a Context. */
function clock(): number {
  // oxlint-disable-next-line no-restricted-properties
  return Date.now();
}
