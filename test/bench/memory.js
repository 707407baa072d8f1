// Memory of `listen`: under steady load, and under more large uploads than it will hold.
import { Agent, request as httpRequest } from "node:http";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beside, inFolder, memory, startListen, startUntil, storedEvents } from "./measure.js";

const RATE = 2_000;
const UPLOADS = 64;
const UPLOAD_BYTES = 25 * 2 ** 20;
const STEADY_MIB = 150;
const PEAK_MIB = 500;

/** @param {{ seconds?: number }} [options] */
export async function benchMemory({ seconds = 20 } = {}) {
  return inFolder(async (folder) => {
    const steady = await underLoad(folder, seconds);
    const uploads = await underUploads(folder);
    const generator = steady.generator > 0.85 ? " (invalid: the generator is the bottleneck)" : "";
    return {
      name: "memory",
      title: "Memory of listen",
      about: `Resident memory of the \`listen\` process. Steady: ${RATE} requests/s of 2 KB are offered for ${seconds} s over 64 connections, delivered to an app. Uploads: ${UPLOADS} at once of 25 MiB each, without a target.`,
      columns: ["what", "at the start, MiB", "highest, MiB", "answers"],
      rows: [
        [
          `steady load`,
          mib(steady.before),
          mib(steady.peak),
          `${steady.rate.toFixed(0)} /s of 200, ${steady.late} late${generator}`,
        ],
        [
          `parallel uploads`,
          mib(uploads.before),
          mib(uploads.peak),
          `${uploads.stored} of 200, ${uploads.refused} of 503, ${uploads.other} other`,
        ],
      ],
      findings: [
        {
          aim: `at ${RATE} requests/s under ${STEADY_MIB} MiB`,
          found: `${mib(steady.peak)} MiB at ${steady.rate.toFixed(0)} requests/s`,
          met: steady.peak < STEADY_MIB && steady.rate > RATE * 0.98,
        },
        {
          aim: `${UPLOADS} uploads under ${PEAK_MIB} MiB, what is beyond is answered 503`,
          found: `${mib(uploads.peak)} MiB`,
          met: uploads.peak < PEAK_MIB && uploads.other === 0 && uploads.refused > 0,
        },
        {
          aim: "every 200 is in the store",
          found: `${steady.missing + uploads.missing} missing`,
          met: steady.missing + uploads.missing === 0,
        },
      ],
      notes: [],
    };
  });
}

async function underLoad(folder, seconds) {
  const app = await startUntil(process.execPath, [beside("app.js")], { ready: Number });
  const listen = await startListen([String(app.facts)], inside(folder, "steady"));
  try {
    const before = memory(listen.pid).now;
    const load = await startUntil(
      process.execPath,
      [beside("steady-load.js"), String(listen.port), String(RATE), String(seconds)],
      { ready: (line) => (line.startsWith("{") ? JSON.parse(line) : undefined) },
    );
    const { peak } = memory(listen.pid);
    await listen.stop();
    const { ok, late, tookSeconds, generator } = load.facts;
    return {
      before,
      peak,
      late,
      generator,
      rate: ok / tookSeconds,
      missing: Math.max(0, ok - (await storedEvents(listen.db))),
    };
  } finally {
    await listen.stop();
    await app.stop();
  }
}

async function underUploads(folder) {
  const listen = await startListen([], inside(folder, "uploads"));
  try {
    const before = memory(listen.pid).now;
    const agent = new Agent({ maxSockets: UPLOADS });
    const body = Buffer.alloc(UPLOAD_BYTES, "x");
    const statuses = await Promise.all(Array.from({ length: UPLOADS }, () => upload(listen.port, body, agent)));
    agent.destroy();
    const { peak } = memory(listen.pid);
    await listen.stop();
    const count = (status) => statuses.filter((one) => one === status).length;
    const [stored, refused] = [count(200), count(503)];
    const missing = Math.max(0, stored - (await storedEvents(listen.db)));
    return { before, peak, stored, refused, other: UPLOADS - stored - refused, missing };
  } finally {
    await listen.stop();
  }
}

/** The status of one upload, or the code of the error that ended it. */
function upload(port, body, agent) {
  return new Promise((resolve) => {
    const sending = httpRequest({
      port,
      host: "127.0.0.1",
      method: "POST",
      path: "/upload",
      agent,
      headers: { "Content-Length": body.length },
    });
    sending.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sending.on("error", (error) => resolve(error.code));
    for (let at = 0; at < body.length; at += 2 ** 20) sending.write(body.subarray(at, at + 2 ** 20));
    sending.end();
  });
}

function inside(folder, name) {
  const own = join(folder, name);
  mkdirSync(own);
  return own;
}

function mib(value) {
  return value.toFixed(0);
}
