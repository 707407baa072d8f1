import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { headersFromRaw, type HeaderList } from "../events/headers.js";
import type { UpgradeRequest } from "../receive/receiver.js";
import { passedOn } from "./answer-head.js";
import { dialed, dialName, guardedLookup, refuseLiteral } from "./connect.js";
import type { Delivery, DelivererOptions, UpgradeWay } from "./deliverer.js";
import { failureCode, type FailureCode } from "./failure.js";
import { requestHead, type Overrides } from "./request-head.js";
import { hostOf, targetUrl } from "./target.js";

/** After one side has ended, the other is given this long to take what is still on its way. */
const LAST_WORDS_MS = 2_000;
const KEPT_BYTES = 64 * 1024;
/** Bytes that a sender may send before the app has agreed. */
const EARLY_BYTES = 64 * 1024;

export interface UpgradeJob extends Omit<UpgradeWay, "headers"> {
  readonly upgrade: UpgradeRequest;
  readonly options: DelivererOptions;
  readonly overrides: Overrides;
  /** Where the job leaves a way to cut it short while it runs. */
  readonly upgrades: Set<() => void>;
}

/** What is known of the app's answer so far. */
interface Outcome {
  status: number | null;
  reason: string;
  headers: HeaderList;
  kept: Buffer[];
  size: number;
}

/**
 * Joins a WebSocket handshake with the app: the handshake goes on with its headers in order, the app's answer comes back
 * as it is, and after 101 the bytes flow both ways. Resolves when both sides are closed; never rejects. A side that ends
 * has died: WebSockets know no half-open connection.
 */
export async function joinUpgrade(job: UpgradeJob): Promise<Delivery> {
  const { options, upgrades, upgrade } = job;
  const startedAt = options.monotonic();
  const outcome: Outcome = { status: null, reason: "", headers: [], kept: [], size: 0 };
  const controller = new AbortController();
  const cut = (): void => controller.abort();
  upgrades.add(cut);
  // An unread socket would not tell that the sender has left, and its leaving comes as 'end' where half is still open.
  upgrade.socket.once("close", cut).once("end", cut);
  if (upgrade.socket.destroyed) cut();
  const early = collect(upgrade);
  let error: FailureCode | null = null;
  try {
    await converse(job, { outcome, early, signal: controller.signal });
  } catch (cause) {
    error = cause instanceof TimeoutError ? "timeout" : controller.signal.aborted ? "aborted" : failureCode(cause);
  } finally {
    upgrades.delete(cut);
    upgrade.socket.removeListener("close", cut).removeListener("end", cut);
  }
  if (error !== null && outcome.status === null) answerFailure(upgrade.socket, error);
  return {
    durationMs: Math.max(0, Math.round(options.monotonic() - startedAt)),
    status: outcome.status,
    error,
    headers: outcome.headers,
    body: Buffer.concat(outcome.kept).subarray(0, KEPT_BYTES),
    unanswered: false,
    reason: outcome.reason,
    answerSize: outcome.size,
  };
}

class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

/** What comes from the sender before the app has answered. */
interface Early {
  /** Stops collecting; the socket is paused. */
  take(): Buffer;
}

function collect({ socket, head }: UpgradeRequest): Early {
  const chunks: Uint8Array[] = [head];
  let size = head.byteLength;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > EARLY_BYTES) socket.pause();
  };
  socket.on("data", onData);
  return {
    take() {
      socket.removeListener("data", onData).pause();
      return Buffer.concat(chunks);
    },
  };
}

/** Asks the app, then passes on what it answers until the end. */
async function converse(job: UpgradeJob, talk: { outcome: Outcome; early: Early; signal: AbortSignal }): Promise<void> {
  const refused = refuseLiteral(dialName(job.target.hostname), job.options.allowRemote);
  if (refused !== undefined) throw refused;
  const { outcome, signal } = talk;
  const { incoming, socket, head } = await reach(job, signal);
  outcome.status = incoming.statusCode ?? 0;
  outcome.reason = incoming.statusMessage ?? "";
  outcome.headers = headersFromRaw(incoming.rawHeaders);
  const sender = job.upgrade.socket;
  if (socket === undefined) {
    await passAnswer(incoming, sender, outcome, signal);
    return;
  }
  sender.write(statusHead(outcome, outcome.headers));
  sender.write(head);
  socket.write(talk.early.take());
  await joinSockets(sender, socket, signal);
}

