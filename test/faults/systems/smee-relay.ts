import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What smee.io takes of a body; Fastify's default. */
const MAX_BODY_BYTES = 2 ** 20;

/** A relay that speaks smee.io's protocol, on loopback. */
export interface SmeeRelay {
  readonly port: number;
  /** Resolves when a client listens on a channel. */
  connected(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Does what the server of smee.io does (github.com/probot/smee.io, lib/server.js): a POST to a channel is answered 200 as
 * soon as it was written to whoever listens there, as one server-sent event that holds the headers by their lower-case
 * names, `body` as it was parsed, `query` and `timestamp`. Nobody there: the event is gone. Only JSON objects are taken.
 */
export async function startSmeeRelay(): Promise<SmeeRelay> {
  const listeners = new Map<string, Set<ServerResponse>>();
  const server = createServer((request, response) => void serve(listeners, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const isListenedTo = () => [...listeners.values()].some((clients) => clients.size > 0);
  return {
    port: (server.address() as AddressInfo).port,
    async connected() {
      while (!isListenedTo()) await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => closed(server),
  };
}

async function serve(
  listeners: Map<string, Set<ServerResponse>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://relay");
  const clients = listeners.get(pathname) ?? new Set();
  listeners.set(pathname, clients);
  if (request.method === "GET" && request.headers.accept === "text/event-stream") {
    return subscribe(clients, request, response);
  }
  const body = await readObject(request).catch(() => undefined);
  if (typeof body === "number" || body === undefined) return void response.writeHead(body ?? 400).end();
  const payload = { ...request.headers, body, query: Object.fromEntries(searchParams), timestamp: Date.now() };
  for (const client of clients) client.write(`id: 0\ndata: ${JSON.stringify(payload)}\n\n`);
  response.writeHead(200).end();
}

function subscribe(clients: Set<ServerResponse>, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write("id: 0\nevent: ready\ndata: {}\n\n");
  clients.add(response);
  request.socket.on("close", () => clients.delete(response));
}

/** The body as an object; a number is the status that refuses it. */
async function readObject(request: IncomingMessage): Promise<object | number> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BODY_BYTES) return 413;
  if (type !== "application/json") return type === "text/plain" ? 400 : 415;
  const value = JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : 400;
}

async function closed(server: Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await done;
}
