import type { Dispatcher } from "undici";
import type { HeaderList } from "../events/headers.js";
import { answerHeaders, passedOn } from "./answer-head.js";
import type { Delivery, DeliveryRequest } from "./deliverer.js";
import { errorCall, errorCode, failureCode, type FailureCode } from "./failure.js";
import type { Watch, Watched } from "./watch.js";

/** Of an answer's body this much is kept with the attempt. */
const KEPT_BYTES = 64 * 1024;
/** Once the sender has gone, an answer is read on for this long at most, for the record. */
const READ_ON_MS = 5_000;
/** An answer that nobody is waiting for (it is only recorded) may be this long. */
const RECORDED_BYTES = 64 * 1024 * 1024;
/** Informational answers (103) of one app's answer; a flood of them is not an answer. */
const MAX_INFORMATIONAL = 32;
/** A request up to this size is written by one system call, so a failed write means that none of it was taken. */
const ONE_WRITE_BYTES = 8 * 1024;
const LENGTH_MISMATCH = "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";

export interface ExchangePlan {
  readonly delivery: DeliveryRequest;
  /** Head and body as sent, bytes, roughly. */
  readonly requestBytes: number;
  readonly timeoutMs: number;
  readonly monotonic: () => number;
  readonly watch: Watch;
  /** Sends the same request on a connection that nobody has used before. Called at most once. */
  readonly again: (exchange: Exchange) => void;
  readonly settle: (delivery: Delivery) => void;
}

/**
 * One attempt: undici's handler (its raw form, which keeps the bytes of header names), the sender's answer, and the record.
 *
 * A request is sent a second time only when not one byte of the first was accepted: the connection had died before
 * anything was written, or the one write failed. Once a byte may have been read by the app there is no second time.
 */
export class Exchange implements Dispatcher.DispatchHandler, Watched {
  slot = -1;
  readonly #plan: ExchangePlan;
  readonly #startedAt: number;
  readonly #onAbort: (() => void) | undefined;
  #resume: () => void = () => undefined;
  #abort: ((error?: Error) => void) | undefined;
  #written = false;
  #repeated = false;
  #settled = false;
  #paused = false;
  #progress = false;
  #since: number;
  /** When the sender was seen to have gone, while the app was answering. */
  #goneSince: number | undefined;
  #informational = 0;
  #status: number | null = null;
  #reason = "";
  #headers: HeaderList = [];
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #size = 0;

