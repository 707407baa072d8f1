// What the benches share: numbers over rounds, processes and what they cost.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const HOOKCLI = fileURLToPath(new URL("../../bin/hookcli.js", import.meta.url));
/** Clock ticks of /proc/PID/stat in a second: fixed for user space on Linux. */
const TICKS_PER_SECOND = 100;

/** A file of this folder. */
export const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Median and spread: `12.3 (11.0..14.9)`. */
export function spread(values, digits = 0) {
  const sorted = values.toSorted((a, b) => a - b);
  const text = (value) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text(median(values))} (${text(sorted[0])}..${text(sorted.at(-1))})`;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A folder that is gone afterwards. */
export async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** The environment of a hookcli that keeps everything in `folder`. */
export function ownEnv(folder) {
  const kept = Object.entries(process.env).filter(([name]) => !/^HOOKCLI_|_WEBHOOK_SECRET$|^NODE_OPTIONS$/.test(name));
  return { ...Object.fromEntries(kept), HOOKCLI_DB: join(folder, "events.db"), XDG_CONFIG_HOME: folder };
}

/**
 * Starts a process and waits for the first line of `from` that `ready` takes: what it returns. What is printed afterwards is
 * read and dropped.
 */
export async function startUntil(command, args, { ready, from = "stdout", ...options }) {
  const other = from === "stdout" ? "inherit" : (options.stdout ?? "ignore");
  const stdio = from === "stdout" ? ["ignore", "pipe", other] : ["ignore", other, "pipe"];
  const child = spawn(command, args, { ...options, stdio });
  const printed = [];
  const facts = await new Promise((resolve, reject) => {
    createInterface({ input: child[from] }).on("line", (line) => {
      printed.push(line);
      if (printed.length > 20) printed.shift();
      const found = ready(line);
      if (found !== undefined) resolve(found);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${command} ${args[0]} ended (${code}): ${printed.join("\n")}`)));
  });
  return { child, facts, stop: () => stop(child) };
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** `hookcli listen` in `folder`, printing its lines as it does on a terminal, but into a file. Resolves when it takes requests. */
export async function startListen(args, folder, options = {}) {
  const port = await freePort();
  const listen = await startUntil(
    process.execPath,
    // Every event is kept, to be counted afterwards.
    [...(options.nodeArgs ?? []), HOOKCLI, "listen", ...args, "--no-tunnel", "--port", String(port), "--keep", "0"],
    {
      cwd: folder,
      env: ownEnv(folder),
      from: "stderr",
      stdout: options.stdout ?? "ignore",
      ready: (line) => (line.startsWith("local ") ? line : undefined),
    },
  );
  return { ...listen, port, pid: listen.child.pid, db: join(folder, "events.db") };
}

/** Processor time that a process and all its threads have used, seconds; `undefined` where /proc is missing. */
export function cpuSeconds(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/** Processor time that the whole machine has used, seconds. */
export function machineSeconds() {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}

/** Resident memory of a process now and at its highest, MiB. */
export function memory(pid) {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return { now: field("VmRSS"), peak: field("VmHWM") };
}

/** Events in a store, counted by SQLite itself. */
export async function storedEvents(db) {
  const driver = Number(process.versions.node.split(".")[0]) >= 24 ? "node:sqlite" : "@photostructure/sqlite";
  const { DatabaseSync } = await import(driver);
  const store = new DatabaseSync(db, { readOnly: true });
  try {
    return Number(store.prepare("SELECT count(*) AS n FROM events").get().n);
  } finally {
    store.close();
  }
}
