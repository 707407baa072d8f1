import type { AnswerInput, AnswerOf } from "./answer.js";
import type { ListenerEvent } from "./event.js";
import type { MatchInput } from "./match.js";
import type { SignatureOptions } from "./signatures.js";

/** Options of `createListener`. All have defaults. */
export interface ListenerOptions extends SignatureOptions {
  /** Port on loopback; default: a free one. */
  readonly port?: number;
  /** What is answered while no `respond` says otherwise; default: 200 without a body. */
  readonly answer?: AnswerInput | AnswerOf;
  /**
   * An app on this computer (`5000`, `http://localhost:5000/webhook`) that gets what arrives; its answer goes to the sender, except
   * where `respond` answers. Such an event is there once the app has answered, with the attempt in `attempts`.
   */
  readonly forwardTo?: string;
  /** Larger bodies are answered 413, bytes; default: 25 MiB. */
  readonly maxBodyBytes?: number;
  /** The clock that events and signatures are judged by, milliseconds since 1970; default: `Date.now`. */
  readonly now?: () => number;
}

/** Limits of a wait. */
export interface WaitOptions {
  /** Milliseconds; default: 3,000, which is under the time-out of a test in Vitest and Jest. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** When an answer is given. */
export interface RespondOptions {
  /** To which events; default: all. Refused ones are answered already. */
  readonly match?: MatchInput;
  /** How often; default: always. */
  readonly times?: number;
}

/** A receiver of webhooks for a test suite. */
export interface Listener extends AsyncIterable<ListenerEvent> {
  /** `http://localhost:<port>`, without a final slash. Every path and method is taken. */
  readonly url: string;
  readonly port: number;
  /** What arrived since the start or the last `clear()`, oldest first, refused ones among it. A new array each time. */
  readonly events: readonly ListenerEvent[];
  /**
   * Resolves to the oldest event that fits and that no earlier `waitFor` was given; waits for the next one when there is none.
   * Rejects with {@link WaitError}, which lists what did arrive.
   */
  waitFor(match?: MatchInput, options?: WaitOptions): Promise<ListenerEvent>;
  /** Changes what senders are answered. The latest that fits counts. */
  respond(answer: AnswerInput | AnswerOf, options?: RespondOptions): void;
  /** Forgets all events and all that `respond` was told, as between two tests. Who still waits is rejected. */
  clear(): void;
  /**
   * Takes no more, lets answers under way end, and frees the port. Rejects, afterwards, with what a function given to `respond`
   * or `answer` has thrown.
   */
  close(): Promise<void>;
  /** The same as `close()`, for `await using`; there where the runtime has the symbol. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** No event came that a `waitFor` would have taken. Its message lists what did arrive. */
export class WaitError extends Error {
  override readonly name = "WaitError";
}
