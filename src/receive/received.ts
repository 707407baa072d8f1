import type { IncomingMessage } from "node:http";
import { headersFromRaw, type HeaderList } from "../events/headers.js";
import type { Head } from "./head.js";
import type { ReceivedRequest } from "./receiver.js";

/** What a {@link Received} is made of. */
export interface Arrived {
  readonly source: "tunnel" | "local";
  readonly incoming: IncomingMessage;
  readonly head: Head;
  /** Who knows when the sender goes away. */
  readonly answer: { readonly gone: AbortSignal };
}

/**
 * A request as it is handed over. A class, because a getter in an object literal gives each object a shape of its own,
 * which costs a third of the receiver's time in garbage collection. `gone` stays behind when the request is spread.
 */
export class Received implements ReceivedRequest {
  readonly source: "tunnel" | "local";
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly trailers: HeaderList;
  readonly body: Uint8Array;
  readonly bodyComplete: boolean;
  readonly remoteIp: string | null;
  readonly receivedAt: number;
  readonly #answer: { readonly gone: AbortSignal };

  constructor(
    arrived: Arrived,
    facts: { body: Uint8Array; bodyComplete: boolean; remoteIp: string | null; receivedAt: number },
  ) {
    const { head } = arrived;
    const trailers = arrived.incoming.rawTrailers;
    this.source = arrived.source;
    this.method = head.method;
    this.path = head.path;
    this.headers = head.headers;
    this.trailers = trailers.length === 0 ? [] : headersFromRaw(trailers);
    this.body = facts.body;
    this.bodyComplete = facts.bodyComplete;
    this.remoteIp = facts.remoteIp;
    this.receivedAt = facts.receivedAt;
    this.#answer = arrived.answer;
  }

  get gone(): AbortSignal {
    return this.#answer.gone;
  }
}
