import { redactUrl } from "../events/redact.js";
import { broken, ok, skipped, type Finding, type Result } from "./finding.js";
import { knock } from "./knock.js";
import type { Patient, RouteSide } from "./patient.js";

/** The targets of routes. */
export const routeFindings: readonly Finding[] = [
  {
    name: "route-ports",
    probes: "whether the ports of the routes answer: the config's and a running listen's",
    severity: "broken",
    fix: "start that app, or mend the route's target; what a route takes goes nowhere else",
    probe: probeRoutes,
  },
];

/** Of more targets than this only the number is told. */
const MOST_TOLD = 5;

async function probeRoutes(patient: Patient, signal: AbortSignal): Promise<Result> {
  const { routes } = patient;
  if (routes.length === 0) return skipped("neither the config nor a running listen has routes to this computer");
  const loops = await listenPorts(patient);
  const loop = routes.find(({ target }) => loops.has(target.port));
  if (loop !== undefined) {
    const pid = loops.get(loop.target.port);
    return broken(`${told(loop)} is the listen with process id ${pid}, and not an app`, "name the port of the app");
  }
  const places = new Map(routes.map((route) => [`${route.target.hostname} ${route.target.port}`, route]));
  const isOpen = await Promise.all([...places.values()].map((route) => answers(route, patient, signal)));
  const closed = [...places.values()].filter((_, index) => isOpen[index] === false);
  if (closed.length === 0)
    return ok(
      places.size === 1 ? "the routes' target takes connections" : `all ${places.size} targets take connections`,
    );
  const more = closed.length > MOST_TOLD ? `, and ${closed.length - MOST_TOLD} more` : "";
  return broken(`nothing listens at ${closed.slice(0, MOST_TOLD).map(told).join(", ")}${more}`);
}

async function listenPorts({ store }: Patient): Promise<ReadonlyMap<number, number>> {
  const rows = await store.listeners().catch(() => []);
  const running = rows.filter(({ state }) => state === "running");
  return new Map(running.map(({ localUrl, pid }) => [Number(new URL(localUrl).port), pid]));
}

async function answers({ target, addresses }: RouteSide, { limits }: Patient, signal: AbortSignal): Promise<boolean> {
  const doors = addresses.map((host) => ({ host, port: target.port, timeoutMs: limits.connectMs, signal }));
  const heard = await Promise.all(doors.map(knock));
  return heard.some(({ outcome }) => outcome === "open");
}

function told({ match, target }: RouteSide): string {
  return `${redactUrl(target.label)} (${match})`;
}
