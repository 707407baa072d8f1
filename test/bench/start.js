// How long starting takes: small commands and `listen`, against a Node that does nothing.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HOOKCLI, inFolder, median, ownEnv, spread, startUntil } from "./measure.js";

const BODY = JSON.stringify({ type: "message.created", data: { id: "msg_1" } });
const SECRET = "a-secret-for-benchmarks";

/** @param {{ rounds?: number }} [options] */
export async function benchStart({ rounds = 11 } = {}) {
  return inFolder(async (folder) => {
    const contenders = commands(folder).map((contender) => ({ ...contender, times: [] }));
    for (let round = -1; round < rounds; round += 1) {
      for (const contender of contenders) {
        const time = await (contender.untilReady === true ? readyTime : wholeTime)(contender, folder);
        if (round >= 0) contender.times.push(time);
      }
    }
    return result(contenders);
  });
}

function commands(folder) {
  const body = join(folder, "body.json");
  writeFileSync(body, BODY);
  const signature = createHmac("sha256", SECRET).update(BODY).digest("hex");
  const secret = ["--secret", "env:BENCH_SECRET"];
  return [
    { what: "node -e 0", args: ["-e", "0"] },
    { what: "hookcli --version", args: [HOOKCLI, "--version"], aimMs: 50 },
    { what: "hookcli --help", args: [HOOKCLI, "--help"], aimMs: 50 },
    {
      what: "hookcli verify",
      args: [HOOKCLI, "verify", "--provider", "generic", ...secret, "--signature", signature, "--body", `@${body}`],
      aimMs: 50,
    },
    {
      what: "hookcli sign",
      args: [HOOKCLI, "sign", "--provider", "generic", ...secret, "--body", `@${body}`],
      aimMs: 50,
    },
    {
      what: "hookcli listen --no-tunnel until ready",
      args: [HOOKCLI, "listen", "5000", "--no-tunnel", "--json", "--quiet"],
      aimMs: 250,
      untilReady: true,
    },
  ];
}

async function wholeTime({ what, args }, folder) {
  const started = performance.now();
  const child = spawn(process.execPath, args, { ...where(folder), stdio: "ignore" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${what}: exit code ${code}`);
  return performance.now() - started;
}

/** Until the line that says that the sockets listen and the store is open. */
async function readyTime({ args }, folder) {
  const started = performance.now();
  const ready = (line) => (line.includes('"type":"ready"') ? performance.now() - started : undefined);
  const { facts, stop } = await startUntil(process.execPath, args, { ...where(folder), ready });
  await stop();
  return facts;
}

function where(folder) {
  mkdirSync(folder, { recursive: true });
  return { cwd: folder, env: { ...ownEnv(folder), BENCH_SECRET: SECRET } };
}

function result(contenders) {
  const [bare, ...others] = contenders;
  const over = ({ times }) => median(times.map((time, round) => time - bare.times[round]));
  return {
    name: "start",
    title: "Start",
    about: `Wall time of whole processes, ${bare.times.length} rounds; "over node -e 0" is the median of the differences within a round.`,
    columns: ["what", "ms", "over node -e 0, ms"],
    rows: contenders.map((one) => [one.what, spread(one.times), one === bare ? "-" : String(Math.round(over(one)))]),
    findings: others.map((one) => ({
      aim: `${one.what} at most ${one.aimMs} ms over node -e 0`,
      found: `${Math.round(over(one))} ms`,
      met: over(one) <= one.aimMs,
    })),
    notes: [],
  };
}
