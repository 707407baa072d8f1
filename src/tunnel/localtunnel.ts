import { isIP } from "node:net";
import PackageClient, { type LocaltunnelInfo } from "localtunnel/lib/Tunnel.js";
import { describeError, httpGet } from "./http-get.js";
import { connectSockets } from "./localtunnel-sockets.js";
import type { OpenTunnel, Tunnel, TunnelRequest } from "./tunnel.js";
import { redactUrl } from "../events/redact.js";
import { bareHost } from "../events/authority.js";

/**
 * The localtunnel protocol: `GET /<name>` (or `/?new`) at the service answers with a name, a URL and a TCP port; each
 * connection made to that port carries one public connection, byte for byte.
 *
 * The client is that of the npm package `localtunnel` 2.0.2, with two of its steps replaced, as they cannot be made safe
 * from outside. Its registration has no time-out and no end: after any failure, a refused name (403) too, it asks again
 * each second until the process exits, and has nothing to stop it by. Its connections go to the name `localhost`, which
 * may be another program's ::1; a connection that fails to open, or whose local end is reset, is never replaced; one that
 * is refused a place is opened again without a pause, for ever. Its `local_host` option, which would choose 127.0.0.1,
 * rewrites the stream as text.
 */
export const localtunnel: Tunnel = { kind: "localtunnel", openTimeoutMs: 10_000, settleMs: 5_000, open };

/** The registration's own limit lies under the supervisor's, so that its message is the one that is told. */
const REGISTER_TIMEOUT_MS = 8_000;
const REGISTER_LIMIT_BYTES = 64 * 1024;
/** So much of the service's own words is told of a refusal, characters. */
const MESSAGE_LIMIT = 200;
/** loca.lt grants 10 connections, which is the ceiling for events at a time; a service of one's own may grant more. */
const MAX_CONNECTIONS = 100;

/** The package's client with a registration that ends, and connections that are looked after. */
class Client extends PackageClient {
  sockets: ReturnType<typeof connectSockets> | undefined;
  private readonly request: TunnelRequest;

  constructor(request: TunnelRequest) {
    super({
      host: request.host,
      port: request.port,
      ...(request.subdomain === undefined ? {} : { subdomain: request.subdomain }),
    });
    this.request = request;
  }

  override _init(done: (error: Error | null, info?: LocaltunnelInfo) => void): void {
    void this.registerOnce(done);
  }

  override _establish(info: LocaltunnelInfo): void {
    const { remote_ip: ip, remote_host: host, remote_port: port, max_conn: count } = info;
    this.sockets = connectSockets({
      host: typeof ip === "string" && isIP(ip) !== 0 ? ip : bareHost(host ?? ""),
      port: Number(port),
      count: typeof count === "number" && count >= 1 ? Math.min(Math.floor(count), MAX_CONNECTIONS) : 1,
      localPort: this.request.port,
      signal: this.request.signal,
      onDoubt: this.request.onDoubt,
      dialer: this.request.dialer,
    });
  }

  private async registerOnce(done: (error: Error | null, info?: LocaltunnelInfo) => void): Promise<void> {
    let info: LocaltunnelInfo;
    try {
      info = this._getInfo(await register(this.request));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done(null, info);
  }
}

async function open(request: TunnelRequest): Promise<OpenTunnel> {
  const client = new Client(request);
  await new Promise<void>((resolve, reject) => {
    client.open((error) => (error ? reject(error) : resolve()));
  });
  const { sockets, url, clientId } = client;
  if (sockets === undefined || url === undefined) throw new Error(`${redactUrl(request.host)} gave no tunnel`);
  return { url: new URL(url).origin, name: clientId, ...(await sockets) };
}

/** Asks the service for a name: the document it answers, checked. */
async function register(request: TunnelRequest): Promise<Record<string, unknown>> {
  const service = parseService(request.host);
  const url = new URL(service);
  url.pathname += request.subdomain === undefined ? "" : encodeURIComponent(request.subdomain);
  url.search = request.subdomain === undefined ? "?new" : "";
  const { signal, dialer } = request;
  const limits = { timeoutMs: REGISTER_TIMEOUT_MS, limitBytes: REGISTER_LIMIT_BYTES, signal, dialer };
  const answer = await httpGet(url, limits).catch((error: unknown) => {
    throw new Error(`${redactUrl(request.host)} is not reachable: ${describeError(error)}`);
  });
  const document = parseJson(answer.body);
  if (answer.status !== 200) throw new Error(refusal(redactUrl(request.host), answer.status, document));
  if (!isRegistration(document))
    throw new Error(`${redactUrl(request.host)} does not answer like a localtunnel service`);
  return document;
}

/** The service's base URL, its path ending in a slash. */
function parseService(host: string): URL {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url === undefined || !isWebUrl(url))
    throw new Error(`${redactUrl(host)} is not the http or https URL of a localtunnel service`);
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
    ? `${host} answered ${status}: ${message.slice(0, MESSAGE_LIMIT)}`
    : `${host} answered ${status}`;
}

/** Nothing that the service gives is believed unseen. */
function isRegistration({ id, port, url }: Record<string, unknown>): boolean {
  if (typeof id !== "string" || id === "" || typeof url !== "string" || !URL.canParse(url)) return false;
  return isWebUrl(new URL(url)) && typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535;
}
