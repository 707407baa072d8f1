import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";

/** A proxy on loopback that knows CONNECT alone. It takes every name, whatever it is, for this machine. */
export interface ConnectProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** What was asked for, `name:port`, in order. */
  readonly asked: readonly string[];
  /** The Proxy-Authorization of each, in order. */
  readonly credentials: readonly (string | undefined)[];
  close(): Promise<void>;
}

/** Starts a proxy; `answer` may refuse with a status, or send a port elsewhere (`undefined`: the port asked for). */
export async function startConnectProxy(
  options: {
    readonly status?: (authority: string) => number;
    readonly portOf?: (authority: string) => number | undefined;
    /** It is spoken to over TLS. */
    readonly tls?: { readonly key: string; readonly cert: string };
    /** What is not CONNECT. */
    readonly onRequest?: RequestListener;
  } = {},
): Promise<ConnectProxy> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const onRequest: RequestListener = options.onRequest ?? ((_request, response) => void response.writeHead(405).end());
  const server = options.tls === undefined ? createServer(onRequest) : createTlsServer(options.tls, onRequest);
  server.on("connection", track);
  server.on("connect", (request, socket: Socket) => {
    const authority = request.url ?? "";
    asked.push(authority);
    credentials.push(request.headers["proxy-authorization"]);
    const status = options.status?.(authority) ?? 200;
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    const port = options.portOf?.(authority) ?? Number(/:(\d+)$/.exec(authority)?.[1]);
    const onward = connect({ port, host: "127.0.0.1" });
    track(onward);
    onward.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("close", () => onward.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http${options.tls === undefined ? "" : "s"}://127.0.0.1:${port}`,
    port,
    asked,
    credentials,
    async close() {
      if (!server.listening) return;
      const closed = once(server.close(), "close");
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
