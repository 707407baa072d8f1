import { isIP } from "node:net";
import { describeError, httpGet } from "./http-get.js";
import { connectSockets } from "./localtunnel-sockets.js";
import type { OpenTunnel, Tunnel, TunnelRequest } from "./tunnel.js";

/**
 * The localtunnel protocol: `GET /<name>` (or `/?new`) at the service answers with a name, a URL and a TCP port; each
 * connection made to that port carries one public connection, byte for byte.
 *
 * This is a client of our own, not the npm package `localtunnel` 2.0.2, since the package cannot be made safe from
 * outside. Its registration has no time-out and no end: after any failure, a refused name (403) too, it asks again each
 * second until the process exits, and has nothing to stop it by. Its connections go to the name `localhost`, which may
 * be another program's ::1; a connection that fails to open, or whose local end is reset, is never replaced; one that is
 * refused a place is opened again without a pause, for ever. Its `local_host` option, which would choose 127.0.0.1,
 * rewrites the stream as text.
 */
export const localtunnel: Tunnel = { kind: "localtunnel", openTimeoutMs: 10_000, settleMs: 5_000, open };

/** The registration's own limit lies under the supervisor's, so that its message is the one that is told. */
const REGISTER_TIMEOUT_MS = 8_000;
const REGISTER_LIMIT_BYTES = 64 * 1024;
/** loca.lt grants 10 connections, which is the ceiling for events at a time; a service of one's own may grant more. */
const MAX_CONNECTIONS = 100;

/** What the service gives. */
interface Registration {
  readonly name: string;
  readonly url: string;
  /** Where connections are made to. */
  readonly host: string;
  readonly port: number;
  readonly connections: number;
}

async function open(request: TunnelRequest): Promise<OpenTunnel> {
  const given = await register(request);
  const sockets = await connectSockets({
    host: given.host,
    port: given.port,
    count: given.connections,
    localPort: request.port,
    signal: request.signal,
    onDoubt: request.onDoubt,
  });
  return { url: given.url, name: given.name, ...sockets };
}

async function register(request: TunnelRequest): Promise<Registration> {
  const service = parseService(request.host);
  const url = new URL(service);
  url.pathname += request.subdomain === undefined ? "" : encodeURIComponent(request.subdomain);
  url.search = request.subdomain === undefined ? "?new" : "";
  const limits = { timeoutMs: REGISTER_TIMEOUT_MS, limitBytes: REGISTER_LIMIT_BYTES, signal: request.signal };
  const answer = await httpGet(url, limits).catch((error: unknown) => {
    throw new Error(`${request.host} is not reachable: ${describeError(error)}`);
  });
  const document = parseJson(answer.body);
  if (answer.status !== 200) throw new Error(refusal(request.host, answer.status, document));
  const given = readRegistration(document, service.hostname);
  if (given === undefined) throw new Error(`${request.host} does not answer like a localtunnel service`);
  return given;
}

/** The service's base URL, its path ending in a slash. */
function parseService(host: string): URL {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url === undefined || !isWebUrl(url))
    throw new Error(`${host} is not the http or https URL of a localtunnel service`);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function isWebUrl(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}

function parseJson(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function refusal(host: string, status: number, document: Record<string, unknown>): string {
  const { message } = document;
  return typeof message === "string" && message !== ""
    ? `${host} answered ${status}: ${message}`
    : `${host} answered ${status}`;
}

/** Reads what the service gave, believing nothing of it; `undefined` when it is not a registration. */
function readRegistration(document: Record<string, unknown>, serviceHost: string): Registration | undefined {
  const { id, port, url, ip, max_conn_count: connections } = document;
  if (typeof id !== "string" || id === "" || typeof url !== "string" || !URL.canParse(url)) return undefined;
  if (!isWebUrl(new URL(url)) || typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535)
    return undefined;
  const count = typeof connections === "number" && connections >= 1 ? Math.floor(connections) : 1;
  return {
    name: id,
    url: new URL(url).origin,
    host: typeof ip === "string" && isIP(ip) !== 0 ? ip : serviceHost.replace(/^\[(.*)\]$/, "$1"),
    port,
    connections: Math.min(count, MAX_CONNECTIONS),
  };
}