  constructor(plan: ExchangePlan) {
    this.#plan = plan;
    this.#startedAt = plan.monotonic();
    this.#since = this.#startedAt;
    const { signal } = plan.delivery;
    if (signal !== undefined) {
      this.#onAbort = () => this.fail("aborted");
      signal.addEventListener("abort", this.#onAbort);
    }
    plan.watch.add(this);
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#settled) return abort();
    this.#abort = abort;
    this.#written = true;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (this.#settled) return true;
    const { answer } = this.#plan.delivery;
    const headers = answerHeaders(raw);
    if (status < 200) {
      this.#informational += 1;
      if (this.#informational > MAX_INFORMATIONAL) this.fail("bad_answer");
      else answer?.writeInformation(status, passedOn(headers));
      return true;
    }
    this.#resume = resume;
    this.#status = status;
    this.#reason = asLatin1(reason);
    this.#headers = headers;
    this.#progress = true;
    try {
      answer?.writeHead(status, this.#reason, passedOn(headers));
    } catch {
      this.fail("bad_answer");
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#settled) return true;
    const { answer } = this.#plan.delivery;
    this.#progress = true;
    this.#size += chunk.length;
    this.#keep(chunk);
    if (answer === undefined) {
      if (this.#size > RECORDED_BYTES) this.fail("too_large");
      return true;
    }
    if (answer.senderGone === true) {
      if (this.#size >= KEPT_BYTES) this.#leave();
      return true;
    }
    const written = answer.write(chunk);
    if (answer.congested === false) return true;
    this.#paused = true;
    void written.then(() => {
      this.#paused = false;
      this.#progress = true;
      this.#resume();
    });
    return false;
  }

  onComplete(trailers: (string | Buffer)[] | null): void {
    if (this.#settled) return;
    const { answer } = this.#plan.delivery;
    answer?.end(trailers === null || trailers.length === 0 ? undefined : answerHeaders(trailers));
    this.#settle(null);
  }

  onError(error: Error): void {
    if (this.#settled) return;
    if (!this.#repeated && this.#nothingAccepted(error)) {
      this.#repeated = true;
      this.#written = false;
      this.#plan.again(this);
    } else if (errorCode(error) === LENGTH_MISMATCH) this.#lengthMismatch();
    else if (this.#readsOn && failureCode(error) === "aborted") this.#leave();
    else this.fail(failureCode(error));
  }

  tick(nowMs: number): void {
    const { timeoutMs, delivery } = this.#plan;
    if (delivery.deadlineMs !== undefined && nowMs - this.#startedAt >= delivery.deadlineMs)
      return this.fail("deadline");
    if (this.#readsOn) {
      this.#goneSince ??= nowMs;
      if (nowMs - this.#goneSince >= READ_ON_MS) return this.#leave();
    }
    if (this.#progress || this.#paused) {
      this.#progress = false;
      this.#since = nowMs;
    } else if (timeoutMs > 0 && nowMs - this.#since >= timeoutMs) this.fail("timeout");
  }

  /** Ends the attempt. What of an answer has been passed on is broken off, so that the sender sees it. */
  fail(code: FailureCode): void {
    if (this.#settled) return;
    const { answer } = this.#plan.delivery;
    const begun = this.#status !== null && answer?.started === true;
    this.#settle(code);
    if (begun) answer.destroy();
    this.#abort?.();
  }

  /** The app is answering, and the sender has gone. */
  get #readsOn(): boolean {
    return this.#status !== null && this.#plan.delivery.answer?.senderGone === true;
  }

  /**
   * Ends the reading of an answer whose sender has gone. The attempt stands as the app answered it: that a provider did
   * not wait for the answer's end says nothing of the app.
   */
  #leave(): void {
    this.#settle(null);
    this.#abort?.();
  }

  /** undici also says so of a 304 (RFC 9110 8.6: its length is that of the body that is not sent), and of two lengths. */
  #lengthMismatch(): void {
    if ((this.#status === 304 || this.#status === 204) && this.#size === 0) this.onComplete(null);
    else this.fail(this.#status === null ? "bad_answer" : "reset");
  }

  #nothingAccepted(error: Error): boolean {
    const code = errorCode(error);
    const closed = code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET";
    if (!closed || errorCall(error) === "connect" || this.#status !== null || this.#informational > 0) return false;
    if (!this.#written) return true;
    return errorCall(error) === "write" && this.#plan.requestBytes <= ONE_WRITE_BYTES;
  }

  #keep(chunk: Buffer): void {
    if (this.#keptBytes >= KEPT_BYTES) return;
    const part = chunk.length + this.#keptBytes > KEPT_BYTES ? chunk.subarray(0, KEPT_BYTES - this.#keptBytes) : chunk;
    this.#kept.push(part);
    this.#keptBytes += part.length;
  }

  #settle(error: FailureCode | null): void {
    this.#settled = true;
    const { watch, delivery, monotonic, settle } = this.#plan;
    watch.delete(this);
    if (this.#onAbort !== undefined) delivery.signal?.removeEventListener("abort", this.#onAbort);
    const unanswered = delivery.answer === undefined ? this.#status === null : !delivery.answer.started;
    settle({
      durationMs: Math.max(0, Math.round(monotonic() - this.#startedAt)),
      status: this.#status,
      error,
      headers: this.#headers,
      body: this.#kept.length === 1 ? (this.#kept[0] ?? new Uint8Array(0)) : Buffer.concat(this.#kept),
      unanswered,
      reason: this.#reason,
      answerSize: this.#size,
    });
  }
}

/** undici reads the reason as UTF-8; it goes on as the bytes it was. */
function asLatin1(reason: string): string {
  return /^[\x20-\x7e]*$/.test(reason) ? reason : Buffer.from(reason, "utf8").toString("latin1");
}
