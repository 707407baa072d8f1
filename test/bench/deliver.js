// Capture and delivery, durable: the same POST through hookcli, nginx and a proxy that stores nothing, and directly.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  beside,
  cpuSeconds,
  freePort,
  inFolder,
  machineSeconds,
  median,
  spread,
  startListen,
  startUntil,
  storedEvents,
} from "./measure.js";

const CONNECTIONS = 64;
/** Until the engine has compiled what it will compile. */
const WARM_UP_SECONDS = 5;
/** A load generator that uses this much of its one core may be what is measured. */
const BUSY_GENERATOR = 0.85;

/** @param {{ rounds?: number, seconds?: number }} [options] */
export async function benchDeliver({ rounds = 5, seconds = 5 } = {}) {
  return inFolder(async (folder) => {
    const app = await startNode("app.js");
    const contenders = await startContenders(folder, app);
    try {
      for (const contender of contenders) await load(contender, { seconds: WARM_UP_SECONDS, round: 0 });
      for (let round = 1; round <= rounds; round += 1)
        for (const contender of contenders) contender.runs.push(await load(contender, { seconds, round }));
    } finally {
      for (const { stop } of contenders) await stop();
      await app.stop();
    }
    return result(contenders, await lost(contenders), seconds);
  });
}

async function startContenders(folder, { facts: appPort, child: { pid: appPid } }) {
  const bare = await startNode("bare-proxy.js", appPort);
  const nginx = await startNginx(folder, appPort);
  const listen = await startHookcli(folder, "listen", [String(appPort)]);
  const bin = await startHookcli(folder, "bin", []);
  const all = [
    { what: "direct", port: appPort, stop: () => {} },
    nginx && { what: "nginx as proxy", ...nginx },
    { what: "bare node:http + undici proxy, stores nothing", port: bare.facts, pid: bare.child.pid, stop: bare.stop },
    { what: "hookcli listen PORT", ...listen },
    { what: "hookcli listen, no target", ...bin },
  ];
  return all.filter(Boolean).map((contender) => ({ ...contender, appPid, runs: [], acknowledged: 0 }));
}

function startNode(name, ...args) {
  return startUntil(process.execPath, [beside(name), ...args.map(String)], { ready: Number });
}

async function startHookcli(folder, name, args) {
  const own = join(folder, name);
  mkdirSync(own);
  return startListen(args, own);
}

/** One worker, kept-alive connections to the app; `undefined` where nginx is not installed. */
async function startNginx(folder, appPort) {
  if (spawnSync("nginx", ["-v"]).error !== undefined) return undefined;
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder};`);
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr crit;
    events { worker_connections 1024; }
    http { access_log off; ${temporary.join(" ")} keepalive_requests 10000000; client_body_buffer_size 64k;
      upstream app { server 127.0.0.1:${appPort}; keepalive 256; keepalive_requests 10000000; }
      server { listen 127.0.0.1:${port};
        location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } } }\n`,
  );
  const child = spawn("nginx", ["-c", config, "-p", folder], { stdio: ["ignore", "ignore", "inherit"] });
  for (let tries = 0; tries < 100; tries += 1) {
    if (
      await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, pid: child.pid, stop: () => child.kill("SIGTERM") };
}

