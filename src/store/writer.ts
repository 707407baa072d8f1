import { storeError } from "./faults.js";
import { packBatch } from "./pack.js";
import { unpackError, WorkerKeeper } from "./keeper.js";
import type { FromWriter, Operation, Result, Results, WriterData } from "./operations.js";
import { StoreError } from "./store.js";

/** What may wait for its commit before a write is refused as `busy`. */
export interface QueueLimits {
  readonly events: number;
  readonly bytes: number;
  /** Bodies copied to the writer and not committed yet: what a copy costs at most. */
  readonly postedBytes: number;
}

export const DEFAULT_LIMITS: QueueLimits = { events: 20_000, bytes: 256 * 2 ** 20, postedBytes: 32 * 2 ** 20 };

interface Pending {
  readonly id: number;
  readonly operation: Operation;
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: StoreError) => void;
}

/** The main thread's end of the writer: numbers each write, and settles its promise by that number alone. */
export class Writer {
  private readonly keeper: WorkerKeeper;
  private readonly path: string;
  private readonly limits: QueueLimits;
  /** Not posted yet, in order. */
  private queue: Pending[] = [];
  private readonly posted = new Map<number, Pending>();
  /** Those who wait for room. */
  private waiting: (() => void)[] = [];
  private queuedBytes = 0;
  private postedBytes = 0;
  private lastId = 0;
  private flushing = false;
  /** Set once no further write is taken. */
  private ended: StoreError | undefined;

  private constructor(entry: URL, data: WriterData, limits: QueueLimits) {
    this.path = data.path;
    this.limits = limits;
    this.keeper = new WorkerKeeper(entry, data, {
      onMessage: (message) => this.receive(message),
      onReady: () => this.resume(),
      onLost: (error) => this.fail(this.ended ?? error),
    });
  }

  /** Starts the thread and waits until it has opened the file. */
  static async start(entry: URL, data: WriterData, limits: QueueLimits): Promise<Writer> {
    const writer = new Writer(entry, data, limits);
    await writer.keeper.start();
    writer.keeper.hold(false);
    return writer;
  }

  /** Takes a write; resolves once it is on disk. `bytes`: what it weighs in the queue. */
  write<O extends Operation>(operation: O, bytes: number): Promise<Results[O["kind"]]> {
    const refusal = this.ended ?? this.keeper.fault ?? this.refusal(bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise<Result>((resolve, reject) => {
      this.lastId += 1;
      this.queue.push({ id: this.lastId, operation, bytes, resolve, reject });
      this.queuedBytes += bytes;
      this.keeper.hold(true);
      this.schedule();
    }) as Promise<Results[O["kind"]]>;
  }

  /** As {@link write}, but waits for its place in the queue where that is full. */
  async writeWhenRoom<O extends Operation>(operation: O, bytes: number): Promise<Results[O["kind"]]> {
    while (this.ended === undefined && this.keeper.fault === undefined && this.refusal(bytes) !== undefined) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    return this.write(operation, bytes);
  }

  pending(): { readonly events: number; readonly bytes: number } {
    return { events: this.queue.length + this.posted.size, bytes: this.queuedBytes + this.postedBytes };
  }

  /** Commits what waits, then ends the thread. */
  async close(): Promise<void> {
    if (this.ended === undefined) {
      this.ended = storeError("closed", this.path);
      this.keeper.hold(true);
      this.finish();
    }
    await this.keeper.close();
  }

  private finish(): void {
    this.post();
    if (this.queue.length === 0) this.keeper.send({ kind: "close" });
  }

  /** A new thread takes what came since the one before it died. */
  private resume(): void {
    if (this.ended !== undefined) return this.finish();
    this.post();
    if (this.posted.size === 0) this.keeper.hold(false);
  }

  private refusal(bytes: number): StoreError | undefined {
    const { events, bytes: waiting } = this.pending();
    if (events < this.limits.events && (events === 0 || waiting + bytes <= this.limits.bytes)) return undefined;
    const detail = `${events} writes with ${waiting} bytes are waiting`;
    return new StoreError("busy", `too much is waiting to be stored (${detail})`, {
      hint: "the disk cannot keep up, or another program holds a lock on the store",
    });
  }

  /** One message a turn of the loop: all that came in since goes together. */
  private schedule(): void {
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      this.post();
    });
  }

  /** Posts as much of the queue as the window of bytes takes; a larger body goes when nothing else is on its way. */
  private post(): void {
    if (!this.keeper.isOpen) return;
    let taken = 0;
    for (const pending of this.queue) {
      if (this.postedBytes > 0 && this.postedBytes + pending.bytes > this.limits.postedBytes) break;
      taken += 1;
      this.queuedBytes -= pending.bytes;
      this.postedBytes += pending.bytes;
      this.posted.set(pending.id, pending);
    }
    if (taken === 0) return;
    const batch = this.queue.slice(0, taken);
    this.queue = this.queue.slice(taken);
    const { operations, buffer } = packBatch(batch);
    this.keeper.send({ kind: "write", operations }, [buffer]);
  }

  private receive(message: FromWriter): void {
    if (message.kind !== "outcomes") return;
    for (const outcome of message.outcomes) {
      const pending = this.posted.get(outcome.id);
      if (pending === undefined) continue;
      this.posted.delete(outcome.id);
      this.postedBytes -= pending.bytes;
      if ("error" in outcome) pending.reject(unpackError(outcome.error));
      else pending.resolve(outcome.result);
    }
    this.wake();
    this.post();
    if (this.posted.size > 0) return;
    if (this.ended === undefined) this.keeper.hold(false);
    else this.keeper.send({ kind: "close" });
  }

  /** The thread has gone: every write that has no answer fails. */
  private fail(error: StoreError): void {
    const lost = [...this.posted.values(), ...this.queue];
    this.posted.clear();
    this.queue = [];
    this.queuedBytes = 0;
    this.postedBytes = 0;
    for (const pending of lost) pending.reject(error);
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
