import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startLoad, type Load } from "../helpers/load.js";
import { createSandbox, runProgram, type Sandbox } from "../helpers/program.js";
import { lostOf, startLedgerApp, type LedgerApp } from "./ledger.js";
import { startHookcli } from "./systems/hookcli.js";
import { SYSTEMS, type RunningSystem, type StartSystem } from "./systems/system.js";
import { record } from "./table.js";

const EVENTS = 500;
const DOWN_SECONDS = Number(process.env["FAULTS_DOWN_SECONDS"] ?? 10);
/** How long a sender waits for an answer: GitHub's ten seconds. */
const LIMIT_MS = 10_000;

interface Outage {
  readonly sandbox: Sandbox;
  readonly app: LedgerApp;
  readonly running: RunningSystem;
  readonly load: Load;
}

it.each(Object.entries(SYSTEMS))(
  `%s, with the app down for ${DOWN_SECONDS} s and ${EVENTS} events`,
  async (system, start) => {
    const outage = await sendWhileDown(start);
    const { app, load, running } = outage;
    const arrivedAlone = app.arrived();
    const isOurs = system.startsWith("hookcli");
    const replayed = isOurs ? await replay(outage) : undefined;
    const stored = await running.stored();
    const acknowledged = load.acknowledged();
    const slowestMs = Math.max(...load.sent.map(({ tookMs }) => tookMs ?? LIMIT_MS));
    const silent = load.sent.filter(({ status }) => status === undefined).length;
    await end(outage);

    record({
      id: "R9",
      fault: `app down for ${DOWN_SECONDS} s, ${EVENTS} events`,
      system,
      sent: EVENTS,
      acknowledged: acknowledged.size,
      lost: lostOf(acknowledged, arrivedAlone, stored).length,
      note: `${statusesOf(load)}; ${silent} senders without an answer, the slowest waited ${Math.round(slowestMs)} ms; ${arrivedAlone.size} at the app when it was back${replayed === undefined ? "" : `, ${replayed} after replay`}`,
    });
    if (!isOurs) return;
    expect(load.sent.map(({ status }) => status)).toEqual(Array.from({ length: EVENTS }, () => 502));
    expect(stored.size).toBe(EVENTS);
    expect(replayed).toBe(EVENTS);
  },
);

it(`hookcli listen --queue, with the app down for ${DOWN_SECONDS} s and ${EVENTS} events`, async () => {
  const outage = await sendWhileDown((parts) => startHookcli({ ...parts, words: ["--queue"] }));
  const { app, load, running } = outage;
  await expect.poll(() => app.arrivals.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(EVENTS);
  const stored = await running.stored();
  const acknowledged = load.acknowledged();
  const slowestMs = Math.max(...load.sent.map(({ tookMs }) => tookMs ?? LIMIT_MS));
  const arrivals = app.arrivals.map(({ id }) => id);
  await end(outage);

  record({
    id: "R9",
    fault: `app down for ${DOWN_SECONDS} s, ${EVENTS} events`,
    system: "hookcli listen --queue",
    sent: EVENTS,
    acknowledged: acknowledged.size,
    lost: lostOf(acknowledged, app.arrived()).length,
    note: `${statusesOf(load)}; the slowest waited ${Math.round(slowestMs)} ms; ${new Set(arrivals).size} at the app when it was back`,
  });
  expect(acknowledged.size).toBe(EVENTS);
  expect(lostOf(acknowledged, app.arrived())).toEqual([]);
  // In the order of capture, and each one once.
  expect(arrivals).toEqual([...stored.keys()]);
});

/** Sends all events while the app's port refuses, then opens it again and waits until nothing more arrives. */
async function sendWhileDown(start: StartSystem): Promise<Outage> {
  const sandbox = createSandbox();
  const app = await startLedgerApp();
  const running = await start({ sandbox, port: app.port });
  await app.down();
  const downAt = performance.now();
  const load = startLoad(running.url, {
    connections: 250,
    bodyBytes: 1024,
    count: EVENTS,
    limitMs: LIMIT_MS,
    headers: running.headers,
  });
  await sleep(DOWN_SECONDS * 1000 - (performance.now() - downAt));
  await app.up();
  await load.finished();
  await app.quiet(1_500, 30_000);
  return { sandbox, app, running, load };
}

/** What `replay --state failed` brings to the app. */
async function replay({ sandbox, app }: Outage): Promise<number> {
  const { code, stderr } = await runProgram(["replay", "--state", "failed", "--yes"], { sandbox, limitMs: 120_000 });
  expect([code, stderr.includes(`${EVENTS} accepted, 0 not`)]).toEqual([0, true]);
  const seqs = app.arrivals.map(({ replayOf }) => String(replayOf));
  expect(new Set(seqs).size).toBe(EVENTS);
  return app.arrived().size;
}

function statusesOf(load: Load): string {
  const counts = new Map<string, number>();
  for (const { status } of load.sent) {
    if (status !== undefined) counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
  }
  return [...counts].map(([status, count]) => `${count} answered ${status}`).join(", ") || "nobody was answered";
}

async function end({ running, app, sandbox }: Outage): Promise<void> {
  await running.close();
  await app.down();
  sandbox.remove();
}
