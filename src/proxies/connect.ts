import { request } from "node:http";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { ProxyError, type Dialed } from "./dialer.js";
import { proxyLabel, type Destination } from "./rules.js";
import { authorityOf, bracketedHost } from "../events/authority.js";

/** A proxy that has not answered by then is given up, milliseconds. */
const CONNECT_MS = 10_000;

/** A connection to a destination through a proxy: CONNECT, read by Node's own parser, on a socket that is then the tunnel. */
export function connectThrough(proxy: URL, destination: Destination): Dialed {
  const socket = connectTo(proxy);
  const label = proxyLabel(proxy.href);
  const { hostname, port } = destination;
  const authority = `${bracketedHost(hostname)}:${port}`;
  const asked = request({
    method: "CONNECT",
    path: authority,
    headers: { Host: authority, ...credentials(proxy) },
    createConnection: () => socket,
  });
  const opened = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => fail(new ProxyError(`the proxy ${label} does not answer within ${CONNECT_MS / 1000} s`)),
      CONNECT_MS,
    );
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
      socket.destroy(error);
    };
    asked.once("connect", ({ statusCode = 0 }, _socket, head) => {
      if (statusCode < 200 || statusCode > 299) return fail(refusal(label, statusCode, authority));
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve();
    });
    // An answer that is no agreement may come as an ordinary one.
    asked.once("response", ({ statusCode = 0 }) => fail(refusal(label, statusCode, authority)));
    asked.on("error", (error: NodeJS.ErrnoException) => fail(unreachable(label, error)));
    socket.once("close", () => fail(new ProxyError(`the proxy ${label} closed the connection`)));
  });
  opened.catch(() => undefined);
  // Its reason is told by `opened`; the socket is another's from then on, and may fail before that one listens.
  socket.on("error", () => undefined);
  asked.end();
  return { socket, opened };
}

function connectTo(proxy: URL): Socket {
  const { protocol, hostname: host, port } = authorityOf(proxy);
  if (protocol === "http:") return connect({ host, port, noDelay: true });
  return connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}) });
}

function credentials({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { "Proxy-Authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refusal(label: string, status: number, authority: string): ProxyError {
  const why = status === 407 ? " (it wants a user name and a password)" : "";
  return new ProxyError(`the proxy ${label} answered ${status} to CONNECT ${authority}${why}`, status);
}

function unreachable(label: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof ProxyError) return error;
  return new ProxyError(`the proxy ${label} is not reachable: ${error.code ?? error.message}`);
}
