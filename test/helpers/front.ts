import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/**
 * What stands before a tunnel service and can be told to misbehave. `pass`: its connections go on to the service.
 * `refuse`: they are closed at once. `silent`: they are accepted, and nobody ever answers.
 */
export interface Front {
  /** What `--tunnel-host` takes. */
  readonly host: string;
  mode: "pass" | "refuse" | "silent";
  /** Connections so far. */
  readonly count: number;
  /** Resolves when somebody connects, or has. */
  readonly connected: Promise<unknown>;
  close(): Promise<void>;
}

/** Starts a front before the service at `port` of 127.0.0.1; a silent one needs no service. */
export async function startFront(mode: Front["mode"], port = 0): Promise<Front> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    front.count += 1;
    keep(sockets, socket);
    if (front.mode === "refuse") socket.destroy();
    if (front.mode !== "pass") return;
    const service = connect(port, "127.0.0.1");
    keep(sockets, service);
    socket.on("close", () => service.destroy());
    service.on("close", () => socket.destroy());
    socket.pipe(service).pipe(socket);
  });
  const connected = once(server, "connection");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const front = {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode,
    count: 0,
    connected,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return front;
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
}
