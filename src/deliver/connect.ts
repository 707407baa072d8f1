import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { buildConnector } from "undici";
import type { Dialer } from "../proxies/dialer.js";
import { NotAllowedError } from "./failure.js";
import { authorityOf, isLocalName, isLoopback } from "../events/authority.js";

/** A connection that is not made after this time is given up, or earlier when the attempt's own limit is shorter. */
const CONNECT_MS = 10_000;

export interface ConnectOptions {
  readonly allowRemote: boolean;
  readonly insecure: boolean;
  readonly timeoutMs: number;
  /** Instead of the system's resolver. */
  readonly lookup?: LookupFunction | undefined;
  /** The proxies before other machines. What may not leave this one never meets them. */
  readonly dialer?: Dialer | undefined;
}

/** What is connected to for a host name: the addresses that servers say they listen on mean this machine. */
export function dialName(hostname: string): string {
  return hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
}

/** Refuses a literal address outside loopback. Names are judged in {@link guardedLookup}. */
export function refuseLiteral(hostname: string, allowRemote: boolean): NotAllowedError | undefined {
  return allowRemote || isIP(hostname) === 0 || isLoopback(hostname) ? undefined : notAllowed(hostname, hostname);
}

/**
 * Resolves a name and leaves only addresses that may be connected to. The socket connects to exactly what is returned
 * here: there is no second resolution that could say something else. `localhost` is both loopback addresses, always.
 */
export function guardedLookup(options: Pick<ConnectOptions, "allowRemote" | "lookup">): LookupFunction {
  const resolve = options.lookup ?? systemLookup;
  return (hostname, lookupOptions, callback) => {
    if (isLocalName(hostname)) {
      answer(
        [
          { address: "127.0.0.1", family: 4 },
          { address: "::1", family: 6 },
        ],
        lookupOptions,
        callback,
      );
      return;
    }
    resolve(hostname, { ...lookupOptions, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const all: LookupAddress[] = typeof found === "string" ? [{ address: found, family: isIP(found) }] : found;
      const allowed = options.allowRemote ? all : all.filter(({ address }) => isLoopback(address));
      if (allowed.length === 0) return callback(notAllowed(hostname, all[0]?.address ?? "nothing"), []);
      answer(allowed, lookupOptions, callback);
    });
  };
}

/** How undici connects: guarded, both address families tried, HTTP/1.1 only. */
export function createConnector(options: ConnectOptions): buildConnector.connector {
  const timeout = options.timeoutMs > 0 ? Math.min(options.timeoutMs, CONNECT_MS) : CONNECT_MS;
  const connect = buildConnector({
    rejectUnauthorized: !options.insecure,
    timeout,
    lookup: guardedLookup(options),
    autoSelectFamily: true,
    allowH2: false,
  });
  return (request, callback) => {
    const hostname = dialName(request.hostname);
    const refused = refuseLiteral(hostname, options.allowRemote);
    if (refused !== undefined) return callback(refused, null);
    if (!options.allowRemote || options.dialer === undefined) connect({ ...request, hostname }, callback);
    else void connectOutside({ ...request, hostname }, { dialer: options.dialer, connect, callback });
  };
}

async function connectOutside(
  request: buildConnector.Options,
  by: { dialer: Dialer; connect: buildConnector.connector; callback: buildConnector.Callback },
): Promise<void> {
  const { dialer, connect, callback } = by;
  let socket: Socket | undefined;
  try {
    socket = await dialed(dialer, request);
  } catch (error) {
    return callback(error instanceof Error ? error : new Error(String(error)), null);
  }
  if (socket === undefined) connect(request, callback);
  else if (request.protocol === "https:") connect({ ...request, httpSocket: socket }, callback);
  else callback(null, socket);
}

/** A connection through the proxy that stands before a destination; `undefined`: none does. Rejects when `signal` aborts. */
export async function dialed(
  dialer: Dialer,
  to: { protocol: string; hostname: string; port: string },
  signal?: AbortSignal,
): Promise<Socket | undefined> {
  const destination = authorityOf(to);
  const proxy = await dialer.proxyFor(destination);
  signal?.throwIfAborted();
  if (proxy === undefined) return undefined;
  const { socket, opened } = dialer.dial(proxy, destination);
  const abort = (): void => void socket.destroy(new Error("aborted"));
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await opened;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return socket;
}

function answer(found: LookupAddress[], options: LookupOptions, callback: Parameters<LookupFunction>[2]): void {
  const fit =
    options.family === 4 || options.family === 6 ? found.filter(({ family }) => family === options.family) : found;
  const [first] = fit;
  // In a turn of its own, as a resolver answers.
  setImmediate(() => {
    if (options.all === true || first === undefined) callback(null, fit);
    else callback(null, first.address, first.family);
  });
}

function notAllowed(hostname: string, address: string): NotAllowedError {
  return new NotAllowedError(`${hostname} (${address}) is not on this machine`);
}
