import { createHash } from "node:crypto";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createProbe } from "../../src/tunnel/probe.js";
import { lookupFor } from "../../src/tunnel/http-get.js";
import { superviseTunnel, type SuperviseOptions } from "../../src/tunnel/supervisor.js";
import { localtunnel } from "../../src/tunnel/localtunnel.js";
import type { TunnelState } from "../../src/tunnel/tunnel.js";

export const PROBE_PATH = "/probe-5d41402abc4b2a76";

/**
 * Stands in for the receiver: answers the probe, and to anything else the SHA-256 of the body that came. `/slow` holds
 * its answer until `release` is called.
 */
export async function startApp() {
  const held = new Set<() => void>();
  const sockets = new Set<Socket>();
  let events = 0;
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (incoming, answer) => {
    if (incoming.url === PROBE_PATH) return void answer.writeHead(204).end();
    events++;
    void readAll(incoming).then(
      (body) => {
        const end = () => answer.end(createHash("sha256").update(body).digest("hex"));
        if (incoming.url === "/slow") held.add(end);
        else end();
      },
      () => undefined,
    );
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    held,
    events: () => events,
    release: () => {
      for (const end of held) end();
      held.clear();
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Sends a body through a public URL. Rejects after `timeoutMs`. */
export function post(url: string, path: string, body: Uint8Array, timeoutMs = 10_000) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const target = new URL(path, url);
    const options = {
      method: "POST",
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      ...lookupFor(target.hostname),
    };
    const outgoing = request(target, options, (answer) => {
      readAll(answer).then((bytes) => resolve({ status: answer.statusCode ?? 0, body: bytes.toString() }), reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** A supervisor over localtunnel on the real clock, with its states and a way to wait for the next one. */
export function startSupervisor(
  options: { host: string; port: number; subdomain?: string; probeTimeoutMs?: number } & Partial<SuperviseOptions>,
) {
  const states: TunnelState[] = [];
  const waiting = new Set<() => void>();
  const supervisor = superviseTunnel({
    tunnel: options.tunnel ?? localtunnel,
    request: { port: options.port, host: options.host, subdomain: options.subdomain },
    probe: createProbe(PROBE_PATH, options.probeTimeoutMs),
    onState: (state) => {
      states.push(state);
      for (const wake of waiting) wake();
    },
    monotonic: () => performance.now(),
    sleep: realSleep,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  const told = async (count: number): Promise<TunnelState> => {
    while (states.length < count)
      await new Promise<void>((resolve) => waiting.add(resolve)).finally(() => waiting.clear());
    return states[count - 1] as TunnelState;
  };
  return { supervisor, states, told };
}

export function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
