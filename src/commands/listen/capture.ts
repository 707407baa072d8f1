import type { Config } from "../../config/config.js";
import { createDialer } from "../../proxies/dialer.js";
import { CliError } from "../../errors.js";
import type { Target } from "../../deliver/deliverer.js";
import type { Receiver } from "../../receive/receiver.js";
import type { Store } from "../../store/store.js";
import { backlogLine } from "../../output/backlog-line.js";
import { counted } from "../../output/quantity.js";
import type { Invocation } from "../command.js";
import { EventFlow } from "./flow.js";
import { BackgroundReport, createQueue, endInterrupted } from "./background.js";
import { Deadlines } from "./deadlines.js";
import { deliveryMode } from "./delivery-options.js";
import { createGatekeeper } from "./gatekeeper.js";
import type { ListenOptions } from "./options.js";
import type { PublicSide } from "./public-side.js";
import type { ListenReporter } from "./report.js";
import { limitYoungHeap } from "./young-heap.js";
import { plainRoute, type Route } from "../../deliver/routes.js";
import { forwardedFor, ownAnswer, router } from "./routing.js";
import { redactUrl } from "../../events/redact.js";

/** In-flight bodies together, bytes; what is beyond is answered 503. With copies on their way to disk the process stays under 500 MB. */
const MAX_IN_FLIGHT_BYTES = 208 * 2 ** 20;
/** How long answers on their way may take once the end was asked for, milliseconds. */
const GRACE_MS = 5_000;

/** Store, receiver and deliverer put together: what captures. */
export interface Capture {
  readonly localUrl: string;
  readonly tunnelPort: number;
  readonly store: Store;
  /** Takes up what earlier runs have left; gives what the user should know of that, and of the signatures. */
  remarks(): readonly (string | undefined)[];
  /** Requests that were refused and only counted. */
  notStored(): number;
  /** Takes no more requests, finishes those in flight within the grace, and stores the ends of their attempts. */
  stop(): Promise<void>;
}

/** Opens the store and the sockets. The rooms are loaded here, beside one another. */
export async function startCapture(parts: {
  invocation: Invocation<ListenOptions>;
  config: Config;
  target: Target | undefined;
  side: PublicSide;
  reporter: ListenReporter;
}): Promise<Capture> {
  const { invocation, config, target, side, reporter } = parts;
  const { context, output, options } = invocation;
  const [{ openStore }, { createReceiver }, { createDeliverer }] = await Promise.all([
    import("../../store/open.js"),
    import("../../receive/create.js"),
    import("../../deliver/create.js"),
  ]);
  for (const one of [target, ...options.routes.map((route) => route.target)]) refuseLoop(one, options.port);
  const publicUrl = () => side.url;
  const gatekeeper = await createGatekeeper({ context, output, config, options, publicUrl });
  const answer = await ownAnswer(options, context);
  const deliverer = createDeliverer({
    timeoutMs: options.timeout,
    insecure: options.insecure === true,
    allowRemote: options.allowRemote === true,
    hostHeader: options.hostHeader,
    headers: options.header,
    monotonic: context.monotonic,
    dialer: await createDialer(context.env),
  });
  const store = await openStore({ path: config.dbPath, context });
  limitYoungHeap();
  const mode = deliveryMode(options);
  const forwarded = forwardedFor(publicUrl);
  const own = config.ownProviders;
  const background = new BackgroundReport(output, reporter);
  const deadlines = new Deadlines(output, { own, isSimulated: options.simulateDeadline === true });
  const { project } = config;
  const routes: readonly Route[] = [...options.routes, ...plainRoute(target)];
  const queue = createQueue({
    context,
    project,
    store,
    deliverer,
    settings: mode.queue,
    routes,
    own,
    forwarded,
    report: background,
    // Who is answered at once waits for no app.
    ...(mode.ackStatus === undefined ? { deadlineMs: (provider) => deadlines.cutMs(provider) } : {}),
  });
  const interrupted = await endInterrupted(store, project);
  const unserved = unservedRemarks(store, project, routes);
  const flow = new EventFlow({
    context,
    project,
    store,
    queue,
    deliverer,
    gatekeeper,
    reporter,
    background,
    deadlines,
    mode,
    route: router(target, options.events, options.routes),
    ownAnswer: answer,
    handshakes: options.handshake === "off" ? undefined : gatekeeper.handshakes(),
    forwarded,
  });
  let receiver: Receiver;
  try {
    receiver = await createReceiver({
      port: options.port,
      maxBodyBytes: options.maxBody,
      maxInFlightBytes: MAX_IN_FLIGHT_BYTES,
      trustedProxies: options.trustedProxy,
      now: context.now,
      onHead: (request) => gatekeeper.refuseHead(request),
      onRequest: (request, responder) => flow.receive(request, responder),
      onUpgrade: (upgrade) => flow.upgrade(upgrade),
      onRefused: (refused) => void flow.turnedAway(refused),
      ...(side.probePath === undefined ? {} : { probePath: side.probePath }),
    });
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    localUrl: receiver.localUrl,
    tunnelPort: receiver.tunnelPort,
    store,
    remarks: () => [gatekeeper.remark, interruptedRemark(interrupted), resumedRemark(queue.resume()), ...unserved],
    notStored: () => flow.flood.counted,
    async stop() {
      await Promise.all([receiver.close(GRACE_MS), queue.stop(GRACE_MS)]);
      await flow.settled();
      deadlines.end();
      background.left(queue.backlog());
      await deliverer.close();
    },
  };
}

function interruptedRemark(count: number): string | undefined {
  if (count === 0) return undefined;
  return `${counted(count, "event")} of an earlier run had no answer when it ended, and failed: interrupted`;
}

function resumedRemark(count: number): string | undefined {
  if (count === 0) return undefined;
  return `${counted(count, "event")} of an earlier run ${count === 1 ? "is" : "are"} delivered first`;
}

/** What waits in the project for targets that neither this `listen` has nor another one that runs. */
function unservedRemarks(store: Store, project: string, routes: readonly Route[]): string[] {
  const own = new Set(routes.map(({ target }) => target.label));
  const unserved = store.backlogs(project).filter(({ target, served }) => !served && !own.has(target));
  return unserved.map((backlog) => backlogLine(backlog, project));
}

/** Events delivered to the port that they come in by would come in again, for ever. A free port is never the target's. */
function refuseLoop(target: Target | undefined, port: number): void {
  if (target === undefined || port === 0 || target.port !== port) return;
  throw new CliError(`the target ${redactUrl(target.label)} is hookcli's own port`, {
    hint: "give --port another number, or none",
  });
}
