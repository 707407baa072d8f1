import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Intake } from "./intake.js";
import { listenLocal, listenOn } from "./listening.js";
import type { Receiver, ReceiverOptions, ReceiverTimes } from "./receiver.js";
import { reinject } from "./reinject.js";

/** A request's head (and its trailers): request line and headers together. Over it: 431. */
const MAX_HEAD_BYTES = 64 * 1024;
const TIMES: ReceiverTimes = { headMs: 10_000, sweepMs: 1_000, lingerMs: 5_000, idleMs: 75_000 };

type Source = "tunnel" | "local";

/**
 * Opens the receiver's sockets on loopback: the local one, and a private one for the tunnel's client. Rejects with
 * CliError when the port cannot be had.
 */
export async function createReceiver(options: ReceiverOptions): Promise<Receiver> {
  const times: ReceiverTimes = { ...TIMES, ...options.times };
  const intake = new Intake(options, times);
  const tunnel = makeServer(intake, "tunnel", times);
  const local = await listenLocal(() => makeServer(intake, "local", times), options.port);
  const tunnelPort = await listenOn(tunnel, "127.0.0.1", 0);
  const servers = [tunnel, ...local.servers];
  return {
    localUrl: `http://localhost:${local.port}`,
    localPort: local.port,
    tunnelPort,
    servers,
    close: (graceMs) => closeAll(intake, servers, graceMs),
  };
}

/** Two servers: the one that listens, and one without an `upgrade` listener for what is no WebSocket. */
function makeServer(intake: Intake, source: Source, times: ReceiverTimes): Server {
  const plain = bareServer(intake, source, times);
  const server = bareServer(intake, source, times);
  server.on("connection", (socket: Socket) => intake.connected(socket));
  server.on("upgrade", (incoming, socket, rest) => {
    if (socket instanceof Socket && !intake.upgrade(source, { incoming, socket, rest })) {
      reinject(incoming, socket, rest, plain);
    }
  });
  return server;
}

function bareServer(intake: Intake, source: Source, times: ReceiverTimes): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: times.headMs,
    // The time for a body is counted by progress, in Intake.
    requestTimeout: 0,
    connectionsCheckingInterval: times.sweepMs,
    // A tunnel's client opens connections in advance and reuses them for hours.
    keepAliveTimeout: source === "tunnel" ? 0 : times.idleMs,
    noDelay: true,
    // Counted by readHead, which also finds two.
    requireHostHeader: false,
  });
  // Past this count node:http would drop headers without a word; the head's size is the limit.
  server.maxHeadersCount = 0;
  const take = (expects: "nothing" | "continue" | "other") => (incoming: IncomingMessage, response: ServerResponse) =>
    intake.request({ source, incoming, response, expects });
  server.on("request", take("nothing"));
  server.on("checkContinue", take("continue"));
  server.on("checkExpectation", take("other"));
  server.on("connect", (_incoming, socket) => intake.connectMethod(source, socket));
  server.on("clientError", (error: Error & { code?: string }, socket) =>
    intake.clientError(source, error.code, socket),
  );
  return server;
}

async function closeAll(intake: Intake, servers: readonly Server[], graceMs: number): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const server of servers) server.closeIdleConnections();
  await intake.drain(graceMs);
  intake.cut();
  await Promise.all(closed);
}
