import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/driver.js";
import { startLoad, type Load } from "../helpers/load.js";
import { createSandbox, hookcliPath, startListen, type RunningListen, type Sandbox } from "../helpers/program.js";
import { sendRaw } from "../helpers/raw-client.js";
import { storedEvents, type StoredEvent } from "../helpers/stored.js";
import { lostOf, startLedgerApp, type LedgerApp } from "./ledger.js";
import { record } from "./table.js";

/** The file system of the store, and what is put there to be freed again, MiB. */
const DISK_MIB = 6;
const FILLER_MIB = 2;
const LOCKED_MS = 5_000;

let sandbox: Sandbox;
let app: LedgerApp;

beforeEach(async () => {
  sandbox = createSandbox();
  app = await startLedgerApp();
});

afterEach(async () => {
  await app.down();
  sandbox.remove();
});

const hashes = (events: readonly StoredEvent[]) =>
  new Map(events.map(({ providerEventId, bodySha256 }) => [providerEventId ?? "", bodySha256]));
const statuses = (load: Load) => [...new Set(load.sent.map(({ status }) => status ?? 0))].toSorted((a, b) => a - b);

describe(`a disk of ${DISK_MIB} MB that runs full`, () => {
  it("refuses with 507, says it once, and takes events within a second when there is room again", async () => {
    const disk = join(sandbox.folder, "disk");
    mkdirSync(disk);
    const env = { HOOKCLI_DB: join(disk, "events.db") };
    const listen = await startListen([String(app.port), "--no-tunnel"], { sandbox, env, wrap: onSmallDisk(disk) });
    const load = startLoad(`${listen.localUrl}/hook`, { connections: 16, bodyBytes: 8_000, count: 1_500 });
    await load.finished();

    rmSync(join(`/proc/${listen.child.pid}/root`, disk, "filler"));
    const freedAt = performance.now();
    const after = await untilTaken(listen);
    const tookMs = performance.now() - freedAt;
    const stored = storedInside(listen);
    const warnings = listen.stderr().match(/warning: /g) ?? [];
    await listen.stop("SIGKILL");

    const acknowledged = new Map([...load.acknowledged(), ...after.acknowledged()]);
    record({
      id: "R5",
      fault: `disk of ${DISK_MIB} MB full`,
      system: "hookcli listen",
      sent: load.sent.length + after.sent.length,
      acknowledged: acknowledged.size,
      lost: lostOf(acknowledged, stored).length,
      note: `answers ${statuses(load).join(", ")}; room again: taken after ${Math.round(tookMs)} ms`,
    });
    expect(statuses(load)).toEqual([200, 507]);
    expect(lostOf(acknowledged, stored)).toEqual([]);
    expect(lostOf(acknowledged, app.arrived())).toEqual([]);
    expect([...stored.keys()].filter((id) => !acknowledged.has(id))).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(tookMs).toBeLessThan(1_000);
  });
});

