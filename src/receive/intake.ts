import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HeaderList } from "../events/headers.js";
import { parseRanges, senderAddress, type AddressRanges } from "./address.js";
import { Answer } from "./answer.js";
import { BodyBudget, BodyReader, NO_BYTES, type BodyEnd } from "./body.js";
import { Connection } from "./connection.js";
import { answerSocket, parseFault } from "./early.js";
import { isWebSocketHandshake, readHead, type Head } from "./head.js";
import { dropRest } from "./linger.js";
import { Received, type Arrived } from "./received.js";
import type { ReceivedRequest, ReceiverOptions, ReceiverTimes, UpgradeRequest } from "./receiver.js";
import { RETRY_SOON, type Refusal } from "./refusal.js";
import { BODY_REFUSALS, REFUSALS } from "./refusals.js";
import { Sweep } from "./sweep.js";

type Source = "tunnel" | "local";

/** A request that `node:http` has parsed the head of. */
interface Arrival {
  readonly source: Source;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** What its Expect header asks for. */
  readonly expects: "nothing" | "continue" | "other";
}

/** An arrival with its answer. */
interface Visit extends Arrival {
  readonly head: Head;
  readonly answer: Answer;
  readonly connection: Connection;
}

/** Takes in requests: judges heads, reads bodies within the limits, and hands over what is whole. */
export class Intake {
  readonly #options: ReceiverOptions;
  readonly #times: ReceiverTimes;
  readonly #trusted: AddressRanges;
  readonly #budget: BodyBudget;
  readonly #sweep: Sweep;
  readonly #connections = new Map<Duplex, Connection>();
  #openAnswers = 0;
  #closing = false;
  #onIdle: (() => void) | undefined;

  constructor(options: ReceiverOptions, times: ReceiverTimes) {
    this.#options = options;
    this.#times = times;
    this.#trusted = parseRanges(options.trustedProxies, "--trusted-proxy");
    this.#budget = new BodyBudget(options.maxInFlightBytes);
    this.#sweep = new Sweep(times.sweepMs);
  }

