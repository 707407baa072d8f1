import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openDatabase } from "../../src/store/driver.js";
import { startLoad } from "../helpers/load.js";
import { createSandbox, type Sandbox } from "../helpers/program.js";
import { lostOf, startLedgerApp } from "./ledger.js";
import { SYSTEMS, type StartSystem } from "./systems/system.js";
import { record } from "./table.js";

/** Runs of hookcli; the peers, of which nobody hopes for more than one answer, get two. */
const RUNS = Number(process.env["FAULTS_CRASHES"] ?? 5);
const PEER_RUNS = Math.min(RUNS, 2);
/** How long a sender waits for an answer. */
const LIMIT_MS = 5_000;

interface CrashResult {
  readonly sent: number;
  readonly acknowledged: number;
  readonly lost: number;
  /** In the store, though nobody was told so. */
  readonly storedUnsaid: number;
  readonly restartMs: number;
}

it.each(Object.entries(SYSTEMS))("%s, killed by kill -9 under load and started again", async (system, start) => {
  const isOurs = system.startsWith("hookcli");
  const results: CrashResult[] = [];
  for (let run = 0; run < (isOurs ? RUNS : PEER_RUNS); run += 1) results.push(await crashOnce(start, isOurs));

  const sum = (key: keyof CrashResult) => results.reduce((total, result) => total + result[key], 0);
  const restartMs = Math.max(...results.map((result) => result.restartMs));
  const note = isOurs
    ? `restart ${Math.round(restartMs)} ms at most, ${sum("storedUnsaid")} stored without an answer`
    : "";
  record({
    id: "R1",
    fault: `kill -9 under 2,000 requests/s, and a restart (${results.length} runs)`,
    system,
    sent: sum("sent"),
    acknowledged: sum("acknowledged"),
    lost: sum("lost"),
    note,
  });
  expect(sum("acknowledged")).toBeGreaterThan(100);
  if (!isOurs) return;
  expect(sum("lost")).toBe(0);
  expect(restartMs).toBeLessThan(2_000);
});

/** One run: load, kill -9 at a random moment, restart, and load on the one that was started again. */
async function crashOnce(start: StartSystem, isOurs: boolean): Promise<CrashResult> {
  const sandbox = createSandbox();
  const app = await startLedgerApp();
  const running = await start({ sandbox, port: app.port });
  const load = startLoad(running.url, {
    connections: 64,
    bodyBytes: 1024,
    ratePerSecond: 2000,
    limitMs: LIMIT_MS,
    headers: running.headers,
  });
  await sleep(randomInt(200, 3000));
  await running.kill();
  const restartMs = await running.restart();
  await sleep(300);
  await load.stop();
  await app.quiet(500, 10_000);

  const stored = await running.stored();
  const acknowledged = load.acknowledged();
  if (isOurs) expect(await integrity(sandbox)).toBe("ok");
  await running.close();
  await app.down();
  sandbox.remove();
  return {
    sent: load.sent.length,
    acknowledged: acknowledged.size,
    lost: lostOf(acknowledged, isOurs ? stored : app.arrived()).length,
    storedUnsaid: [...stored.keys()].filter((id) => !acknowledged.has(id)).length,
    restartMs,
  };
}

async function integrity(sandbox: Sandbox): Promise<unknown> {
  const db = await openDatabase(sandbox.env["HOOKCLI_DB"] ?? "", { readOnly: true, busyTimeoutMs: 1000 });
  try {
    return db.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
  } finally {
    db.close();
  }
}
