import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Hands a connection whose request `node:http` took for an upgrade to a server that has no `upgrade` listener, so that it
 * is read as the ordinary request that it is (`curl --http2 -d` sends `Upgrade: h2c`). The head is written down again as
 * it came: header names, values, order and repeats are those of `rawHeaders`.
 */
export function reinject(incoming: IncomingMessage, socket: Socket, rest: Buffer, server: Server): void {
  const lines = [`${incoming.method ?? ""} ${incoming.url ?? ""} HTTP/${incoming.httpVersion}`];
  const raw = incoming.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) lines.push(`${raw[index] ?? ""}: ${raw[index + 1] ?? ""}`);
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), rest]));
  server.emit("connection", socket);
}
