import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { createDeliverer } from "../../src/deliver/create.js";
import { isLoopback } from "../../src/events/authority.js";
import { parseTarget } from "../../src/deliver/target.js";
import { examine, type Examined } from "../../src/doctor/examine.js";
import { findings } from "../../src/doctor/findings.js";
import type { AppSide, Patient, ServiceSide, StoreSide } from "../../src/doctor/patient.js";
import { formatBytes, formatDuration } from "../../src/output/quantity.js";
import { createDialer } from "../../src/proxies/dialer.js";
import { parseProxy, proxyLabel } from "../../src/proxies/rules.js";
import { httpGet } from "../../src/tunnel/http-get.js";
import { hmac } from "../helpers/verifying-app.js";

export const SECRET = "s3cret-of-the-doctor";

/** Probes one row of the table, as the table has it. */
export async function probe(name: string, patient: Patient): Promise<Examined> {
  const finding = findings.find((row) => row.name === name);
  if (finding === undefined) throw new Error(`no finding ${name}`);
  const signal = new AbortController().signal;
  const [examined] = await examine([finding], patient, { monotonic: () => performance.now(), signal });
  return examined as Examined;
}

/** A patient in whom all is well, or not there; `parts` are what a test is about. */
export async function makePatient(parts: Partial<Patient> = {}): Promise<Patient> {
  const env = parts.env ?? {};
  return {
    env,
    platform: process.platform,
    now: Date.now,
    nodeVersion: "24.1.0",
    limits: { connectMs: 1_000, answerMs: 1_000, probeMs: 8_000 },
    store: makeStore(),
    app: "no target is known",
    routes: [],
    service: "there is no tunnel",
    publicUrl: "no public URL is known",
    text: { bytes: formatBytes, duration: formatDuration },
    ...parts,
    network: {
      lookup: async () => ["203.0.113.7"],
      dialer: await createDialer(env),
      ca: undefined,
      isLoopback,
      proxies: { parse: parseProxy, label: proxyLabel },
      ...parts.network,
    },
  };
}

/** A store that is not there yet, in a folder of its own. */
export function makeStore(parts: Partial<StoreSide> = {}): StoreSide {
  return {
    path: join(makeFolder(), "events.db"),
    ownFolder: true,
    project: "/home/dev/shop",
    open: async () => {},
    check: async () => ({ found: "whole" }),
    listeners: async () => [],
    freeBytes: async () => 50_000_000_000,
    ...parts,
  };
}

export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-doctor-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The app at a target; probes are signed with a hex HMAC in X-Signature. */
export function makeApp(target: string, parts: Partial<AppSide> = {}): AppSide {
  const parsed = parseTarget(target);
  const deliverer = createDeliverer({
    timeoutMs: 1_000,
    insecure: parts.insecure === true,
    allowRemote: false,
    hostHeader: "target",
    headers: [],
    monotonic: () => performance.now(),
  });
  onTestFinished(() => deliverer.close());
  return {
    target: parsed,
    insecure: false,
    signing: { scheme: "generic-hmac-sha256" },
    throughProxy: false,
    addresses: parsed.hostname === "localhost" ? ["127.0.0.1", "::1"] : [parsed.hostname],
    post: async (body, signed) => {
      const headers: [string, string][] = [["Content-Type", "application/json"]];
      if (signed) headers.push(["X-Signature", hmac(SECRET, [Buffer.from(body)])]);
      const request = { method: "POST", path: "/", headers, body, trailers: [] };
      return deliverer.deliver({ request, target: parsed, forwarded: {}, headers: [["hookcli-probe", "doctor"]] });
    },
    ...parts,
  };
}

/** The service at a URL, asked as the command asks it. */
export async function makeService(url: string, env: Record<string, string> = {}): Promise<ServiceSide> {
  const base = new URL(url);
  const limits = { timeoutMs: 1_000, limitBytes: 65_536, dialer: await createDialer(env) };
  return { url: base, get: (path, signal) => httpGet(new URL(path, base), { ...limits, signal }) };
}

/** An HTTP server on loopback; its port. */
export async function serve(answer: RequestListener, options: { host?: string; port?: number } = {}): Promise<number> {
  return opened(createServer(answer), options);
}

/** An HTTPS server on 127.0.0.1; its port. */
export async function serveTls(
  keys: { key: string; cert: string },
  answer: RequestListener = (_request, response) => void response.end("ok"),
): Promise<number> {
  return opened(createTlsServer(keys, answer));
}

/** A server that speaks what it is told; its port. */
export async function serveTcp(talk: (socket: Socket) => void): Promise<number> {
  return opened(createTcpServer(talk));
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

async function opened(
  server: Server,
  { host = "127.0.0.1", port = 0 }: { host?: string; port?: number } = {},
): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  await once(server.listen(port, host), "listening");
  onTestFinished(async () => {
    const closed = once(server.close(), "close");
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}
