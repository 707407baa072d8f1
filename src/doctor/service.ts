import { isIP } from "node:net";
import { broken, ok, skipped, warning, type Finding, type Result } from "./finding.js";
import { isPrivate } from "./address.js";
import { errorCodeOf, sentenceOf } from "./failure.js";
import { knock, type Knock } from "./knock.js";
import { oncePer } from "./once.js";
import type { Patient, ServiceSide } from "./patient.js";
import { redactUrl } from "../events/redact.js";
import { authorityOf, bareHost } from "../events/authority.js";

/** Signatures carry times; providers and their libraries allow five minutes. */
const TOLERANCE_MS = 300_000;
/** A Date header knows seconds alone, and an answer takes its time. */
const UNSURE_MS = 30_000;

/** The tunnel service. */
export const serviceFindings: readonly Finding[] = [
  {
    name: "tunnel-dns",
    probes: "whether the tunnel service's name resolves",
    severity: "broken",
    fix: "check the resolver of this computer, and the name in --tunnel-host",
    probe: withService(probeName),
  },
  {
    name: "tunnel-service",
    probes: "whether the tunnel service answers, and like one",
    severity: "broken",
    fix: "try again later, or another one: --tunnel-host, or --via cloudflared",
    probe: withService(probeAnswer),
  },
  {
    name: "clock",
    probes: "this computer's clock against the tunnel service's",
    severity: "broken",
    fix: "let the clock be set by NTP (timedatectl set-ntp true; on macOS and Windows in the date settings)",
    probe: withService(probeClock),
  },
  {
    name: "firewall",
    probes: "whether the ports can be reached on which the tunnel service hands over events",
    severity: "broken",
    fix: "let outgoing TCP to high ports through, or use a tunnel over port 443: --via cloudflared",
    probe: withService(probePorts),
  },
];

function withService(
  probe: (service: ServiceSide, patient: Patient, signal: AbortSignal) => Promise<Result>,
): Finding["probe"] {
  return async (patient, signal) =>
    typeof patient.service === "string" ? skipped(patient.service) : probe(patient.service, patient, signal);
}

async function probeName({ url }: ServiceSide, { network }: Patient): Promise<Result> {
  const hostname = bareHost(url.hostname);
  if (isIP(hostname) !== 0) return ok(`${hostname} is an address`);
  if ((await proxyBefore(url, network)) !== undefined) return skipped("the proxy resolves it");
  let addresses: readonly string[];
  try {
    addresses = await network.lookup(hostname);
  } catch (error) {
    return broken(`${hostname}: ${sentenceOf(error)}`);
  }
  const inner = addresses.find(isPrivate);
  if (inner !== undefined) {
    return warning(
      `${hostname} resolves to ${inner}, an address of a local network`,
      "fine for a service of your own; else a VPN or a captive portal answers in its place",
    );
  }
  return ok(`${hostname} is ${addresses.join(", ")}`);
}

/** One question for all that is to be known of the service's answer. */
const statusOf = oncePer((service: ServiceSide) => {
  let asked:
    | Promise<{ answer: Awaited<ReturnType<ServiceSide["get"]>>; askedAt: number; answeredAt: number }>
    | undefined;
  return (now: () => number, signal: AbortSignal) => {
    const askedAt = now();
    asked ??= service.get("api/status", signal).then((answer) => ({ answer, askedAt, answeredAt: now() }));
    return asked;
  };
});

async function probeAnswer(service: ServiceSide, { now, network }: Patient, signal: AbortSignal): Promise<Result> {
  const { url } = service;
  try {
    const { answer } = await statusOf(service)(now, signal);
    const location = answer.headers.location;
    if (answer.status >= 300 && answer.status <= 399 && location !== undefined) {
      return warning(
        `${url.origin} answers ${answer.status} and points to ${redactUrl(location)}`,
        "a captive portal? open it in a browser once; else name the new place with --tunnel-host",
      );
    }
    if (answer.status >= 500) return broken(`${url.origin} answers ${answer.status}`);
    if (readObject(answer.body)?.["tunnels"] === undefined) {
      return warning(`${url.origin} answers, but not like a localtunnel service`, "check the address in --tunnel-host");
    }
    return ok(`${url.origin} is a localtunnel service, and answers`);
  } catch (error) {
    const proxy = await proxyBefore(url, network);
    const fix = proxy === undefined ? [] : ["mend the proxy, or name the service in NO_PROXY"];
    return broken(`${url.origin} is not reachable: ${sentenceOf(error)}`, ...fix);
  }
}

