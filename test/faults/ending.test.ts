import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { startLoad } from "../helpers/load.js";
import { createSandbox, hookcliPath, startListen } from "../helpers/program.js";
import { storedEvents } from "../helpers/stored.js";
import { lostOf, startLedgerApp, type LedgerApp } from "./ledger.js";
import { record } from "./table.js";

const TIMES = Number(process.env["FAULTS_ENDS"] ?? 8);
/** Events that the app still thinks about when the end comes. */
const IN_FLIGHT = 5;
const THINKING_MS = 300;
const GRACE_MS = 5_000;

/** What each end must exit with. */
const SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const;

const offer = { connections: IN_FLIGHT, bodyBytes: 500, count: IN_FLIGHT };

describe("listen, asked to end while the app thinks,", () => {
  it.each(SIGNALS)("answers all that is in flight, stores its end, and exits: %s", async (signal, exitCode) => {
    const app = await thinkingApp();
    let acknowledged = 0;
    let lost = 0;
    let slowestMs = 0;
    for (let run = 0; run < TIMES; run += 1) {
      const sandbox = createSandbox();
      const listen = await startListen([String(app.port), "--no-tunnel"], { sandbox });
      const load = startLoad(`${listen.localUrl}/hook`, offer);
      await arrivedAt(app, (run + 1) * IN_FLIGHT);
      const askedAt = performance.now();
      const [ended] = await Promise.all([listen.stop(signal), load.finished()]);
      slowestMs = Math.max(slowestMs, performance.now() - askedAt);
      const stored = await storedEvents(sandbox);
      acknowledged += load.acknowledged().size;
      lost += lostOf(
        load.acknowledged(),
        new Map(stored.map((event) => [event.providerEventId ?? "", event.bodySha256])),
      ).length;

      expect(ended.code).toBe(exitCode);
      expect(load.sent.map(({ status }) => status)).toEqual(Array.from({ length: IN_FLIGHT }, () => 200));
      expect(stored.map(({ state }) => state)).toEqual(Array.from({ length: IN_FLIGHT }, () => "delivered"));
      sandbox.remove();
    }
    await app.down();

    record({
      id: "R20",
      fault: `${signal} with ${IN_FLIGHT} events in flight (${TIMES} times)`,
      system: "hookcli listen",
      sent: TIMES * IN_FLIGHT,
      acknowledged,
      lost,
      note: `exit code ${exitCode}, ended after ${Math.round(slowestMs)} ms at most`,
    });
    expect(slowestMs).toBeLessThan(GRACE_MS);
  });

  it("ends quietly with 0 when the reader of its output has left, and answers what is in flight", async () => {
    const app = await thinkingApp();
    const { child, url, stored, remove } = await startRead(app);
    const load = startLoad(`${url}/hook`, offer);
    await arrivedAt(app, IN_FLIGHT);
    child.stdout.destroy();
    const [[code]] = await Promise.all([once(child, "close"), load.finished()]);

    expect(code).toBe(0);
    expect(load.sent.map(({ status }) => status)).toEqual(Array.from({ length: IN_FLIGHT }, () => 200));
    expect((await stored()).map(({ state }) => state)).toEqual(Array.from({ length: IN_FLIGHT }, () => "delivered"));
    await app.down();
    remove();
  });

  it("goes on answering while nobody reads its output", async () => {
    const app = await startLedgerApp();
    const { child, url, stored, remove } = await startRead(app);
    child.stdout.pause();
    const load = startLoad(`${url}/hook`, { connections: 8, bodyBytes: 1_024, count: 500, limitMs: 5_000 });
    await load.finished();
    child.kill("SIGKILL");
    await once(child, "close");

    expect(load.acknowledged().size).toBe(500);
    expect(await stored()).toHaveLength(500);
    await app.down();
    remove();
  });
});

async function thinkingApp(): Promise<LedgerApp> {
  const app = await startLedgerApp();
  app.answer = (_request, response) => void setTimeout(() => response.end("ok"), THINKING_MS);
  return app;
}

async function arrivedAt(app: LedgerApp, count: number): Promise<void> {
  await expect.poll(() => app.arrivals.length, { timeout: 10_000, interval: 5 }).toBe(count);
}

/** A `listen --json` whose output is read as far as its first line. */
async function startRead(app: LedgerApp) {
  const sandbox = createSandbox();
  const child = spawn(process.execPath, [hookcliPath, "listen", String(app.port), "--no-tunnel", "--json"], {
    cwd: sandbox.folder,
    env: sandbox.env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  lines.close();
  const { localUrl } = JSON.parse(line) as { localUrl: string };
  return { child, url: localUrl, stored: () => storedEvents(sandbox), remove: () => sandbox.remove() };
}
