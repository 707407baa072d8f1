import type { Opening } from "./opening.js";
import type { Probe, ProbeResult } from "./probe.js";
import { fraction, linkedController, pause, type Supervision } from "./supervision.js";

/** Waits before the first probes of a tunnel that has just come up: trouble seldom comes alone. */
const EARLY_INTERVALS_MS = [1_000, 3_000];
/** After those, from 10 to 15 s. */
const INTERVAL_MS = 10_000;
const INTERVAL_SPREAD_MS = 5_000;
/** After a failed probe. */
const DOUBT_INTERVAL_MS = 300;
/** Between probes that doubts ask for: senders that give up raise doubts as fast as they come. */
const DOUBTS_INTERVAL_MS = 2_000;
/** So many failed probes in a row are a loss. */
const FAILURES_TO_LOSE = 2;
/**
 * A probe waits its turn behind events. While every connection is busy, an unanswered probe proves nothing, but for no
 * longer than this: a service that hangs leaves connections busy for ever.
 */
const SATURATED_PATIENCE_MS = 120_000;

/** Resolves when the tunnel is lost, with the reason, or when the supervisor is closed (`undefined`). */
export async function watchTunnel(supervision: Supervision, opening: Opening): Promise<string | undefined> {
  const { controller: over, release } = linkedController(supervision.signal);
  let endReason: string | undefined;
  void opening.open.ended.then((reason) => {
    endReason ??= reason;
    over.abort();
  });
  try {
    const failure = await probeUntilLost(supervision, opening, over.signal);
    return supervision.signal.aborted ? undefined : (endReason ?? failure);
  } finally {
    opening.doubts.notify = undefined;
    release();
  }
}

/** The reason of the loss; `undefined` when `over` came first. */
async function probeUntilLost(
  supervision: Supervision,
  opening: Opening,
  over: AbortSignal,
): Promise<string | undefined> {
  const { probe } = supervision;
  if (probe === undefined || opening.open.checkable === false) return untilAborted(over);
  const judge = createJudge(supervision, opening);
  const doubts = listenForDoubts(opening, over);
  let delayMs = EARLY_INTERVALS_MS[0] ?? INTERVAL_MS;
  for (let good = 0; !over.aborted;) {
    await doubts.pause(supervision, delayMs);
    if (over.aborted) break;
    const verdict = await judge(probe, over);
    if (over.aborted) break;
    if (verdict.lost !== undefined) return verdict.lost;
    good = verdict.good ? good + 1 : 0;
    delayMs = verdict.good ? intervalMs(good, supervision) : DOUBT_INTERVAL_MS;
  }
  return undefined;
}

function intervalMs(good: number, supervision: Supervision): number {
  return EARLY_INTERVALS_MS[good] ?? INTERVAL_MS + INTERVAL_SPREAD_MS * fraction(supervision.random);
}

/** Pauses that a doubt of the tunnel itself cuts short, one that came since the last pause too. */
function listenForDoubts(opening: Opening, over: AbortSignal) {
  let doubted = false;
  let lastPauseAt = -Infinity;
  let wake: (() => void) | undefined;
  opening.doubts.notify = () => {
    doubted = true;
    wake?.();
  };
  return {
    async pause(supervision: Supervision, ms: number): Promise<void> {
      const { controller, release } = linkedController(over);
      wake = () => controller.abort();
      if (!doubted) await pause(supervision, ms, controller.signal);
      // A moment's wait makes one probe of ten connections that drop together.
      const rest = Math.max(DOUBT_INTERVAL_MS, lastPauseAt + DOUBTS_INTERVAL_MS - supervision.monotonic());
      if (doubted && !over.aborted) await pause(supervision, Math.min(ms, rest), over);
      lastPauseAt = supervision.monotonic();
      wake = undefined;
      doubted = false;
      release();
    },
  };
}

/** `good`: nothing speaks against the tunnel. `lost`: enough does. */
interface Verdict {
  readonly good: boolean;
  readonly lost: string | undefined;
}

function createJudge(
  supervision: Supervision,
  opening: Opening,
): (probe: Probe, over: AbortSignal) => Promise<Verdict> {
  let proven = opening.verified;
  let failures = 0;
  let saturatedSince: number | undefined;
  return async (probe, over) => {
    const startedAt = supervision.monotonic();
    const bytesBefore = opening.open.vitals?.().bytesIn;
    const result = await probe(opening.open.url, over);
    if (result.found === "through") {
      proven = true;
      supervision.provenUrl = opening.open.url;
    }
    const vitals = opening.open.vitals?.();
    const waited = result.found === "unreachable" && result.timedOut && vitals !== undefined;
    const alive = waited && vitals.bytesIn !== bytesBefore;
    saturatedSince = waited && vitals.saturated && !alive ? (saturatedSince ?? startedAt) : undefined;
    const patient = saturatedSince !== undefined && supervision.monotonic() - saturatedSince < SATURATED_PATIENCE_MS;
    if (!isFailure(result) || alive || patient || !proven) failures = 0;
    else failures++;
    return { good: failures === 0, lost: failures >= FAILURES_TO_LOSE ? failureReason(result) : undefined };
  };
}

/** An unclear answer (a rate limit, a page for browsers) comes from the service, and says nothing of the tunnel. */
function isFailure(result: ProbeResult): boolean {
  return result.found === "nobody" || result.found === "unreachable";
}

function failureReason(result: ProbeResult): string {
  return result.found === "through" ? "" : result.reason;
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