async function probeClock(service: ServiceSide, { now, text }: Patient, signal: AbortSignal): Promise<Result> {
  const found = await statusOf(service)(now, signal).catch(() => undefined);
  if (found === undefined) return skipped("the tunnel service does not answer");
  const theirs = Date.parse(String(found.answer.headers.date ?? ""));
  if (Number.isNaN(theirs)) return skipped("the tunnel service does not tell the time");
  // Half a second: the header's fraction is cut off.
  const aheadMs = (found.askedAt + found.answeredAt) / 2 - (theirs + 500);
  const off = `this clock is ${text.duration(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead of" : "behind"} ${service.url.host}`;
  if (Math.abs(aheadMs) > TOLERANCE_MS) return broken(`${off}: signatures with a time look too old, or too new`);
  return Math.abs(aheadMs) > UNSURE_MS ? warning(off) : ok(`this clock and that of ${service.url.host} agree`);
}

/** Registers a tunnel, as `listen` does, and knocks at its port; nothing is sent, and the service forgets it. */
async function probePorts(service: ServiceSide, patient: Patient, signal: AbortSignal): Promise<Result> {
  let place: { host: string; port: number } | undefined;
  try {
    place = readPlace(service, (await service.get("?new", signal)).body);
  } catch {
    return skipped("the tunnel service does not answer");
  }
  if (place === undefined) return skipped("the tunnel service gives no port");
  const found = await knockThrough(place, patient, signal);
  const where = `${place.host} port ${place.port}`;
  if (found.outcome === "open") return ok(`${where}, where events come from, can be connected to`);
  if (found.outcome === "silent") return broken(`${where} does not answer: a firewall between drops the connection`);
  if (found.outcome === "refused") return broken(`${where} is refused: a firewall between, or the service, says no`);
  return broken(`${where}: ${found.reason}`);
}

/** Through the proxy, and without it when it refuses, as `listen` does. */
async function knockThrough(
  { host, port }: { host: string; port: number },
  { network, limits }: Patient,
  signal: AbortSignal,
): Promise<Knock> {
  const { dialer } = network;
  const destination = { protocol: "https:", hostname: host, port } as const;
  const direct = () => knock({ host, port, timeoutMs: limits.connectMs, signal });
  const proxy = await dialer?.proxyFor(destination);
  if (dialer === undefined || proxy === undefined) return direct();
  const { socket, opened } = dialer.dial(proxy, destination);
  const timer = setTimeout(() => socket.destroy(), limits.connectMs);
  try {
    await opened;
    return { outcome: "open" };
  } catch (error) {
    const found = await direct();
    if (found.outcome === "open") return found;
    const reason = `${sentenceOf(error)}, and without the proxy ${found.reason}`;
    return { outcome: "failed", reason };
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function readPlace({ url }: ServiceSide, body: Uint8Array): { host: string; port: number } | undefined {
  const document = readObject(body);
  const port = document?.["port"];
  const ip = document?.["ip"];
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const host = typeof ip === "string" && isIP(ip) !== 0 ? ip : bareHost(url.hostname);
  return { host, port };
}

async function proxyBefore(url: URL, { dialer }: Patient["network"]): Promise<URL | undefined> {
  try {
    return await dialer?.proxyFor(authorityOf(url));
  } catch (error) {
    // A variable that names no proxy has a finding of its own.
    if (errorCodeOf(error) === "HOOKCLI_PROXY") return undefined;
    throw error;
  }
}

function readObject(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
