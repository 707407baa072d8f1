import type { IncomingMessage } from "node:http";
import type { Sweep, Waiting } from "./sweep.js";

/** Sweeps (seconds) without a byte of a body before the sender is given up. */
const IDLE_TICKS = 20;
/** After this many sweeps a body must have come at {@link MIN_BYTES_PER_TICK} on average: a byte now and then is an attack. */
const GRACE_TICKS = 60;
const MIN_BYTES_PER_TICK = 1_024;
/** A chunked body that passes this size takes room for the largest one there may be: see {@link BodyReader}. */
const SMALL_BYTES = 1024 * 1024;

/** Bytes of bodies that are held at one time, over all requests. */
export class BodyBudget {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** False when there is no room. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#limit) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** How the reading of a body ended. `truncated`: the sender went away before its end. */
export type BodyEnd = "whole" | "too_large" | "overloaded" | "truncated" | "slow";

export interface BodyPlan {
  /** Declared bytes; `undefined` for a chunked body. */
  readonly contentLength: number | undefined;
  readonly maxBytes: number;
  readonly budget: BodyBudget;
  readonly sweep: Sweep;
  readonly onEnd: (end: BodyEnd, body: Uint8Array) => void;
}

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Collects the exact bytes of one body within the limits, then calls `onEnd` once. Room for a declared length is taken
 * from the budget before the first byte is read, so that a few large bodies come through where many would all fail. For
 * the same reason a chunked body that has grown over a megabyte takes the room of the largest body at once. The caller gives {@link BodyReader.taken} back to the budget when nobody needs the body any more.
 */
export class BodyReader implements Waiting {
  slot = -1;
  /** Bytes taken from the budget. */
  taken = 0;
  readonly #incoming: IncomingMessage;
  readonly #plan: BodyPlan;
  #buffer: Buffer | undefined;
  #chunks: Buffer[] = [];
  #received = 0;
  #idleTicks = 0;
  #ticks = 0;
  #ended = false;

  constructor(incoming: IncomingMessage, plan: BodyPlan) {
    this.#incoming = incoming;
    this.#plan = plan;
  }

  /** Why the body will not be read, by its declared length alone; `undefined`: reading has begun. */
  start(): "too_large" | "overloaded" | undefined {
    const { contentLength = 0, maxBytes, budget, sweep } = this.#plan;
    if (contentLength > maxBytes) return "too_large";
    if (!budget.take(contentLength)) return "overloaded";
    this.taken = contentLength;
    // A sender that goes away shows as an error, because somebody listens for it.
    this.#incoming.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#incoming.on("end", () => this.#finish(this.#incoming.complete ? "whole" : "truncated"));
    this.#incoming.on("error", () => this.#finish("truncated"));
    sweep.add(this);
    return undefined;
  }

  tick(): void {
    this.#ticks += 1;
    this.#idleTicks += 1;
    const tooSlow = this.#ticks > GRACE_TICKS && this.#received < (this.#ticks - GRACE_TICKS) * MIN_BYTES_PER_TICK;
    if (this.#idleTicks > IDLE_TICKS || tooSlow) this.#finish("slow");
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    const { contentLength, maxBytes } = this.#plan;
    const before = this.#received;
    this.#received += chunk.length;
    this.#idleTicks = 0;
    if (this.#received > maxBytes) return this.#finish("too_large");
    if (contentLength === undefined) this.#takeUndeclared(chunk, before);
    else if (chunk.length === contentLength) this.#buffer = chunk;
    else {
      this.#buffer ??= Buffer.allocUnsafeSlow(contentLength);
      chunk.copy(this.#buffer, before);
    }
  }

  #takeUndeclared(chunk: Buffer, before: number): void {
    const { maxBytes, budget } = this.#plan;
    if (this.#buffer !== undefined) {
      chunk.copy(this.#buffer, before);
      return;
    }
    const grown = this.#received > SMALL_BYTES;
    const more = grown ? maxBytes - this.taken : chunk.length;
    if (!budget.take(more)) return this.#finish("overloaded");
    this.taken += more;
    this.#chunks.push(chunk);
    if (!grown) return;
    // Pages that are never written to take no memory.
    this.#buffer = Buffer.allocUnsafeSlow(maxBytes);
    let at = 0;
    for (const one of this.#chunks) at += one.copy(this.#buffer, at);
    this.#chunks = [];
  }

  #finish(end: BodyEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#plan.sweep.delete(this);
    const body = end === "whole" ? this.#whole() : NO_BYTES;
    this.#buffer = undefined;
    this.#chunks = [];
    this.#plan.onEnd(end, body);
  }

  /** The body, in memory of its own size. */
  #whole(): Uint8Array {
    if (this.#buffer === undefined) return joined(this.#chunks);
    if (this.#buffer.length === this.#received) return this.#buffer;
    const body = Buffer.allocUnsafeSlow(this.#received);
    this.#buffer.copy(body, 0, 0, this.#received);
    this.#plan.budget.give(this.taken - this.#received);
    this.taken = this.#received;
    return body;
  }
}

function joined(chunks: readonly Buffer[]): Uint8Array {
  const [only] = chunks;
  if (only === undefined) return NO_BYTES;
  return chunks.length === 1 ? only : Buffer.concat(chunks);
}
