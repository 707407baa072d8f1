import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from "node:http";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { Dialer } from "../proxies/dialer.js";
import { authorityOf } from "../events/authority.js";

/** What {@link httpGet} needs besides the URL. */
export interface HttpGetOptions {
  /** Until the whole answer is there, milliseconds. */
  readonly timeoutMs: number;
  /** Longest answer body, bytes; a longer one is a failure. */
  readonly limitBytes: number;
  readonly signal: AbortSignal;
  /** The proxies before other machines. */
  readonly dialer?: Dialer | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Why there was no answer. `timedOut`: nothing was refused, nothing came. */
export class HttpGetError extends Error {
  override readonly name = "HttpGetError";
  readonly timedOut: boolean;

  constructor(message: string, options: { timedOut: boolean }) {
    super(message);
    this.timedOut = options.timedOut;
  }
}

/** localtunnel's public service shows browsers a page in place of the app; this header asks it not to. */
const HEADERS = { "user-agent": "hookcli", "bypass-tunnel-reminder": "1", accept: "*/*" };

/**
 * One GET over a connection of its own, no redirects followed, nothing left behind: no pooled socket, listener or timer.
 * Rejects with {@link HttpGetError}.
 */
export async function httpGet(url: URL, options: HttpGetOptions): Promise<HttpAnswer> {
  const over = new AbortController();
  const abort = () => over.abort();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    over.abort();
  }, options.timeoutMs);
  options.signal.addEventListener("abort", abort);
  if (options.signal.aborted) abort();
  try {
    const answer = await sendGet(url, options.dialer, over.signal);
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: await readBody(answer, options.limitBytes),
    };
  } catch (error) {
    const message = timedOut ? `no answer within ${options.timeoutMs / 1000} s` : describeError(error);
    throw new HttpGetError(message, { timedOut });
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", abort);
  }
}

async function sendGet(url: URL, dialer: Dialer | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const tunnel = dialer === undefined ? undefined : await tunnelTo(url, dialer, signal);
  const request = secure ? (await import("node:https")).request : httpRequest;
  return new Promise((resolve, reject) => {
    const way = tunnel === undefined ? { agent: false as const } : { createConnection: () => tunnel };
    const options: RequestOptions = { ...way, headers: HEADERS, signal, ...lookupFor(url.hostname) };
    const outgoing = request(url, options, resolve);
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** A connection through the proxy that stands before a URL; `undefined`: none does. */
async function tunnelTo(url: URL, dialer: Dialer, signal: AbortSignal): Promise<Socket | undefined> {
  const destination = authorityOf(url);
  const { protocol, hostname } = destination;
  const proxy = await dialer.proxyFor(destination);
  if (proxy === undefined) return undefined;
  const { socket, opened } = dialer.dial(proxy, destination);
  const abort = () => void socket.destroy(new Error("aborted"));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    await opened;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  if (protocol === "http:") return socket;
  const { connect } = await import("node:tls");
  return connect({ socket, ...(isIP(hostname) === 0 ? { servername: hostname } : { host: hostname }) });
}

async function readBody(answer: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw new Error(`the answer is longer than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Names under `.localhost` are loopback, whatever the resolver thinks of them (RFC 6761, section 6.3). */
export function lookupFor(hostname: string): { lookup?: LookupFunction } {
  if (!hostname.toLowerCase().replace(/\.$/, "").endsWith(".localhost")) return {};
  const addresses = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  return {
    lookup: (_name, options, callback) => {
      if (options.all === true) callback(null, addresses);
      else callback(null, "127.0.0.1", 4);
    },
  };
}

/** The sentence of a network error; Node leaves the message of a failed connection to several addresses empty. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError) return describeError(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message;
}
