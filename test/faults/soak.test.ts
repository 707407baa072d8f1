import { readdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startLoad, type Sent } from "../helpers/load.js";
import { createSandbox, startListen, type Sandbox } from "../helpers/program.js";
import { startLedgerApp } from "./ledger.js";
import { record } from "./table.js";

const SECONDS = Number(process.env["FAULTS_SOAK_SECONDS"] ?? 120);
/** From here on a run tells of growth. */
const LONG_SECONDS = 600;
/** Resident memory at any time: what is collected late counts too. */
const MOST_MB = 256;
const RATE = 200;
const KEEP = 5_000;
/** Of a run, before the samples count. */
const WARM_SHARE = 0.5;
const EVERY_MS = 1_000;
const MB = 1e6;

interface Sample {
  readonly atMs: number;
  readonly residentBytes: number;
  readonly descriptors: number;
}

it(`hookcli listen at ${RATE} requests/s of 4 KB for ${SECONDS} s grows in nothing`, async () => {
  const sandbox = createSandbox();
  const app = await startLedgerApp();
  const listen = await startListen([String(app.port), "--no-tunnel", "--keep", String(KEEP)], {
    sandbox,
    forgets: true,
  });
  const load = startLoad(`${listen.localUrl}/hook`, { connections: 16, bodyBytes: 4_096, ratePerSecond: RATE });
  const samples = await watch(listen.child.pid ?? 0);
  await load.stop();
  const storeMb = storeBytes(sandbox) / MB;
  await listen.stop();
  await app.down();
  sandbox.remove();

  const warm = samples.slice(Math.floor(samples.length * WARM_SHARE));
  const slope = mbPerMinute(warm);
  const descriptors = warm.map((sample) => sample.descriptors);
  const [earlier, later] = [p99(load.sent, 0.2, 0.5), p99(load.sent, 0.7, 1)];
  const arrived = app.arrived();
  const missed = [...load.acknowledged().keys()].filter((id) => !arrived.has(id)).length;
  record({
    id: "R21",
    fault: `${RATE} requests/s of 4 KB for ${SECONDS} s`,
    system: "hookcli listen",
    sent: load.sent.length,
    acknowledged: load.acknowledged().size,
    lost: missed,
    note: `resident memory ${Math.round((warm.at(-1)?.residentBytes ?? 0) / MB)} MB, ${slope.toFixed(1)} MB/min; descriptors ${Math.min(...descriptors)} to ${Math.max(...descriptors)}; p99 ${earlier.toFixed(0)} ms, later ${later.toFixed(0)} ms; store ${storeMb.toFixed(0)} MB with --keep ${KEEP}`,
  });
  expect(load.sent.filter(({ status }) => status !== 200)).toEqual([]);
  expect(missed).toBe(0);
  // In some minutes the heap still finds its size: they tell how much it takes, and a longer run whether that grows.
  expect(Math.max(...warm.map(({ residentBytes }) => residentBytes / MB))).toBeLessThan(MOST_MB);
  if (SECONDS >= LONG_SECONDS) {
    expect(slope).toBeLessThan(1);
    expect(later).toBeLessThan(earlier * 1.2 + 50);
  }
  expect(Math.max(...descriptors) - Math.min(...descriptors)).toBeLessThan(24);
  // What is kept, and what comes between two prunes; all of it would be over 110 MB after two minutes.
  expect(storeMb).toBeLessThan(110);
});

async function watch(pid: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let until = performance.now() + SECONDS * 1000; performance.now() < until; await sleep(EVERY_MS)) {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const descriptors = readdirSync(`/proc/${pid}/fd`).length;
    samples.push({ atMs: performance.now(), residentBytes: Number(kib) * 1024, descriptors });
  }
  return samples;
}

/** The slope of the least squares through the samples, megabytes a minute. */
function mbPerMinute(samples: readonly Sample[]): number {
  const minutes = samples.map(({ atMs }) => atMs / 60_000);
  const megabytes = samples.map(({ residentBytes }) => residentBytes / MB);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(minutes), mean(megabytes)];
  const over = minutes.reduce((sum, value, index) => sum + (value - x) * ((megabytes[index] ?? 0) - y), 0);
  return over / minutes.reduce((sum, value) => sum + (value - x) ** 2, 0);
}

/** The 99th percentile of the answers' times of a part of the run. */
function p99(sent: readonly Sent[], from: number, to: number): number {
  const part = sent.slice(Math.floor(sent.length * from), Math.floor(sent.length * to));
  const times = part.map(({ tookMs }) => tookMs ?? Infinity).toSorted((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? Infinity;
}

function storeBytes({ env }: Sandbox): number {
  const path = env["HOOKCLI_DB"] ?? "";
  return ["", "-wal"].reduce((sum, suffix) => sum + statSync(path + suffix).size, 0);
}
