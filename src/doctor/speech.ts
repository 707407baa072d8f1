import { request as httpRequest } from "node:http";
import { isIP } from "node:net";
import type { AppSide, Limits } from "./patient.js";
import { errorCodeOf } from "./failure.js";
import { knock, openSocket } from "./knock.js";
import { shakeHands, type Shown } from "./certificate.js";

/** What a port says when it is spoken to. */
export type Speech =
  | { readonly speaks: "nothing"; readonly reason: string; readonly refused: boolean }
  /** It takes connections, and never answers. */
  | { readonly speaks: "silence" }
  /** It answers what is neither HTTP nor TLS. */
  | { readonly speaks: "other" }
  | { readonly speaks: "tls"; readonly shown: Shown }
  /** `face`: what tells one program from another. */
  | { readonly speaks: "http"; readonly status: number; readonly face: string };

interface Port {
  readonly app: AppSide;
  readonly address: string;
  readonly limits: Limits;
  /** As in `Network`. */
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
}

/** Connects to the app's port at one of its addresses, and finds out what it speaks: TLS first, as it answers to nothing else. */
export async function hear(port: Port): Promise<Speech> {
  const { app, address, limits, signal } = port;
  const door = { host: address, port: app.target.port, timeoutMs: limits.connectMs, signal };
  const found = await knock(door);
  if (found.outcome !== "open")
    return { speaks: "nothing", reason: found.reason, refused: found.outcome === "refused" };
  const [tls, http] = await Promise.all([hearTls(port), hearHttp(port)]);
  if (tls !== undefined) return { speaks: "tls", shown: tls };
  return http;
}

async function hearTls({ app, address, limits, ca, signal }: Port): Promise<Shown | undefined> {
  const { hostname, port } = app.target;
  try {
    const socket = await openSocket({ host: address, port, timeoutMs: limits.connectMs, signal });
    const name = isIP(hostname) === 0 ? hostname : address;
    return await shakeHands({ socket, hostname: name, ca, timeoutMs: limits.answerMs, signal });
  } catch {
    return undefined;
  }
}

/** A GET with the probe's header: at a webhook's path it is answered 404 or 405, and does nothing. */
function hearHttp({ app, address, limits, signal }: Port): Promise<Speech> {
  const { port, path = "/", hostname } = app.target;
  return new Promise((resolve) => {
    const controller = new AbortController();
    const late = (): void => controller.abort();
    const timer = setTimeout(late, limits.answerMs);
    signal.addEventListener("abort", late, { once: true });
    const settle = (speech: Speech): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", late);
      resolve(speech);
      outgoing.destroy();
    };
    const outgoing = httpRequest({
      host: address,
      port,
      path,
      agent: false,
      signal: controller.signal,
      headers: { host: `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`, "hookcli-probe": "doctor" },
    });
    outgoing.once("response", ({ statusCode: status = 0, headers }) => {
      const { date: _date, "set-cookie": _cookies, etag: _etag, ...lasting } = headers;
      const names = Object.keys(lasting).toSorted();
      const face = JSON.stringify([status, lasting["server"], lasting["x-powered-by"], names]);
      settle({ speaks: "http", status, face });
    });
    outgoing.on("error", (error) => {
      if (controller.signal.aborted) settle({ speaks: "silence" });
      else settle(errorCodeOf(error).startsWith("HPE_") ? { speaks: "other" } : { speaks: "silence" });
    });
    outgoing.end();
  });
}
