// Import and export of many events of 2 KB: time, highest memory of each program, and every body's hash compared.
// As a program: node test/bench/port.js [events]; prints one JSON line.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beside, inFolder } from "./measure.js";

const HOOKCLI = beside("../../bin/hookcli.js");
const BODY_BYTES = 2_048;
const MEMORY_MIB = 200;
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const START_MS = Date.UTC(2025, 0, 1);

/** @param {{ events?: number }} [options] */
export async function benchPort({ events = 1_000_000 } = {}) {
  const { imported, exported } = await measurePort(events);
  const row = (what, { seconds, peakMib, bytes }) => [
    what,
    `${seconds.toFixed(0)} s`,
    Math.round(events / seconds).toLocaleString("en"),
    peakMib.toFixed(0),
    `${(bytes / 1e9).toFixed(2)} GB`,
  ];
  return {
    name: "port",
    title: "Import and export",
    about: `${events.toLocaleString("en")} events of 2 KB: written as NDJSON into \`events import -\`, and out again by \`events export --output\`. Each body's SHA-256 is compared.`,
    columns: ["what", "time", "events/s", "highest memory, MiB", "bytes"],
    rows: [row("import", imported), row("export", exported)],
    findings: [
      {
        aim: `flat memory, under ${MEMORY_MIB} MiB`,
        found: `import ${imported.peakMib.toFixed(0)} MiB, export ${exported.peakMib.toFixed(0)} MiB`,
        met: Math.max(imported.peakMib, exported.peakMib) < MEMORY_MIB,
      },
      {
        aim: "every event comes out with the body it went in with",
        found: `${exported.identical} of ${events} bodies identical`,
        met: exported.identical === events && exported.count === events,
      },
    ],
  };
}

async function measurePort(events) {
  return inFolder(async (folder) => {
    const env = { ...process.env, HOME: folder, HOOKCLI_DB: join(folder, "events.db") };
    const file = join(folder, "events.ndjson");
    const imported = await timed(["events", "import", "-", "--json"], { folder, env, feed: events });
    const exported = await timed(["events", "export", "--output", file, "--quiet"], { folder, env });
    return {
      imported: { ...imported, bytes: statSync(env.HOOKCLI_DB).size },
      exported: { ...exported, bytes: statSync(file).size, ...(await compared(file)) },
    };
  });
}

async function timed(argv, { folder, env, feed = 0 }) {
  const start = performance.now();
  const child = spawn(process.execPath, [HOOKCLI, ...argv], {
    cwd: folder,
    env,
    stdio: ["pipe", "inherit", "inherit"],
  });
  let peakMib = 0;
  const look = setInterval(() => (peakMib = Math.max(peakMib, highestMib(child.pid))), 100);
  const [code] = await Promise.all([once(child, "close").then(([status]) => status), pour(child.stdin, feed)]);
  clearInterval(look);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}`);
  return { seconds: (performance.now() - start) / 1000, peakMib };
}

/** The kernel's own mark of the highest resident memory; 0 once the process is gone. */
function highestMib(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function pour(stdin, count) {
  for (let from = 0; from < count; from += 100) {
    let lines = "";
    for (let index = from; index < Math.min(from + 100, count); index += 1)
      lines += `${JSON.stringify(event(index))}\n`;
    if (!stdin.write(lines)) await once(stdin, "drain");
  }
  stdin.end();
}

function event(index) {
  const at = START_MS + index * 100;
  return {
    id: idOf(index),
    receivedAt: new Date(at).toISOString(),
    method: "POST",
    path: "/webhook",
    headers: [
      ["Host", "example.com"],
      ["Content-Type", "application/json"],
      ["X-GitHub-Event", "push"],
    ],
    bodyText: bodyOf(index),
    provider: "github",
    eventType: index % 3 === 0 ? "push" : "issues.opened",
    deliveryId: `delivery-${index}`,
    state: "delivered",
    attempts: [
      {
        n: 1,
        target: "http://localhost:5000",
        startedAt: new Date(at).toISOString(),
        durationMs: 12,
        status: 200,
        error: null,
        headers: [["Content-Length", "2"]],
        bodyText: "ok",
      },
    ],
  };
}

function idOf(index) {
  let rest = index;
  let digits = "";
  for (let place = 0; place < 26; place += 1) {
    digits = ALPHABET[rest % 32] + digits;
    rest = Math.floor(rest / 32);
  }
  return `evt_${digits}`;
}

/** A body that only this event has. */
function bodyOf(index) {
  const head = `{"id":${index},"text":"`;
  const seed = createHash("sha256").update(String(index)).digest("hex");
  return `${head}${seed.repeat(40).slice(0, BODY_BYTES - head.length - 2)}"}`;
}

async function compared(file) {
  let count = 0;
  let identical = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { bodyText, bodySha256 } = JSON.parse(line);
    const wanted = createHash("sha256").update(bodyOf(count)).digest("hex");
    const found = createHash("sha256").update(bodyText).digest("hex");
    if (found === wanted && bodySha256 === wanted) identical += 1;
    count += 1;
  }
  return { count, identical };
}

if (process.argv[1]?.endsWith("port.js")) {
  const { rows, findings } = await benchPort({ events: Number(process.argv[2] ?? 100_000) });
  process.stdout.write(`${JSON.stringify({ node: process.version, rows, findings })}\n`);
}
