import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import type { Finally } from "./tunnelled.js";

/** A localtunnel service that grants everything, and answers 429 to whatever is sent to the public URL. */
export async function startGuardedService(finish: Finally): Promise<string> {
  const connections = createServer((socket) => void socket.on("error", () => {}));
  const web = createHttpServer((request, response) => {
    if (request.url !== "/?new") return void response.writeHead(429).end("slow down");
    response.end(JSON.stringify({ id: "guarded", url, port: portOf(connections), max_conn_count: 2 }));
  });
  await Promise.all([
    once(connections.listen(0, "127.0.0.1"), "listening"),
    once(web.listen(0, "127.0.0.1"), "listening"),
  ]);
  const url = `http://127.0.0.1:${portOf(web)}`;
  finish(() => void connections.close());
  finish(() => void web.close());
  return url;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Registers a name as another client would, and holds it. */
export async function takeName(serverPort: number, name: string): Promise<() => void> {
  const answer = await fetch(`http://127.0.0.1:${serverPort}/${name}`);
  const { id, port } = (await answer.json()) as { id: string; port: number };
  if (id !== name) throw new Error(`the name ${name} is taken already`);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  return () => socket.destroy();
}
