import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { versions } from "node:process";
import type { Config } from "../../config/config.js";
import { stateDir } from "../../config/places.js";
import type { RouteSpec } from "../../config/routes.js";
import { parseTarget } from "../../deliver/target.js";
import { isLoopback, isThisMachine } from "../../events/authority.js";
import { conditionText } from "../../events/condition.js";
import type { Patient, RouteSide, ServiceSide, StoreSide } from "../../doctor/patient.js";
import { CliError } from "../../errors.js";
import { formatBytes, formatDuration } from "../../output/quantity.js";
import { createDialer } from "../../proxies/dialer.js";
import { parseProxy, proxyLabel } from "../../proxies/rules.js";
import { inspectListeners, quickCheck, type ListenerState } from "../../store/check.js";
import { openStore } from "../../store/open.js";
import { httpGet } from "../../tunnel/http-get.js";
import { findTunnel } from "../../tunnel/kinds.js";
import type { DoctorOptions } from "../doctor.js";
import type { Invocation } from "../command.js";
import { addressesOf, describeApp } from "./app.js";
import { resolveName } from "./resolve.js";
import { redactUrl } from "../../events/redact.js";

/** Everything together stays under ten seconds: probes run at once, and none waits longer. */
const LIMITS = { connectMs: 3_000, answerMs: 4_000, probeMs: 8_000 } as const;
/** An answer of a tunnel service is small. */
const ANSWER_BYTES = 64 * 1024;

/** Brings together what the probes look at. Throws CliError 2 for options that cannot be. */
export async function describePatient(
  invocation: Invocation<DoctorOptions>,
  config: Config,
): Promise<{ patient: Patient; close: () => Promise<void> }> {
  const { context, options } = invocation;
  const listeners = await inspectListeners(config.dbPath, context.now()).catch(() => []);
  const listener = onlyRunning(listeners, config.project);
  const dialer = await createDialer(context.env);
  const publicUrl = options.publicUrl ?? listener?.publicUrl ?? config.listen.publicUrl;
  const service = describeService(invocation, config, dialer);
  const resolve = (hostname: string) => resolveName(hostname, LIMITS.connectMs);
  const { app, close } = await describeApp(invocation, { config, listener, listeners, dialer, publicUrl, resolve });
  const patient: Patient = {
    env: context.env,
    platform: context.platform,
    now: context.now,
    nodeVersion: versions.node,
    limits: LIMITS,
    store: describeStore(invocation, config),
    app,
    routes: await describeRoutes([...configured(config), ...running(listeners, config.project)], resolve),
    service,
    publicUrl:
      publicUrl === undefined ? "no public URL is known: --public-url, or a listen that runs" : new URL(publicUrl),
    network: {
      lookup: resolve,
      dialer,
      ca: undefined,
      isLoopback,
      proxies: { parse: parseProxy, label: proxyLabel },
    },
    text: { bytes: formatBytes, duration: formatDuration },
  };
  return { patient, close };
}

type ToldRoute = ListenerState["routes"][number];

function configured({ listen }: Config): readonly ToldRoute[] {
  return listen.routes.map(({ value }) => {
    const { conditions, target } = value as RouteSpec;
    return { match: conditions.map(conditionText).join(" and "), target: parseTarget(target).label };
  });
}

/** A listen has those of its command line too. */
function running(listeners: readonly ListenerState[], project: string): readonly ToldRoute[] {
  return listeners.filter((row) => row.state === "running" && row.project === project).flatMap(({ routes }) => routes);
}

/** Each once. Routes to other machines are not looked at. */
async function describeRoutes(
  told: readonly ToldRoute[],
  resolve: (hostname: string) => Promise<readonly string[]>,
): Promise<readonly RouteSide[]> {
  const routes = new Map(told.map((route) => [`${route.match}=${route.target}`, route]));
  const sides = [...routes.values()].map(async ({ match, target: text }) => {
    const target = parseTarget(text);
    if (!isThisMachine(target.hostname)) return [];
    return [{ match, target, addresses: await addressesOf(target, resolve) }];
  });
  return (await Promise.all(sides)).flat();
}

/** With several it is not known which one is meant. */
function onlyRunning(listeners: readonly ListenerState[], project: string): ListenerState | undefined {
  const running = listeners.filter((row) => row.state === "running" && row.project === project);
  return running.length === 1 ? running[0] : undefined;
}

function describeStore({ context }: Invocation<DoctorOptions>, { dbPath, project }: Config): StoreSide {
  const [node] = context.self;
  return {
    path: dbPath,
    ownFolder: dirname(dbPath) === stateDir(context),
    project,
    open: async () => (await openStore({ path: dbPath, context, readOnly: true })).close(),
    check: (signal) => quickCheck(dbPath, { node, signal }),
    listeners: () => inspectListeners(dbPath, context.now()),
    freeBytes: async (path) => {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    },
  };
}

function describeService(
  { options }: Invocation<DoctorOptions>,
  config: Config,
  dialer: Awaited<ReturnType<typeof createDialer>>,
): ServiceSide | string {
  const name = options.via ?? config.via ?? "localtunnel";
  if (name === "none") return "there is no tunnel";
  const kind = findTunnel(name);
  if (kind === undefined) throw new CliError(`unknown kind of tunnel ${name}`);
  if (kind.hostIsUrl !== true) return `${name} connects by a program of its own`;
  const host = options.tunnelHost ?? config.tunnelHost ?? kind.defaultHost ?? "";
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliError(`not the URL of a tunnel service: ${redactUrl(host)}`, { hint: "write it as https://loca.lt" });
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  const limits = { timeoutMs: LIMITS.answerMs, limitBytes: ANSWER_BYTES, dialer };
  return { url, get: (path, signal) => httpGet(new URL(path, url), { ...limits, signal }) };
}
