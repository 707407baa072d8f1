import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { EventRequest } from "../events/event.js";
import type { HeaderList } from "../events/headers.js";

/** A request as it came, read to its end. */
export interface ReceivedRequest extends EventRequest {
  readonly source: "tunnel" | "local";
  /** The sender's address, or `null` when nobody who is trusted told it. */
  readonly remoteIp: string | null;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** False when the body was not wholly read (a gate on the head refused it, or it was too large). */
  readonly bodyComplete: boolean;
  /** Aborted when the sender has gone away. */
  readonly gone: AbortSignal;
}

/** Where the answer to the sender is written: the head once, then the body as it comes. */
export interface Responder {
  /** True once the head was written. */
  readonly started: boolean;
  /** True while written bytes wait for the sender: wait for the last write before the next. */
  readonly congested?: boolean;
  /** True when the sender went away before the answer's end. */
  readonly senderGone?: boolean;
  /** Resolves when the answer has been written, or the sender has gone. */
  readonly finished: Promise<void>;
  /** Informational answer (103), passed on. 100 is answered by the receiver itself. */
  writeInformation(status: number, headers: HeaderList): void;
  writeHead(status: number, reason: string | undefined, headers: HeaderList): void;
  /** Resolves when more may be written (back-pressure). */
  write(chunk: Uint8Array): Promise<void>;
  end(trailers?: HeaderList): void;
  /** Breaks the connection: the answer cannot be finished, and the sender must see that. */
  destroy(): void;
  /** A whole answer of our own, with a JSON body `{"error": code, "message": ...}` unless `body` is given. */
  send(status: number, code: string, message: string, headers?: HeaderList): void;
}

/** A WebSocket upgrade: the sockets are handed over. */
export interface UpgradeRequest {
  readonly request: ReceivedRequest;
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  /** Bytes that came after the head. */
  readonly head: Uint8Array;
  /** A whole answer of our own in place of the upgrade, as {@link Responder.send} gives; the connection is closed after it. */
  readonly send: Responder["send"];
}

export interface ReceiverOptions {
  /** Port of the local socket; 0: any free one. */
  readonly port: number;
  /** Body limit, bytes. */
  readonly maxBodyBytes: number;
  /** In-flight bodies together, bytes; more is answered 503. */
  readonly maxInFlightBytes: number;
  /** CIDR ranges of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** True when the tunnel's service is known to add the sender's address to X-Forwarded-For. Default: it does not. */
  readonly tunnelPassesAddress?: () => boolean;
  readonly now: () => number;
  /** Called with the head alone, before the body is read: a returned refusal is answered without reading it. */
  readonly onHead?: (request: ReceivedRequest) => { status: number; code: string; message: string } | undefined;
  readonly onRequest: (request: ReceivedRequest, answer: Responder) => Promise<void>;
  readonly onUpgrade: (upgrade: UpgradeRequest) => Promise<void>;
  /** Told of requests refused before they became a request (malformed, too large, over a limit), for counting. */
  readonly onRefused?: (refused: {
    source: "tunnel" | "local";
    status: number;
    code: string;
    request?: ReceivedRequest;
  }) => void;
  /** A path that the tunnel's probe asks for; answered 204 on the private socket and never shown to anyone. */
  readonly probePath?: string;
  /** Other times than the built-in ones. */
  readonly times?: Partial<ReceiverTimes>;
}

/** How long the receiver waits, milliseconds. */
export interface ReceiverTimes {
  /** For a request's head, from its first byte. */
  readonly headMs: number;
  /** How often slow senders are looked for. */
  readonly sweepMs: number;
  /** How long a refused sender is listened to, so that it sees the answer. */
  readonly lingerMs: number;
  /** Until an idle connection of the local socket is closed. Those of the private socket are kept. */
  readonly idleMs: number;
}

export interface Receiver {
  /** `http://localhost:<port>`: what people and other tools use. */
  readonly localUrl: string;
  readonly localPort: number;
  /** The private socket on 127.0.0.1 that only the tunnel's client knows. */
  readonly tunnelPort: number;
  readonly servers: readonly Server[];
  /** Stops accepting, waits for answers in flight for at most `graceMs`, then cuts. */
  close(graceMs: number): Promise<void>;
}
