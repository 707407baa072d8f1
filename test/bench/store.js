// How many events of 2 KB a second the store commits with a sync each group, seen from the main thread.
// Usage: node test/bench/store.js [events]; prints one JSON line.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const COUNT = Number(process.argv[2] ?? 20_000);
const AT_ONCE = 64;
const ROUNDS = 5;

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "node_modules", ".cache", "hookcli-bench");
await esbuild.build({
  absWorkingDir: root,
  entryPoints: { open: "src/store/open.ts", writer: "src/store/writer-thread.ts", id: "src/events/id.ts" },
  outdir: cache,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: ["@photostructure/sqlite"],
});
const { openStore } = await import(pathToFileURL(join(cache, "open.mjs")).href);
const { newEventId } = await import(pathToFileURL(join(cache, "id.mjs")).href);

const rounds = [];
for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure());
rounds.sort((a, b) => a.perSecond - b.perSecond);
const { perSecond, p50Ms, p99Ms } = rounds[Math.floor(ROUNDS / 2)];
const spread = [rounds[0].perSecond, rounds.at(-1).perSecond];
process.stdout.write(`${JSON.stringify({ node: process.version, events: COUNT, perSecond, spread, p50Ms, p99Ms })}\n`);

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-bench-"));
  const path = join(folder, "events.db");
  const writerPath = pathToFileURL(join(cache, "writer.mjs"));
  const store = await openStore({ path, context: { now: Date.now }, writerPath });
  const latencies = [];
  let left = COUNT;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const start = performance.now();
      await store.append(event(left), { target: "http://localhost:5000", startedAt: Date.now() });
      latencies.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  const seconds = (performance.now() - start) / 1000;
  await store.close();
  rmSync(folder, { recursive: true });
  latencies.sort((a, b) => a - b);
  const at = (share) => Number(latencies[Math.floor(latencies.length * share)].toFixed(2));
  return { perSecond: Math.round(COUNT / seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
}

function event(number) {
  return {
    id: newEventId(Date.now(), (length) => crypto.getRandomValues(new Uint8Array(length))),
    project: "/home/dev/shop",
    receivedAt: Date.now(),
    source: "local",
    method: "POST",
    path: "/webhook",
    headers: Array.from({ length: 12 }, (_, index) => [`X-Header-${index}`, "a value of usual length"]),
    trailers: [],
    body: Buffer.alloc(2048, number % 251),
    bodyComplete: true,
    remoteIp: "127.0.0.1",
    provider: "stripe",
    eventType: `type.${number % 40}`,
    providerEventId: `evt_${number}`,
    deliveryId: null,
    signature: { status: "valid", scheme: "stripe-v1", secretIndex: 0 },
    replayOf: null,
    state: "pending",
    refusal: null,
  };
}
