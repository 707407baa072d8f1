import { connect, type Socket } from "node:net";
import type { Dialed, Dialer } from "../proxies/dialer.js";
import { describeError, lookupFor } from "./http-get.js";
import type { OpenTunnel } from "./tunnel.js";

/** TCP keep-alive: a router that forgets idle connections mostly does so after a minute or more. */
const KEEP_ALIVE_MS = 15_000;
/** Waits before an idle connection that was dropped is made again: doubled each time, so that a refusal is no storm. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** The wait before a connection whose sender gave up is replaced. */
const RETRY_AFTER_ABORT_MS = 10;

export interface SocketsOptions {
  readonly host: string;
  readonly port: number;
  /** How many connections to hold. */
  readonly count: number;
  /** The receiver's private socket on 127.0.0.1. */
  readonly localPort: number;
  /** Ends the opening. */
  readonly signal: AbortSignal;
  readonly onDoubt: (() => void) | undefined;
  /** The proxies before the service. */
  readonly dialer: Dialer | undefined;
}

/** How the connections of one registration are made. */
interface Way extends SocketsOptions {
  /** The proxy that they go through. Once it has refused one (many allow port 443 alone), the rest go without it. */
  proxy: URL | undefined;
}

/** The connections of one registration. */
type Sockets = Pick<OpenTunnel, "ended" | "close"> & Required<Pick<OpenTunnel, "vitals">>;

/**
 * Holds `count` connections to the service and joins each one with the receiver when its first byte comes, not before:
 * no local connection stands idle, to be timed out by the local server. A used connection is replaced at once. When the
 * last one is gone, the registration is over: the port may be another client's by now, and is not tried again.
 */
export async function connectSockets(options: SocketsOptions): Promise<Sockets> {
  const proxy = await options.dialer?.proxyFor({ protocol: "https:", hostname: options.host, port: options.port });
  const pool = createPool({ ...options, proxy });
  const abort = () => pool.end("closed");
  options.signal.addEventListener("abort", abort, { once: true });
  if (options.signal.aborted) abort();
  for (let index = 0; index < options.count; index++) pool.connectOne();
  try {
    const failure = await Promise.race([pool.opened, pool.ended]);
    if (failure !== undefined) throw new Error(failure);
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  } finally {
    options.signal.removeEventListener("abort", abort);
  }
}

interface Pool extends Sockets {
  readonly opened: Promise<undefined>;
  connectOne(): void;
  end(reason: string): void;
}

function createPool(options: Way): Pool {
  const links = new Set<Link>();
  const timers = new Set<NodeJS.Timeout>();
  let over = false;
  let bytesOfClosed = 0;
  let failures = 0;
  let tellOpened: () => void = () => undefined;
  let tellEnded: (reason: string) => void = () => undefined;
  const opened = new Promise<undefined>((resolve) => (tellOpened = () => resolve(undefined)));
  const ended = new Promise<string>((resolve) => (tellEnded = resolve));

  const end = (reason: string) => {
    over = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const link of links) if (!link.busy) link.remote.destroy();
    tellEnded(reason);
  };
  const later = (wasBusy: boolean) => {
    const delayMs = wasBusy ? RETRY_AFTER_ABORT_MS : Math.min(FIRST_RETRY_MS * 2 ** failures++, LONGEST_RETRY_MS);
    const timer = setTimeout(() => {
      timers.delete(timer);
      connectOne();
    }, delayMs);
    timers.add(timer);
  };
  const onClosed = (link: Link) => {
    links.delete(link);
    bytesOfClosed += link.remote.bytesRead;
    if (over) return;
    if (link.answered || link.refusedByProxy) return connectOne();
    options.onDoubt?.();
    // A sender that gave up closes a connection too: that proves nothing, but an idle one dropped or a new one refused may.
    const others = [...links];
    const hope = link.busy || others.some((other) => other.connected) || (!link.connected && others.length > 0);
    if (hope) later(link.busy);
    else end(link.failure ?? "the service closed its connections");
  };
  const connectOne = () => {
    if (over) return;
    const link = openLink(options, () => {
      failures = 0;
      tellOpened();
    });
    links.add(link);
    link.remote.once("close", () => onClosed(link));
  };
  return {
    opened,
    ended,
    connectOne,
    end,
    vitals: () => ({
      bytesIn: [...links].reduce((sum, link) => sum + link.remote.bytesRead, bytesOfClosed),
      saturated: ![...links].some((link) => link.connected && !link.busy),
    }),
    async close(graceMs = 0) {
      end("closed");
      const timer = setTimeout(() => destroyAll(links), graceMs);
      if (graceMs === 0) destroyAll(links);
      await Promise.all([...links].map((link) => link.closed));
      clearTimeout(timer);
    },
  };
}

function destroyAll(links: Iterable<Link>): void {
  for (const link of links) link.remote.destroy();
}

/** One connection to the service, with the local one it is joined to. */
interface Link {
  readonly remote: Socket;
  /** Resolves when the connection to the service is closed. */
  readonly closed: Promise<void>;
  connected: boolean;
  /** A public connection uses it. */
  busy: boolean;
  /** The receiver has written to it: its close is the ordinary end of an event. */
  readonly answered: boolean;
  failure: string | undefined;
  /** The proxy said no, so that the next one goes without it. */
  refusedByProxy: boolean;
}

function openLink(options: Way, onConnect: () => void): Link {
  const { socket: remote, opened } = dialService(options);
  remote.setKeepAlive(true, KEEP_ALIVE_MS);
  const link: Link = {
    remote,
    closed: new Promise((resolve) => remote.once("close", () => resolve())),
    connected: false,
    busy: false,
    get answered() {
      return link.busy && remote.bytesWritten > 0;
    },
    failure: undefined,
    refusedByProxy: false,
  };
  remote.on("error", (error) => (link.failure = `the connection to the service failed: ${describeError(error)}`));
  const begin = (): void => {
    link.connected = true;
    onConnect();
    remote.once("data", (first: Buffer) => {
      link.busy = true;
      remote.pause();
      joinLocal(remote, options.localPort, first);
    });
  };
  if (opened === undefined) remote.once("connect", begin);
  else {
    opened.then(begin, (error: unknown) => {
      link.failure = describeError(error);
      link.refusedByProxy = isRefusal(error);
      if (link.refusedByProxy) options.proxy = undefined;
    });
  }
  return link;
}

function dialService(options: Way): { socket: Socket; opened?: Dialed["opened"] } {
  const { host, port, proxy, dialer } = options;
  if (proxy === undefined || dialer === undefined) {
    return { socket: connect({ host, port, noDelay: true, ...lookupFor(host) }) };
  }
  return dialer.dial(proxy, { protocol: "https:", hostname: host, port });
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && "status" in error && typeof error.status === "number";
}

/** Bytes pass unchanged both ways; when one side is gone, so is the other. */
function joinLocal(remote: Socket, localPort: number, first: Buffer): void {
  const local = connect({ host: "127.0.0.1", port: localPort, noDelay: true });
  local.write(first);
  remote.pipe(local).pipe(remote);
  local.on("error", () => remote.destroy());
  remote.once("close", () => local.destroy());
}