describe(`a store that another program has locked for ${LOCKED_MS / 1000} s`, () => {
  it("holds no loop up, acknowledges nothing that is not there, and drains", async () => {
    const listen = await startListen([String(app.port), "--no-tunnel"], { sandbox });
    await fetch(listen.localUrl, { method: "POST", body: "{}" });
    const locker = await openDatabase(sandbox.env["HOOKCLI_DB"] ?? "", { readOnly: false, busyTimeoutMs: 1_000 });
    locker.exec("BEGIN IMMEDIATE");
    const load = startLoad(`${listen.localUrl}/hook`, { connections: 200, bodyBytes: 1_024, count: 1_000 });
    const delays = await refusalTimes(listen, LOCKED_MS);
    const answeredMeanwhile = load.acknowledged().size;
    locker.exec("ROLLBACK");
    locker.close();
    await load.finished();
    const stored = hashes(await storedEvents(sandbox));
    await listen.stop("SIGKILL");

    const p99Ms = delays.toSorted((a, b) => a - b)[Math.floor(delays.length * 0.99)] ?? Infinity;
    record({
      id: "R6",
      fault: `store locked for ${LOCKED_MS / 1000} s by another program`,
      system: "hookcli listen",
      sent: load.sent.length,
      acknowledged: load.acknowledged().size,
      lost: lostOf(load.acknowledged(), stored).length,
      note: `answers ${statuses(load).join(", ")}; what needs no store was answered meanwhile in ${p99Ms.toFixed(0)} ms (p99)`,
    });
    expect(answeredMeanwhile).toBe(0);
    expect(lostOf(load.acknowledged(), stored)).toEqual([]);
    expect(load.sent.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
    expect(load.acknowledged().size).toBeGreaterThan(700);
    expect(p99Ms).toBeLessThan(250);
  });
});

/** Two `listen` at one store, both of them under load, one of them killed. */
describe("a store of two listeners", () => {
  it("has all that either has acknowledged, though one is killed", async () => {
    const listens = await Promise.all([1, 2].map(() => startListen([String(app.port), "--no-tunnel"], { sandbox })));
    const offer = { connections: 16, bodyBytes: 1_024, ratePerSecond: 400 };
    const loads = listens.map(({ localUrl }) => startLoad(`${localUrl}/hook`, offer));
    await sleep(1_500);
    await listens[0]?.stop("SIGKILL");
    await sleep(500);
    await Promise.all(loads.map((load) => load.stop()));
    await listens[1]?.stop();
    const stored = hashes(await storedEvents(sandbox));

    const acknowledged = new Map(loads.flatMap((load) => [...load.acknowledged()]));
    record({
      id: "R8",
      fault: "two at one store, one of them killed by kill -9",
      system: "hookcli listen",
      sent: loads.reduce((sum, { sent }) => sum + sent.length, 0),
      acknowledged: acknowledged.size,
      lost: lostOf(acknowledged, stored).length,
      note: "",
    });
    expect(loads.every((load) => load.acknowledged().size > 10)).toBe(true);
    expect(lostOf(acknowledged, stored)).toEqual([]);
  });
});

/** Puts a small file system under `disk` for one program alone, with a file to be freed. */
function onSmallDisk(disk: string): string[] {
  const mount = `mount -t tmpfs -o size=${DISK_MIB}m,mode=700 none "$0" && head -c ${FILLER_MIB}m /dev/zero > "$0/filler"`;
  return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", `${mount} && exec "$@"`, disk];
}

/** What the store on the small disk holds, read where it can be seen. */
function storedInside(listen: RunningListen): Map<string, string> {
  const inside = ["-t", String(listen.child.pid), "--user", "--mount", "--preserve-credentials"];
  const list = [process.execPath, hookcliPath, "events", "list", "--limit", "0", "--json"];
  // Who enters stands in the root folder, which would be another project.
  const words = [...inside, "sh", "-c", 'cd "$0" && exec "$@"', sandbox.folder, ...list];
  const { stdout, stderr } = spawnSync("nsenter", words, {
    env: { ...sandbox.env, HOOKCLI_DB: join(sandbox.folder, "disk", "events.db") },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (stdout === "") throw new Error(stderr);
  return hashes(JSON.parse(stdout) as StoredEvent[]);
}

/** Sends events one after another until one is taken. */
async function untilTaken(listen: RunningListen): Promise<Load> {
  for (let tries = 0; tries < 200; tries += 1) {
    const load = startLoad(`${listen.localUrl}/hook`, { connections: 1, bodyBytes: 100, count: 1 });
    await load.finished();
    if (load.acknowledged().size === 1) return load;
    await sleep(20);
  }
  throw new Error("no event was taken, though there is room again");
}

/** How long each of many requests took that is refused without a look at the store, for a while. */
async function refusalTimes({ localUrl }: RunningListen, forMs: number): Promise<number[]> {
  const port = Number(new URL(localUrl).port);
  const times: number[] = [];
  for (const until = performance.now() + forMs; performance.now() < until; await sleep(20)) {
    const startedAt = performance.now();
    await sendRaw(port, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", { done: (text) => text.includes("\r\n\r\n") });
    times.push(performance.now() - startedAt);
  }
  return times;
}
