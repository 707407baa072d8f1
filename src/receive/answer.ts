import { STATUS_CODES, type ServerResponse } from "node:http";
import type { HeaderList } from "../events/headers.js";
import type { Responder } from "./receiver.js";
import { refusalBody, refusalHeaders, type Refusal } from "./refusal.js";
import type { Sweep, Waiting } from "./sweep.js";

/** Sweeps (seconds) that a sender may take no byte of an answer that waits for it. */
const STALL_TICKS = 60;
const NOTHING = Buffer.alloc(0);
/** Shared by all writes that need not wait. */
const READY: Promise<void> = Promise.resolve();
/** Headers of one connection, or of the framing that `node:http` does itself. */
const OURS = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** The connection that an answer belongs to. */
export interface AnswerKeeper {
  readonly sweep: Sweep;
  /** True when the connection is to be closed after this answer. */
  readonly lastOne: () => boolean;
  /** The answer has been written, or the sender has gone. Called once. */
  readonly closed: (answer: Answer) => void;
}

/** The {@link Responder} over a response of `node:http`. */
export class Answer implements Responder, Waiting {
  /** Set when the request has been read to its end: from then on its answer is the next thing on the connection. */
  requestWhole = false;
  slot = -1;
  readonly #response: ServerResponse;
  readonly #keeper: AnswerKeeper;
  #started = false;
  #closed = false;
  #ended = false;
  #senderGone = false;
  #stalledTicks = 0;
  #finished: PromiseWithResolver | undefined;
  #drained: PromiseWithResolver | undefined;
  #gone: AbortController | undefined;
  #whenClosed: (() => void) | undefined;

  constructor(response: ServerResponse, keeper: AnswerKeeper) {
    this.#response = response;
    this.#keeper = keeper;
    response.on("close", () => this.close());
  }

  get started(): boolean {
    return this.#started;
  }

  get congested(): boolean {
    return this.#drained !== undefined;
  }

  get senderGone(): boolean {
    return this.#senderGone;
  }

  get finished(): Promise<void> {
    if (this.#closed) return READY;
    this.#finished ??= withResolver();
    return this.#finished.promise;
  }

  /** Aborted when the sender goes away before the answer's end. Made when somebody asks for it. */
  get gone(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.#senderGone) this.#gone.abort();
    return this.#gone.signal;
  }

  writeInformation(status: number, headers: HeaderList): void {
    const { socket, req } = this.#response;
    if (this.#started || this.#closed || req.httpVersionMinor < 1 || socket === null || !socket.writable) return;
    const lines = headers
      .filter(([name]) => !OURS.has(name.toLowerCase()))
      .map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `HTTP/1.1 ${status} ${status === 103 ? "Early Hints" : "Information"}\r\n${lines.join("")}\r\n`,
      "latin1",
    );
  }

  writeHead(status: number, reason: string | undefined, headers: HeaderList): void {
    if (this.#started) throw new Error("the answer's head was written already");
    const response = this.#response;
    if (this.#closed) {
      this.#started = true;
      return;
    }
    response.sendDate = false;
    const raw = this.#rawHead(status, headers);
    // Always a reason: a reason that was refused before would stay in the response and be refused again.
    response.writeHead(status, reason ?? STATUS_CODES[status] ?? "", raw);
    this.#started = true;
    // Sends the head within this turn, together with what of the body comes in it (flushHeaders would send it as UTF-8).
    response.write(NOTHING);
  }

  write(chunk: Uint8Array): Promise<void> {
    if (this.#closed || this.#ended || chunk.byteLength === 0) return READY;
    if (this.#response.write(chunk)) return READY;
    if (this.#drained === undefined) {
      this.#drained = withResolver();
      this.#stalledTicks = 0;
      this.#keeper.sweep.add(this);
      this.#response.once("drain", () => this.#onDrain());
    }
    return this.#drained.promise;
  }

  end(trailers?: HeaderList): void {
    if (this.#closed || this.#ended) return;
    this.#ended = true;
    if (trailers !== undefined && trailers.length > 0 && this.#response.chunkedEncoding) this.#addTrailers(trailers);
    this.#response.end();
  }

  destroy(): void {
    this.#started = true;
    const { socket, req } = this.#response;
    // Where the end of the connection is the end of the answer, only a reset can tell a broken answer from a whole one.
    if (req.httpVersionMinor < 1 && socket !== null) socket.resetAndDestroy();
    else this.#response.destroy();
  }

  send(status: number, code: string, message: string, headers: HeaderList = []): void {
    this.sendHeld({ status, code, message }, headers);
    this.end();
  }

  /** Like {@link Answer.send}, but the answer's end is the caller's: the connection stays open until then. */
  sendHeld(refusal: Refusal, headers: HeaderList): void {
    const body = refusalBody(refusal.code, refusal.message);
    this.writeHead(refusal.status, undefined, refusalHeaders(body, headers));
    void this.write(body);
  }

  /** The response or its connection has closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#senderGone = !this.#response.writableFinished;
    this.#onDrain();
    this.#finished?.resolve();
    if (this.#senderGone) this.#gone?.abort();
    this.#keeper.closed(this);
    this.#whenClosed?.();
  }

  /** Calls `then` when the answer has closed, or now. One at a time. */
  whenClosed(then: () => void): void {
    if (this.#closed) then();
    else this.#whenClosed = then;
  }

  tick(): void {
    this.#stalledTicks += 1;
    if (this.#stalledTicks > STALL_TICKS) this.destroy();
  }

  #rawHead(status: number, headers: HeaderList): string[] {
    const raw: string[] = [];
    let framed = status === 204 || status === 304 || this.#response.req.method === "HEAD";
    for (const [name] of headers) framed ||= name.length === 14 && name.toLowerCase() === "content-length";
    const chunked = !framed && this.#response.req.httpVersionMinor > 0;
    for (const [name, value] of headers) {
      const key = name.toLowerCase();
      if (!OURS.has(key) && (chunked || key !== "trailer")) raw.push(name, value);
    }
    if (this.#keeper.lastOne()) raw.push("Connection", "close");
    return raw;
  }

  #addTrailers(trailers: HeaderList): void {
    try {
      this.#response.addTrailers(trailers as [string, string][]);
    } catch {
      // A trailer that cannot be sent on is left out: the answer itself is whole.
    }
  }

  #onDrain(): void {
    this.#keeper.sweep.delete(this);
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.resolve();
  }
}

interface PromiseWithResolver {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** What `Promise.withResolvers` gives from Node 22 on. */
function withResolver(): PromiseWithResolver {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
