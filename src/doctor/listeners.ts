import type { ListenerState } from "../store/check.js";
import { ok, skipped, warning, type Finding, type Result } from "./finding.js";
import type { Patient } from "./patient.js";
import { redactUrl } from "../events/redact.js";

/** The processes that capture. */
export const listenerFindings: readonly Finding[] = [
  {
    name: "listeners",
    probes: "a listen that runs for this project",
    severity: "warning",
    fix: "start one: hookcli listen 5000",
    probe: probeListeners,
  },
  {
    name: "stale-listeners",
    probes: "a listen that hangs, or ended without a word",
    severity: "warning",
    fix: "start it again: hookcli listen 5000",
    probe: probeStale,
  },
];

async function probeListeners({ store }: Patient): Promise<Result> {
  const rows = await known(store.listeners());
  if (rows === undefined) return skipped("the store does not tell");
  const running = rows.filter(({ state, project }) => state === "running" && project === store.project);
  const [first] = running;
  if (first === undefined) {
    const elsewhere = rows.filter(({ state }) => state === "running");
    if (elsewhere.length === 0) return warning(`no listen runs for ${store.project}`);
    const folders = elsewhere.map(({ project }) => project).join(", ");
    return warning(
      `no listen runs for ${store.project}, but for ${folders}`,
      "start hookcli in the folder of the project",
    );
  }
  if (running.length === 1) return ok(`listen ${described(first)}`);
  return warning(
    `${running.length} listens run for this project: ${running.map(described).join("; ")}`,
    "end those that are not needed; send and replay ask which one is meant",
  );
}

async function probeStale({ store, text, now, platform }: Patient): Promise<Result> {
  const rows = await known(store.listeners());
  if (rows === undefined) return skipped("the store does not tell");
  const stale = rows.filter(({ state, project }) => state !== "running" && project === store.project);
  if (stale.length === 0) return ok("none");
  const age = ({ heartbeatAt }: ListenerState) => text.duration(Math.max(0, now() - heartbeatAt));
  const texts = stale.map((row) =>
    row.state === "hung"
      ? `listen ${described(row)} runs, but has been silent for ${age(row)}`
      : `listen ${described(row)} ended without a word ${age(row)} ago`,
  );
  const hung = stale.filter(({ state }) => state === "hung").map(({ pid }) => pid);
  return warning(
    texts.join("; "),
    ...(hung.length === 0 ? [] : [`end it (${endCommand(platform, hung)}) and start it again`]),
  );
}

function endCommand(platform: Patient["platform"], pids: readonly number[]): string {
  if (platform === "win32") return `taskkill /F ${pids.map((pid) => `/PID ${pid}`).join(" ")}`;
  return `kill -9 ${pids.join(" ")}`;
}

/** Of more routes than this only the number is told. */
const MOST_ROUTES = 5;

function described({ pid, localUrl, publicUrl, target, routes }: ListenerState): string {
  const from = publicUrl === null ? `${localUrl} (no public URL)` : redactUrl(publicUrl);
  const told = routes.slice(0, MOST_ROUTES).map((route) => `; ${route.match} -> ${redactUrl(route.target)}`);
  const more = routes.length > MOST_ROUTES ? `; and ${routes.length - MOST_ROUTES} more routes` : "";
  return `${pid}: ${from} -> ${target === null ? "no target" : redactUrl(target)}${told.join("")}${more}`;
}

/** A store in trouble has a finding of its own. */
function known<T>(rows: Promise<T>): Promise<T | undefined> {
  return rows.catch(() => undefined);
}