/** One run of wrk against a contender. */
async function load(contender, { seconds, round }) {
  const url = `http://127.0.0.1:${contender.port}/webhook`;
  const before = contender.pid && cpuSeconds(contender.pid);
  const others = machineSeconds() - ownSeconds(contender);
  const wrk = spawn("wrk", [
    "-t1",
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    "-s",
    beside("post.lua"),
    url,
    "--",
    String(round),
  ]);
  let printed = "";
  wrk.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  let generatorCpu = 0;
  const looking = setInterval(() => (generatorCpu = cpuSeconds(wrk.pid) ?? generatorCpu), 100);
  const [code, signal] = await once(wrk, "close");
  clearInterval(looking);
  const last = printed.trim().split("\n").at(-1);
  if (code !== 0 || !last.endsWith("}"))
    throw new Error(`wrk on ${contender.what} ended (${code ?? signal}):\n${printed}`);
  const found = JSON.parse(last);
  if (found.errors > 0) throw new Error(`${contender.what}: ${found.errors} errors\n${printed}`);
  contender.acknowledged += found.requests;
  const elsewhere = machineSeconds() - ownSeconds(contender) - generatorCpu - others;
  const cpu = contender.pid && cpuSeconds(contender.pid) - before;
  return {
    rate: found.requests / found.seconds,
    p50: found.p50,
    p99: found.p99,
    cpuUs: cpu && (cpu / found.requests) * 1e6,
    generator: generatorCpu / seconds,
    elsewhere: Math.max(0, elsewhere / seconds),
  };
}

/** What this bench itself has used: its own process, the app and the proxy. */
function ownSeconds({ pid, appPid }) {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + (cpuSeconds(appPid) ?? 0) + (pid === undefined ? 0 : (cpuSeconds(pid) ?? 0));
}

/** Acknowledged requests that are not in the store; wrk may leave with some stored that it did not wait for. */
async function lost(contenders) {
  let missing = 0;
  for (const { db, acknowledged } of contenders) {
    if (db !== undefined) missing += Math.max(0, acknowledged - (await storedEvents(db)));
  }
  return missing;
}

function result(contenders, missing, seconds) {
  const rates = (what) => contenders.find((one) => one.what.startsWith(what)).runs.map(({ rate }) => rate);
  const share = (what, other) => median(rates(what).map((rate, round) => rate / rates(other)[round]));
  const of = share("hookcli listen PORT", "bare");
  return {
    name: "deliver",
    title: "Capture and delivery, durable",
    about: `A POST with 2 KB of JSON over ${CONNECTIONS} kept-alive connections (wrk, one thread, ${seconds} s a run) to an app in its own process that answers 200 B. hookcli has committed each event to disk, with a sync, before it delivers and answers. CPU is that of the proxy's process with all its threads; on few cores, app, proxy and load generator share them.`,
    columns: ["what", "requests/s", "p50 ms", "p99 ms", "CPU µs per request", "generator's CPU"],
    rows: contenders.map(({ what, runs }) => [
      what,
      spread(runs.map(({ rate }) => rate)),
      spread(
        runs.map(({ p50 }) => p50),
        1,
      ),
      spread(
        runs.map(({ p99 }) => p99),
        1,
      ),
      runs[0].cpuUs === undefined ? "-" : spread(runs.map(({ cpuUs }) => cpuUs)),
      `${Math.round(median(runs.map(({ generator }) => generator)) * 100)} %${runs.some(({ generator }) => generator > BUSY_GENERATOR) ? " (invalid: the generator is the bottleneck)" : ""}`,
    ]),
    findings: [
      { aim: "hookcli listen PORT at 0.6 of the bare proxy or better", found: of.toFixed(2), met: of >= 0.6 },
      {
        aim: "every acknowledged event is in the store",
        found: `${contenders.reduce((sum, { db, acknowledged }) => sum + (db ? acknowledged : 0), 0)} acknowledged, ${missing} missing`,
        met: missing === 0,
      },
    ],
    notes: [...busyNote(contenders), ...nginxNote(contenders)],
  };
}

/** Other programs on the same cores make the numbers wobble, and those of several threads in turn more than others. */
function busyNote(contenders) {
  const cores = median(contenders.flatMap(({ runs }) => runs.map(({ elsewhere }) => elsewhere)));
  return cores < 0.1 ? [] : [`Meanwhile other programs used ${cores.toFixed(1)} of ${availableParallelism()} cores.`];
}

function nginxNote(contenders) {
  return contenders.some(({ what }) => what.startsWith("nginx")) ? [] : ["nginx is not installed here: skipped."];
}
