import { randomInt } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openDatabase } from "../../../src/store/driver.js";
import { createSandbox, startListen, type Sandbox } from "../../helpers/program.js";
import { storedEvents } from "../../helpers/stored.js";
import { lostOf, startLedgerApp } from "../ledger.js";
import { record } from "../table.js";
import { watchDisk, type DiskEntry, type StoreFile } from "./disk.js";
import { diskAfter, writeDisk } from "./power-loss.js";
import { acknowledgedOf, startSenders, type SentEvent } from "./senders.js";

const RUNS = Number(process.env["FAULTS_POWER_LOSSES"] ?? 50);
/** Moments of each run at which the power fails. */
const MOMENTS = 8;
const SEED = Number(process.env["FAULTS_SEED"] ?? randomInt(2 ** 31));
/** Large enough that the journal is brought into the file during a run, small enough for hundreds of events a second. */
const BODY_BYTES = 12_000;

const random = seeded(SEED);

/** A `listen` that was under load, and what its disk was asked for. */
interface Run {
  readonly sandbox: Sandbox;
  readonly entries: readonly DiskEntry[];
  readonly sent: readonly SentEvent[];
}

it(`the power fails at ${MOMENTS} moments of each of ${RUNS} runs: what was acknowledged is on the disk`, async () => {
  const count = { sent: 0, acknowledged: 0, disks: 0, duringWrites: 0, lostWithoutSyncs: 0 };
  for (let number = 0; number < RUNS; number += 1) {
    const run = await runOnce(number % 2 === 0 ? "SIGKILL" : "SIGTERM");
    count.sent += run.sent.length;
    for (let moment = 0; moment < MOMENTS; moment += 1) {
      const at = Math.floor(random() * run.entries.length);
      const due = acknowledgedOf(run.sent, run.entries[at]?.begunNs);
      const { stored, integrity } = await reopened(run, diskAfter(run.entries, at, random), moment === 0);
      const found = { seed: SEED, run: number, at, integrity, lost: lostOf(due, stored) };
      expect(found).toEqual({ seed: SEED, run: number, at, integrity: "ok", lost: [] });
      count.disks += 1;
      count.acknowledged += due.size;
      count.duringWrites += run.entries[at - 1]?.operation === "sync" ? 0 : 1;
    }
    if (number < 3) count.lostWithoutSyncs += await lostWithoutSyncs(run);
    run.sandbox.remove();
  }
  record({
    id: "R3",
    fault: `power loss at ${MOMENTS} moments of each of ${RUNS} runs`,
    system: "hookcli listen",
    sent: count.sent,
    acknowledged: count.acknowledged,
    lost: 0,
    note: `${count.disks} disks opened, integrity ok, ${count.duringWrites} of them with writes not synced; an event counts once for each disk; had the syncs done nothing, 3 disks would have lost ${count.lostWithoutSyncs}; seed ${SEED}`,
  });
  expect(count.acknowledged).toBeGreaterThan(RUNS * MOMENTS * 10);
  expect(count.lostWithoutSyncs).toBeGreaterThan(0);
});

/** A `listen` under load from its first start to its end. */
async function runOnce(signal: NodeJS.Signals): Promise<Run> {
  const sandbox = createSandbox();
  const app = await startLedgerApp();
  const disk = watchDisk(sandbox, { log: true });
  const listen = await startListen([String(app.port), "--no-tunnel"], { sandbox, env: disk.env });
  const senders = startSenders(`${listen.localUrl}/hook`, { connections: 16, bodyBytes: BODY_BYTES });
  await sleep(500 + random() * 2_000);
  const sent = await senders.stop();
  await listen.stop(signal);
  await app.down();
  return { sandbox, entries: disk.entries(), sent };
}

/** What hookcli finds on a disk; `byListening`: a new `listen` has opened it before. */
async function reopened(
  { sandbox }: Run,
  disk: ReadonlyMap<StoreFile, Buffer>,
  byListening: boolean,
): Promise<{ stored: ReadonlyMap<string, string>; integrity: unknown }> {
  const folder = join(sandbox.folder, "lost");
  const path = join(folder, "events.db");
  mkdirSync(folder, { mode: 0o700 });
  writeDisk(path, disk);
  const after: Sandbox = { ...sandbox, env: { ...sandbox.env, HOOKCLI_DB: path } };
  if (byListening) await (await startListen(["--no-tunnel"], { sandbox: after })).stop();
  const events = await storedEvents(after);
  const integrity = disk.has("") ? await integrityOf(path) : "ok";
  rmSync(folder, { recursive: true });
  return {
    stored: new Map(events.map(({ providerEventId, bodySha256 }) => [providerEventId ?? "", bodySha256])),
    integrity,
  };
}

/** Whether this test would see a loss: what the disk would have lost at the end, had its syncs done nothing. */
async function lostWithoutSyncs(run: Run): Promise<number> {
  const isStart = (entry: DiskEntry) => entry.begunNs < (run.sent[0]?.answeredNs ?? 0n);
  const entries = run.entries.filter((entry) => isStart(entry) || entry.operation !== "sync");
  const { stored } = await reopened(
    run,
    diskAfter(entries, entries.length, () => 0),
    false,
  );
  return lostOf(acknowledgedOf(run.sent), stored).length;
}

async function integrityOf(path: string): Promise<unknown> {
  const db = await openDatabase(path, { readOnly: true, busyTimeoutMs: 1_000 });
  try {
    return db.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
  } finally {
    db.close();
  }
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
