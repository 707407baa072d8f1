// How long captures take while another process prunes half of a big store.
// As a program: node test/bench/prune.js [events]; prints one JSON line.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { beside, HOOKCLI, inFolder, ownEnv, startListen, startUntil, storedEvents } from "./measure.js";
import { buildIndex, makeStore } from "./million-events.js";

/** Captures a second, and how long they are measured before anything is pruned. */
const RATE = 500;
const ALONE_SECONDS = 15;
/** The load comes in pieces: it is not known how long a prune takes. */
const PIECE_SECONDS = 5;
const LONGEST_MS = 250;

/** @param {{ events?: number }} [options] */
export async function benchPrune({ events = 1_000_000 } = {}) {
  const { alone, beside: during, removed, seconds, missing, bytesBefore, bytesAfter } = await measurePrune(events);
  const row = (what, { p50Ms, p99Ms, worstMs, captured }) => [
    what,
    captured.toLocaleString("en"),
    ...[p50Ms, p99Ms, worstMs].map((ms) => `${ms.toFixed(0)} ms`),
  ];
  return {
    name: "prune",
    title: "Prune beside captures",
    about: `A store of ${events.toLocaleString("en")} events of 2 KB with its index; \`listen\` captures ${RATE} a second, each answered when it is on disk, while \`events prune\` removes half of them. Times are those from the moment a request is due to its answer.`,
    columns: ["what", "captures", "p50", "p99", "worst"],
    rows: [row("nothing else", alone), row("beside the prune", during)],
    findings: [
      {
        aim: `no capture takes over ${LONGEST_MS} ms`,
        found: `${during.worstMs.toFixed(0)} ms`,
        met: during.worstMs <= LONGEST_MS,
      },
      { aim: "every 200 is in the store", found: `${missing} missing`, met: missing === 0 },
    ],
    notes: [
      `${removed.toLocaleString("en")} events went in ${seconds.toFixed(0)} s, the file from ${gigabytes(bytesBefore)} to ${gigabytes(bytesAfter)} GB.`,
    ],
  };
}

async function measurePrune(events) {
  return inFolder(async (folder) => {
    const db = join(folder, "events.db");
    await makeStore(db, events);
    await buildIndex(db);
    const before = await storedEvents(db);
    const bytesBefore = statSync(db).size;
    const listen = await startListen([], folder);
    try {
      const alone = together([await load(listen.port, ALONE_SECONDS)]);
      const { pieces, ...pruned } = await pruneBesides(listen.port, { folder, keep: Math.floor(events / 2) });
      const captured = alone.captured + together(pieces).captured;
      await listen.stop();
      const missing = before + captured - pruned.removed - (await storedEvents(db));
      return { alone, beside: together(pieces), ...pruned, missing, bytesBefore, bytesAfter: statSync(db).size };
    } finally {
      await listen.stop();
    }
  });
}

async function pruneBesides(port, { folder, keep }) {
  const started = performance.now();
  const argv = [HOOKCLI, "events", "prune", "--keep", String(keep), "--all-projects", "--yes", "--json"];
  const child = spawn(process.execPath, argv, {
    cwd: folder,
    env: ownEnv(folder),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  let seconds;
  const ended = once(child, "close").then(() => (seconds = (performance.now() - started) / 1000));
  const pieces = [];
  while (seconds === undefined) pieces.push(await load(port, PIECE_SECONDS));
  await ended;
  return { pieces, seconds, removed: JSON.parse(text).removed };
}

async function load(port, seconds) {
  const { facts } = await startUntil(
    process.execPath,
    [beside("steady-load.js"), String(port), String(RATE), String(seconds)],
    { ready: (line) => (line.startsWith("{") ? JSON.parse(line) : undefined) },
  );
  if (facts.failed !== undefined) throw new Error(`a capture failed: ${facts.failed}`);
  return facts;
}

/** Several pieces as one: the middle of their medians, and the worst of what is worst. */
function together(pieces) {
  const sorted = pieces.map(({ p50Ms }) => p50Ms).toSorted((a, b) => a - b);
  return {
    captured: pieces.reduce((sum, { ok }) => sum + ok, 0),
    p50Ms: sorted[Math.floor(sorted.length / 2)],
    p99Ms: Math.max(...pieces.map(({ p99Ms }) => p99Ms)),
    worstMs: Math.max(...pieces.map(({ worstMs }) => worstMs)),
  };
}

function gigabytes(bytes) {
  return (bytes / 1e9).toFixed(2);
}

if (process.argv[1] === beside("prune.js")) {
  process.stdout.write(`${JSON.stringify(await measurePrune(Number(process.argv[2] ?? 1_000_000)))}\n`);
}
