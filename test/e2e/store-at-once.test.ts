import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "../../src/store/driver.js";
import { startLoad, type Sent } from "../helpers/load.js";
import { createSandbox, hookcliPath, runProgram, startListen, type Sandbox } from "../helpers/program.js";
import { storedEvents, type StoredEvent } from "../helpers/stored.js";

/** How long it goes on: two minutes by hand, less where many tests run. */
const SECONDS = Number(process.env["STORE_AT_ONCE_SECONDS"] ?? 20);
/** Captures a second of each of the two listeners. */
const RATE = 150;
/** What every prune leaves: the events of about three seconds. */
const KEEP = 1_000;
const LONGEST_MS = 250;
/** Between two commands: starting programs all the time would measure the processor. */
const PAUSE_MS = 300;

let sandbox: Sandbox;
/** Of a listener with a store of its own: what its captures take is the machine's doing. */
let control: Sandbox;

beforeEach(() => {
  sandbox = createSandbox();
  control = createSandbox();
});

afterEach(() => {
  sandbox.remove();
  control.remove();
});

it("loses nothing and locks nobody out while processes capture, follow, list and prune at once", async ({
  annotate,
}) => {
  const listens = await Promise.all(
    [1, 2].map(() => startListen(["--no-tunnel", "--keep", String(KEEP)], { sandbox })),
  );
  const follower = startFollowing();
  const alone = await startListen(["--no-tunnel"], { sandbox: control });
  const until = performance.now() + SECONDS * 1000;
  const offer = { connections: 16, bodyBytes: 1500, ratePerSecond: RATE };
  const controlLoad = startLoad(`${alone.localUrl}/hook`, offer);
  const loads = listens.map(({ localUrl }) => startLoad(`${localUrl}/hook`, offer));

  const [prunes, lists] = await Promise.all([
    again(["events", "prune", "--keep", String(KEEP), "--json"], until),
    again(["events", "list", "--limit", "500", "--json"], until),
  ]);
  await Promise.all([controlLoad, ...loads].map((load) => load.stop()));
  const acknowledged = new Map(loads.flatMap((load) => [...load.acknowledged()]));
  await expect.poll(() => follower.seen.size, { timeout: 20_000 }).toBeGreaterThanOrEqual(acknowledged.size);
  const ended = await Promise.all([...listens.map((listen) => listen.stop()), alone.stop(), follower.stop()]);
  const stored = await storedEvents(sandbox);

  const sent = loads.flatMap((load) => load.sent);
  const [worstMs, aloneMs] = [worstOf(sent), worstOf(controlLoad.sent)];
  const removed = prunes.reduce((sum, text) => sum + (JSON.parse(text) as { removed: number }).removed, 0);
  const figures = { seconds: SECONDS, sent: sent.length, prunes: prunes.length, removed, lists: lists.length };
  await annotate(JSON.stringify({ ...figures, worstMs: Math.round(worstMs), aloneMs: Math.round(aloneMs) }));

  expect(ended.map(({ stderr }) => stderr).join("")).not.toMatch(/warning|error/);
  expect(sent.filter(({ status }) => status !== 200)).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(1.5 * KEEP);
  // Followed, each once and in order: all of them, whatever was pruned since.
  expect(follower.seqs).toEqual([...new Set(follower.seqs)].toSorted((a, b) => a - b));
  expect(new Set([...acknowledged.keys()].filter((key) => !follower.seen.has(key)))).toEqual(new Set());
  // Stored: the newest ones without a gap, and of those before them none that no prune may take.
  const newest = stored.slice(-KEEP);
  const last = follower.seqs.at(-1) ?? 0;
  expect(stored.length).toBeLessThan(acknowledged.size);
  expect(newest.map(({ seq }) => seq)).toEqual(Array.from({ length: KEEP }, (_, index) => last - KEEP + 1 + index));
  expect(newest.filter((event) => acknowledged.get(keyOf(event)) !== event.bodySha256)).toEqual([]);
  expect(await integrity()).toBe("ok");
  // What a store that nobody else uses takes on this machine meanwhile is not the lock's doing.
  expect(worstMs - aloneMs).toBeLessThan(LONGEST_MS);
}, 600_000);

/** Runs a command again and again; what each run printed. */
async function again(argv: readonly string[], until: number): Promise<string[]> {
  const printed: string[] = [];
  while (performance.now() < until) {
    const { code, stdout, stderr } = await runProgram(argv, { sandbox });
    expect([code, stderr]).toEqual([0, ""]);
    printed.push(stdout);
    await sleep(PAUSE_MS);
  }
  return printed;
}

function worstOf(sent: readonly Sent[]): number {
  return sent.reduce((worst, { tookMs = Infinity }) => Math.max(worst, tookMs), 0);
}

function keyOf({ providerEventId }: Pick<StoredEvent, "providerEventId">): string {
  return providerEventId ?? "";
}

/** A process that follows the events. */
function startFollowing() {
  const argv = ["events", "list", "--follow", "--limit", "0", "--json"];
  const child: ChildProcess = spawn(process.execPath, [hookcliPath, ...argv], {
    cwd: sandbox.folder,
    env: sandbox.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const seqs: number[] = [];
  const seen = new Set<string>();
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  if (child.stdout === null) throw new Error("no output to follow");
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as { type: string; event?: StoredEvent };
    if (message.type !== "event" || message.event === undefined) return;
    seqs.push(message.event.seq);
    seen.add(keyOf(message.event));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await once(child, "close");
    return { stderr };
  };
  return { seqs, seen, stop };
}

async function integrity(): Promise<unknown> {
  const path = sandbox.env["HOOKCLI_DB"] ?? "";
  const db = await openDatabase(path, { readOnly: true, busyTimeoutMs: 1000 });
  try {
    return db.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
  } finally {
    db.close();
  }
}
