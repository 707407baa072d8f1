import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, startListen, type RunningListen, type Sandbox } from "../../helpers/program.js";
import { storedEvents } from "../../helpers/stored.js";
import { lostOf, startLedgerApp, type LedgerApp } from "../ledger.js";
import { record } from "../table.js";
import { watchDisk, type WatchedDisk } from "./disk.js";
import { acknowledgedOf, sendEvent, type SentEvent } from "./senders.js";

/** The operations of the store's files (writes, truncations, syncs) that fail, one after the other. */
const LAST = Number(process.env["FAULTS_IO_ERRORS"] ?? 200);
const ERRORS = ["EIO", "ENOSPC"] as const;
/** What becomes an error's answer: the store cannot take it now, or has no room. */
const REFUSALS = [503, 507];
/** `listen` says why it cannot start, and ends with the code for input and output. */
const CANNOT_START = 5;
const BODY_BYTES = 3_000;
/** Programs under test at a time: each waits for the disk, and for its start, more than it computes. */
const LANES = 3;
const RECOVER_MS = 5_000;

let app: LedgerApp;
beforeEach(async () => {
  app = await startLedgerApp();
});
afterEach(() => app.down());

describe.each(ERRORS)("%s", (error) => {
  it(`from the Nth operation of the store on, N from 1 to ${LAST}: nothing is acknowledged that is not there, and all is well when it is over`, async () => {
    const count = { ...NOTHING };
    let at = 0;
    const lane = async () => {
      while (at < LAST) add(count, await failFrom((at += 1), error));
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const late = `${count.starts} times before it was ready: it said so and ended, and started when it was over`;
    const note = `${count.failed} operations failed; ${late}; answers ${words(count)}; taken again after ${Math.round(count.recoveredMs)} ms at most`;
    recordErrors(`${error} from the Nth write or sync on, N = 1 to ${LAST}`, count, note);
    expect(count.refused).toBeGreaterThan(LAST / 8);
  });

  it(`once, at each of ${LAST} operations in one run`, async () => {
    const sandbox = createSandbox();
    const disk = watchDisk(sandbox, { log: false });
    const listen = await startListen([String(app.port), "--no-tunnel"], { sandbox, env: disk.env });
    const sent: SentEvent[] = [];
    const count = { ...NOTHING };
    for (let step = 0; step < LAST; step += 1) {
      const failedBefore = disk.failed();
      disk.failAt(disk.seen() + 1 + (step % 5), { error, once: true });
      sent.push(...(await sendUntil(listen, () => disk.failed() > failedBefore)));
      disk.heal();
      const { tookMs, sent: after } = await recover(listen);
      sent.push(...after);
      count.recoveredMs = Math.max(count.recoveredMs, tookMs);
    }
    add(count, { ...(await judged(listen, sandbox, sent)), failed: disk.failed() });
    await listen.stop("SIGKILL");
    sandbox.remove();
    const note = `${count.failed} operations failed; answers ${words(count)}; taken again after ${Math.round(count.recoveredMs)} ms at most`;
    recordErrors(`${error} of one write or sync, ${LAST} times in one run`, count, note);
    expect(count.failed).toBe(LAST);
  });
});

/** What came of one run, or of many. */
interface Count {
  starts: number;
  failed: number;
  sent: number;
  acknowledged: number;
  refused: number;
  lost: number;
  recoveredMs: number;
}
const NOTHING: Count = { starts: 0, failed: 0, sent: 0, acknowledged: 0, refused: 0, lost: 0, recoveredMs: 0 };

/** One `listen` whose disk fails from an operation on, and is well again later. */
async function failFrom(at: number, error: (typeof ERRORS)[number]): Promise<Partial<Count>> {
  const sandbox = createSandbox();
  const disk = watchDisk(sandbox, { log: false });
  disk.failAt(at, { error, once: false });
  const started = await tryStart(sandbox, disk);
  const sent = started === undefined ? [] : await sendUntil(started, () => disk.failed() > 0);
  if (started !== undefined) sent.push(...(await sendMore(started, 2)));
  expect({ at, failed: disk.failed() > 0 }).toEqual({ at, failed: true });
  disk.heal();
  const listen = started ?? (await startListen([String(app.port), "--no-tunnel"], { sandbox, env: disk.env }));
  const { tookMs, sent: after } = await recover(listen);
  const result = await judged(listen, sandbox, [...sent, ...after]);
  const failed = disk.failed();
  await listen.stop("SIGKILL");
  sandbox.remove();
  return { ...result, starts: started === undefined ? 1 : 0, failed, recoveredMs: tookMs };
}

/** `undefined`: it could not start, and said so. */
async function tryStart(sandbox: Sandbox, disk: WatchedDisk): Promise<RunningListen | undefined> {
  try {
    return await startListen([String(app.port), "--no-tunnel"], { sandbox, env: disk.env });
  } catch (error) {
    expect(disk.failed()).toBeGreaterThan(0);
    expect(String(error)).toMatch(new RegExp(`listen ended \\(${CANNOT_START}\\) before ready: .*error: .*store`, "s"));
    expect(String(error)).not.toMatch(/^ +at /m);
    return undefined;
  }
}

/** Sends events one after another until something is the case. */
async function sendUntil(listen: RunningListen, isOver: () => boolean): Promise<SentEvent[]> {
  const sent: SentEvent[] = [];
  for (let tries = 0; tries < LAST && !isOver(); tries += 1) sent.push(...(await sendMore(listen, 1)));
  expect(isOver()).toBe(true);
  return sent;
}

async function sendMore({ localUrl }: RunningListen, count: number): Promise<SentEvent[]> {
  const agent = new Agent({ keepAlive: true });
  const sent: SentEvent[] = [];
  for (let index = 0; index < count; index += 1) sent.push(await sendEvent(`${localUrl}/hook`, agent, BODY_BYTES));
  agent.destroy();
  return sent;
}

/** Sends until one is taken. */
async function recover(listen: RunningListen): Promise<{ tookMs: number; sent: readonly SentEvent[] }> {
  const began = performance.now();
  const sent: SentEvent[] = [];
  while (performance.now() - began < RECOVER_MS) {
    sent.push(...(await sendMore(listen, 1)));
    if (sent.at(-1)?.status === 200) return { tookMs: performance.now() - began, sent };
    await sleep(10);
  }
  throw new Error(`no event was taken in ${RECOVER_MS} ms after the errors: ${listen.stderr()}`);
}

/** Compares what was answered with what is stored; the process must run. */
async function judged(listen: RunningListen, sandbox: Sandbox, sent: readonly SentEvent[]) {
  expect(listen.child.exitCode).toBeNull();
  expect(listen.stderr()).not.toMatch(/^ +at /m);
  const stored = new Map((await storedEvents(sandbox)).map((event) => [event.providerEventId ?? "", event.bodySha256]));
  const acknowledged = acknowledgedOf(sent);
  const refused = sent.filter(({ id }) => !acknowledged.has(id));
  expect(refused.filter(({ status }) => !REFUSALS.includes(status ?? 0))).toEqual([]);
  const lost = lostOf(acknowledged, stored);
  expect(lost).toEqual([]);
  return { sent: sent.length, acknowledged: acknowledged.size, refused: refused.length, lost: lost.length };
}

function add(sum: Count, part: Partial<Count>): void {
  for (const key of Object.keys(NOTHING) as (keyof Count)[]) {
    const value = part[key] ?? 0;
    sum[key] = key === "recoveredMs" ? Math.max(sum[key], value) : sum[key] + value;
  }
}

function words({ acknowledged, refused }: Count): string {
  return `200 (${acknowledged}) and ${REFUSALS.join(" or ")} (${refused})`;
}

function recordErrors(fault: string, { sent, acknowledged, lost }: Count, note: string): void {
  record({ id: "R4", fault, system: "hookcli listen", sent, acknowledged, lost, note });
}