  connected(socket: Socket): void {
    const connection = new Connection({
      sweep: this.#sweep,
      closing: () => this.#closing,
      onClosed: () => {
        this.#openAnswers -= 1;
        if (this.#openAnswers === 0) this.#onIdle?.();
      },
    });
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      this.#connections.delete(socket);
      connection.close();
    });
  }

  request(arrival: Arrival): void {
    const connection = this.#connections.get(arrival.incoming.socket);
    if (connection === undefined || connection.doomed) {
      arrival.incoming.resume();
      return;
    }
    if (connection.lastRequest) connection.doomed = true;
    const visit: Visit = {
      // Written out: a spread of many objects a second is slow.
      source: arrival.source,
      incoming: arrival.incoming,
      response: arrival.response,
      expects: arrival.expects,
      connection,
      head: readHead(arrival.incoming),
      answer: this.#open(arrival.response, connection),
    };
    try {
      this.#begin(visit);
    } catch {
      this.#refuse(visit, REFUSALS.bug);
    }
  }

  /** False: not a WebSocket handshake, but an ordinary request, and the last one that the connection carries. */
  upgrade(source: Source, upgrade: { incoming: IncomingMessage; socket: Socket; rest: Buffer }): boolean {
    const { incoming, socket, rest } = upgrade;
    const connection = this.#connections.get(socket);
    if (connection !== undefined && !isWebSocketHandshake(incoming)) {
      connection.lastRequest = true;
      return false;
    }
    socket.on("error", () => undefined);
    const gone = new AbortController();
    socket.once("close", () => gone.abort());
    const head = readHead(incoming);
    const request = this.#received({ source, incoming, head, answer: { gone: gone.signal } }, NO_BYTES, true);
    const refusal = this.#closing ? REFUSALS.closing : (head.fault ?? this.#options.onHead?.(request));
    if (refusal !== undefined) {
      this.#tell(source, refusal, request);
      answerSocket(socket, refusal, this.#times);
      return true;
    }
    const send: UpgradeRequest["send"] = (status, code, message, headers = []) =>
      answerSocket(socket, { status, code, message }, { ...this.#times, headers });
    void this.#options.onUpgrade({ request, incoming, socket, head: rest, send }).catch(() => socket.destroy());
    return true;
  }

  connectMethod(source: Source, socket: Duplex): void {
    this.#tell(source, REFUSALS.connect);
    answerSocket(socket, REFUSALS.connect, this.#times);
  }

  /** A request that could not be parsed, or whose head took too long. */
  clientError(source: Source, code: string | undefined, socket: Duplex): void {
    const connection = this.#connections.get(socket);
    const gone = code === "ECONNRESET" || (code === "HPE_INVALID_EOF_STATE" && connection?.isReading === true);
    if (connection === undefined || gone || !socket.writable) {
      socket.destroy();
      return;
    }
    if (code === "ERR_HTTP_REQUEST_TIMEOUT" && (socket as Socket).bytesRead === 0) {
      // Opened in advance and never used yet: a tunnel's client does that, and 408 would be the answer to its next request.
      if (source === "local") socket.destroy();
      return;
    }
    if (connection.doomed) return;
    connection.doomed = true;
    const refusal = parseFault(code);
    this.#tell(source, refusal);
    // An answer that is still to come on this connection would be mixed up with ours: it goes first, and is the last one.
    if (connection.owesAnswer) return;
    answerSocket(socket, refusal, this.#times);
  }

  /** Takes no more; resolves when no answer is open, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#closing = true;
    if (this.#openAnswers === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Closes every connection. */
  cut(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#sweep.close();
  }

  #open(response: ServerResponse, connection: Connection): Answer {
    const answer = new Answer(response, connection);
    connection.opened(answer);
    this.#openAnswers += 1;
    return answer;
  }

  #begin(visit: Visit): void {
    const { head, answer, connection } = visit;
    if (head.fault !== undefined) {
      connection.doomed = true;
      return this.#refuse(visit, head.fault);
    }
    if (visit.source === "tunnel" && head.path === this.#options.probePath) return this.#noContent(visit);
    if (this.#closing) return this.#refuse(visit, REFUSALS.closing, RETRY_SOON);
    if (visit.expects === "other") return this.#refuse(visit, REFUSALS.expectation);
    // RFC 9110 9.3.7: a question about the server in general, not an event.
    if (head.path === "*") return this.#noContent(visit);
    const refusal = this.#options.onHead?.(this.#received(visit, NO_BYTES, false));
    if (refusal !== undefined) return this.#refuse(visit, refusal);
    if (head.contentLength === undefined && !head.chunked) {
      answer.requestWhole = true;
      this.#handle(visit, NO_BYTES, 0);
    } else this.#readBody(visit);
  }

  #readBody(visit: Visit): void {
    const { head, incoming } = visit;
    const reader = new BodyReader(incoming, {
      contentLength: head.contentLength,
      // A body that could never fit among those in flight is too large, not too early.
      maxBytes: Math.min(this.#options.maxBodyBytes, this.#options.maxInFlightBytes),
      budget: this.#budget,
      sweep: this.#sweep,
      onEnd: (end, body) => {
        if (end === "whole") {
          visit.answer.requestWhole = true;
          this.#handle(visit, body, reader.taken);
        } else {
          this.#budget.give(reader.taken);
          this.#refuseBody(visit, end);
        }
      },
    });
    const refused = reader.start();
    if (refused !== undefined) this.#refuseBody(visit, refused);
    else if (visit.expects === "continue") visit.response.writeContinue();
  }

  #handle(visit: Visit, body: Uint8Array, taken: number): void {
    const { answer } = visit;
    const settle = (): void => {
      if (taken > 0) answer.whenClosed(() => this.#budget.give(taken));
      if (!answer.started) this.#refuse(visit, REFUSALS.bug);
    };
    const fail = (): void => {
      if (answer.started) answer.destroy();
      settle();
    };
    this.#options
      .onRequest(this.#received(visit, body, true), answer)
      .then(settle, fail)
      .catch(() => answer.destroy());
  }

  #noContent({ answer, incoming }: Visit): void {
    incoming.resume();
    answer.writeHead(204, undefined, []);
    answer.end();
  }

  #refuseBody(visit: Visit, end: Exclude<BodyEnd, "whole">): void {
    if (end === "truncated") {
      // A connection that is doomed has been told of already: the body could not be parsed.
      if (!visit.connection.doomed || visit.connection.lastRequest) this.#tell(visit.source, BODY_REFUSALS.truncated);
      visit.response.destroy();
      return;
    }
    this.#refuse(visit, BODY_REFUSALS[end], end === "overloaded" ? RETRY_SOON : []);
  }

  /** Answers, and tells of it; a sender that is still sending is listened to for a while, so that it sees the answer. */
  #refuse(visit: Visit, refusal: Refusal, headers: HeaderList = []): void {
    const { answer, incoming, connection } = visit;
    this.#tell(
      visit.source,
      refusal,
      visit.head.fault === undefined ? this.#received(visit, NO_BYTES, false) : undefined,
    );
    if (answer.started) return answer.destroy();
    const more =
      refusal !== BODY_REFUSALS.slow &&
      visit.expects === "nothing" &&
      !incoming.complete &&
      (visit.head.chunked || (visit.head.contentLength ?? 0) > 0);
    if (!incoming.complete && (more || visit.expects !== "nothing" || refusal === BODY_REFUSALS.slow))
      connection.doomed = true;
    if (!more) return answer.send(refusal.status, refusal.code, refusal.message, headers);
    answer.sendHeld(refusal, headers);
    dropRest(incoming, this.#times.lingerMs, () => answer.end());
  }

  #tell(source: Source, refusal: Refusal, request?: ReceivedRequest): void {
    const { status, code } = refusal;
    this.#options.onRefused?.(request === undefined ? { source, status, code } : { source, status, code, request });
  }

  #received(arrived: Arrived, body: Uint8Array, bodyComplete: boolean): ReceivedRequest {
    const remoteIp = senderAddress({
      peer: arrived.incoming.socket.remoteAddress,
      headers: arrived.head.headers,
      trusted: this.#trusted,
      tunnel: arrived.source === "tunnel",
      tunnelPasses: this.#options.tunnelPassesAddress?.() ?? false,
    });
    return new Received(arrived, { body, bodyComplete, remoteIp, receivedAt: this.#options.now() });
  }
}
