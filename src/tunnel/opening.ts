import { closeAside, fraction, linkedController, pause, type Supervision } from "./supervision.js";
import { backoffMs } from "./backoff.js";
import { Knocker } from "./knock.js";
import type { OpenTunnel } from "./tunnel.js";
import { describeError } from "./http-get.js";
import { redactUrl } from "../events/redact.js";

/** How long one opening may take where the kind does not say. */
const OPEN_TIMEOUT_MS = 10_000;
/** How long to wait for the first request to come through a URL where the kind does not say. */
const SETTLE_MS = 5_000;
const SETTLE_DELAYS_MS = [100, 250, 500];
const SETTLE_STEADY_DELAY_MS = 1_000;
/** How long to hold out for the name asked for at the start: the service frees it a second after a run before this one. */
const NAME_PATIENCE_AT_START_MS = 2_500;
/** And after a loss, when the service still takes our own old connections for alive. Providers know the old name. */
const NAME_PATIENCE_AFTER_LOSS_MS = 30_000;
/** The wait before a name in use is asked for again, for as long as the patience at the start. */
const NAME_RETRY_MS = 500;
/** How long failures at the start are retried before the next one is told: the fourth attempt comes after it. */
const TELL_AFTER_MS = 2_000;

/** A tunnel that is open, with what is known of it. */
export interface Opening {
  readonly open: OpenTunnel;
  /** Events for the watcher: set while it listens. */
  readonly doubts: { notify: (() => void) | undefined };
  readonly verified: boolean;
  /** The name asked for, when another was given. */
  readonly notGranted: string | undefined;
}

/** Where the attempts begin, and whether anybody waits to be told of a failure. */
export interface OpeningPlan {
  readonly firstAttempt: number;
  /** Called once, when the failures have gone on for a while. */
  readonly onFailure: ((error: unknown) => void) | undefined;
}

/** Tries until a tunnel is open and requests come through; `undefined` when the supervisor was closed meanwhile. */
export async function openUntilUp(supervision: Supervision, plan: OpeningPlan): Promise<Opening | undefined> {
  const startedAt = supervision.monotonic();
  const names: NamePatience = { refusedAt: undefined, knocker: new Knocker() };
  let tell = plan.onFailure;
  for (let attempt = plan.firstAttempt; !supervision.signal.aborted; attempt++) {
    const elapsedMs = supervision.monotonic() - startedAt;
    const waitMs = backoffMs(attempt, elapsedMs, fraction(supervision.random));
    await pause(
      supervision,
      nameIsFresh(supervision, names) ? Math.min(waitMs, NAME_RETRY_MS) : waitMs,
      supervision.signal,
    );
    if (supervision.signal.aborted) break;
    try {
      return await openOnce(supervision, names);
    } catch (error) {
      if (error instanceof NameInUse || supervision.monotonic() - startedAt < TELL_AFTER_MS) continue;
      tell?.(error);
      tell = undefined;
    }
  }
  return undefined;
}

/** Not told to people: either the name is given soon, or another one is taken. */
class NameInUse extends Error {}

/** Since when the service has given other names than the one asked for. */
interface NamePatience {
  refusedAt: number | undefined;
  readonly knocker: Knocker;
}

/** The service has only just refused the name, and may free it any moment. */
function nameIsFresh(supervision: Supervision, names: NamePatience): boolean {
  return names.refusedAt !== undefined && supervision.monotonic() - names.refusedAt < NAME_PATIENCE_AT_START_MS;
}

async function openOnce(supervision: Supervision, names: NamePatience): Promise<Opening> {
  const doubts: Opening["doubts"] = { notify: undefined };
  const open = await openInTime(supervision, () => doubts.notify?.());
  try {
    const notGranted = judgeName(supervision, open, names);
    const verified = await settle(supervision, open);
    return { open, doubts, verified, notGranted };
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** Opens, but for no longer than allowed: what opens too late is closed again, and what fails too late is nobody's concern. */
async function openInTime(supervision: Supervision, onDoubt: () => void): Promise<OpenTunnel> {
  const { tunnel, request, name } = supervision;
  const timeoutMs = tunnel.openTimeoutMs ?? OPEN_TIMEOUT_MS;
  const { controller, release } = linkedController(supervision.signal);
  const timer = linkedController(controller.signal);
  const opening = tunnel.open({ ...request, subdomain: name, signal: controller.signal, onDoubt });
  const late = pause(supervision, timeoutMs, timer.controller.signal).then(() => undefined);
  try {
    const open = await Promise.race([opening, late]);
    if (open !== undefined) return open;
    controller.abort();
    closeAside(
      supervision,
      opening.then((unwanted) => unwanted.close()),
    );
    throw new Error(`${redactUrl(request.host) || tunnel.kind} did not open a tunnel within ${timeoutMs / 1000} s`);
  } finally {
    timer.controller.abort();
    timer.release();
    release();
  }
}

/** Throws while it is worth while to try again for the name asked for; the name when another one has to do. */
function judgeName(supervision: Supervision, open: OpenTunnel, names: NamePatience): string | undefined {
  const wanted = supervision.name;
  if (wanted === undefined || open.name === wanted) return undefined;
  if (open.name === undefined) return supervision.url === undefined ? wanted : undefined;
  const now = supervision.monotonic();
  names.refusedAt ??= now;
  const patienceMs = supervision.url === undefined ? NAME_PATIENCE_AT_START_MS : NAME_PATIENCE_AFTER_LOSS_MS;
  if (now - names.refusedAt < patienceMs) {
    names.knocker.knock(supervision);
    throw new NameInUse(`the name ${wanted} is in use at ${redactUrl(supervision.request.host)}`);
  }
  return wanted;
}

/**
 * Probes until a request comes through. True: it did. False: it cannot be told from here. Throws when the service
 * answers in our place, or when a URL that worked before does not any more.
 */
async function settle(supervision: Supervision, open: OpenTunnel): Promise<boolean> {
  const { probe, signal, tunnel } = supervision;
  if (probe === undefined || open.checkable === false) return false;
  const until = supervision.monotonic() + (tunnel.settleMs ?? SETTLE_MS);
  const ended = watchEnd(open);
  for (let round = 0; ; round++) {
    const result = await probe(open.url, signal);
    if (result.found === "through") return true;
    if (ended.reason !== undefined) throw new Error(ended.reason);
    if (signal.aborted) throw new Error("closed");
    if (supervision.monotonic() >= until) {
      if (result.found === "nobody" || (result.found === "unreachable" && supervision.provenUrl === open.url)) {
        throw new Error(result.reason);
      }
      return false;
    }
    await pause(supervision, SETTLE_DELAYS_MS[round] ?? SETTLE_STEADY_DELAY_MS, signal);
  }
}

function watchEnd(open: OpenTunnel): { reason: string | undefined } {
  const ended: { reason: string | undefined } = { reason: undefined };
  void open.ended.then((reason) => (ended.reason = reason));
  return ended;
}

/** What people are told of a failed opening. */
export function describeFailure(error: unknown): { reason: string; hint?: string | undefined } {
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { reason: describeError(error), ...(hint === undefined ? {} : { hint }) };
}