/** The app's first answer. The way through a proxy, where one stands between, takes of the same time. */
async function reach(job: UpgradeJob, signal: AbortSignal): Promise<FirstAnswer> {
  const { timeoutMs = job.options.timeoutMs } = job;
  const late = new AbortController();
  const timer = timeoutMs > 0 ? setTimeout(() => late.abort(new TimeoutError()), timeoutMs) : undefined;
  try {
    const either = AbortSignal.any([signal, late.signal]);
    return await firstAnswer(ask(job, await tunnelFor(job, either)), either);
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** A connection through a proxy, where one stands before the target. */
async function tunnelFor({ target, options }: UpgradeJob, signal: AbortSignal): Promise<Socket | undefined> {
  if (!options.allowRemote || options.dialer === undefined) return undefined;
  const { protocol, hostname, port } = target;
  const socket = await dialed(options.dialer, { protocol, hostname, port: String(port) }, signal);
  if (socket === undefined || protocol === "http:") return socket;
  return connectTls({
    socket,
    rejectUnauthorized: !options.insecure,
    ...(isIP(hostname) === 0 ? { servername: hostname } : { host: hostname }),
  });
}

function ask(job: UpgradeJob, through: Socket | undefined): ClientRequest {
  const { target, options, upgrade } = job;
  const { headers, path, method } = upgrade.request;
  const rest = requestHead({
    headers,
    forwarded: job.forwarded,
    overrides: job.overrides,
    hostHeader: options.hostHeader,
  });
  const hasHost = rest.at(-2) === "Host";
  const host = hasHost ? rest.splice(-2) : ["Host", hostOf(target)];
  const protocols = headers.filter(([name]) => name.toLowerCase() === "upgrade").flatMap((pair) => [...pair]);
  const make = target.protocol === "https:" ? httpsRequest : httpRequest;
  const call = make({
    host: dialName(target.hostname),
    port: target.port,
    method,
    path: targetUrl(target, path),
    // A flat list is sent as it is, but node's types know only the object.
    headers: [...host, "Connection", "Upgrade", ...protocols, ...rest] as unknown as Record<string, string>,
    ...(through === undefined ? { agent: false as const } : { createConnection: () => through }),
    lookup: guardedLookup(options),
    rejectUnauthorized: !options.insecure,
    ...(target.protocol === "https:" && isIP(target.hostname) === 0 ? { servername: target.hostname } : {}),
  });
  call.end();
  return call;
}

interface FirstAnswer {
  readonly incoming: IncomingMessage;
  /** Set when the app agreed. */
  readonly socket: Duplex | undefined;
  readonly head: Uint8Array;
}

function firstAnswer(call: ClientRequest, signal: AbortSignal): Promise<FirstAnswer> {
  return new Promise((resolve, reject) => {
    const abort = (): void => void call.destroy(new Error("aborted"));
    const settled = (): void => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    call.once("upgrade", (incoming, socket, head) => {
      settled();
      resolve({ incoming, socket, head });
    });
    call.once("response", (incoming) => {
      settled();
      resolve({ incoming, socket: undefined, head: new Uint8Array(0) });
    });
    call.on("error", (error) => {
      settled();
      reject(error);
    });
  });
}

/** The app said no: its answer goes back, then the connection is closed. */
async function passAnswer(
  incoming: IncomingMessage,
  sender: Duplex,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const abort = (): void => void incoming.destroy();
  signal.addEventListener("abort", abort);
  try {
    sender.write(statusHead(outcome, [...passedOn(outcome.headers), ["Connection", "close"]]));
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      outcome.size += chunk.length;
      if (outcome.size <= KEPT_BYTES) outcome.kept.push(chunk);
      if (!sender.write(chunk)) await drainedOrClosed(sender);
    }
    sender.end(() => sender.destroy());
  } catch (error) {
    sender.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Bytes both ways until either side ends or fails. Resolves when both are closed. */
async function joinSockets(left: Duplex, right: Duplex, signal: AbortSignal): Promise<void> {
  const closed = Promise.all([onceClosed(left), onceClosed(right)]);
  const cut = (): void => {
    left.destroy();
    right.destroy();
  };
  let timer: NodeJS.Timeout | undefined;
  const over = (): void => {
    timer ??= setTimeout(cut, LAST_WORDS_MS);
    left.end();
    right.end();
  };
  for (const side of [left, right]) side.once("end", over).once("close", over).on("error", cut);
  signal.addEventListener("abort", over);
  left.pipe(right, { end: false });
  right.pipe(left, { end: false });
  await closed;
  clearTimeout(timer);
  signal.removeEventListener("abort", over);
}

function drainedOrClosed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      stream.removeListener("drain", settle).removeListener("close", settle);
      resolve();
    };
    stream.once("drain", settle).once("close", settle);
  });
}

function onceClosed(stream: Duplex): Promise<void> {
  if (stream.closed) return Promise.resolve();
  return new Promise((resolve) => stream.once("close", resolve));
}

function answerFailure(sender: Duplex, error: FailureCode): void {
  if (!sender.writable) {
    sender.destroy();
    return;
  }
  const [status, reason] = error === "timeout" ? [504, "Gateway Timeout"] : [502, "Bad Gateway"];
  const body = `${JSON.stringify({ error: `target_${error}`, message: "the app did not answer the upgrade" })}\n`;
  const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  sender.end(`${head}Connection: close\r\n\r\n${body}`, () => sender.destroy());
}

function statusHead(outcome: Outcome, headers: HeaderList): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`HTTP/1.1 ${outcome.status ?? 0} ${outcome.reason}\r\n${lines}\r\n`, "latin1");
}
