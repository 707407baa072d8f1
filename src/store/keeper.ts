import { Worker } from "node:worker_threads";
import { storeError } from "./faults.js";
import type { FromWriter, PackedError, ToWriter, WriterData } from "./operations.js";
import { StoreError } from "./store.js";

/** Writes live until their commit, a few milliseconds: more room would only keep more garbage. */
const YOUNG_HEAP_MB = 4;
/** The pauses before a thread is started again, by how often one has died of late, milliseconds. */
const RESTART_PAUSES_MS = [0, 1_000, 5_000, 20_000] as const;
const LONGEST_PAUSE_MS = 20_000;
/** After this long the deaths before a thread do not count any more. */
const STABLE_AFTER_MS = 60_000;

export interface KeeperEvents {
  readonly onMessage: (message: FromWriter) => void;
  /** A thread that was started again has opened the file. */
  readonly onReady: () => void;
  /** The thread has ended, or the one after it could not open the file: what it had not answered for is lost. */
  readonly onLost: (error: StoreError) => void;
}

/** Keeps the writer's thread running: one that dies is started again, a few times a minute at most. */
export class WorkerKeeper {
  /** Why no thread runs or starts at the moment. */
  fault: StoreError | undefined;
  private worker: Worker | undefined;
  private deaths = 0;
  private closing = false;
  private pause: NodeJS.Timeout | undefined;
  private stable: NodeJS.Timeout | undefined;
  private readonly entry: URL;
  private readonly data: WriterData;
  private readonly events: KeeperEvents;
  private readonly ended: Promise<void>;
  private end: () => void = () => undefined;

  constructor(entry: URL, data: WriterData, events: KeeperEvents) {
    this.entry = entry;
    this.data = data;
    this.events = events;
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  /** True while there is a thread that takes messages. */
  get isOpen(): boolean {
    return this.worker !== undefined;
  }

  /** Starts the first thread; rejects with why it could not open the file. */
  async start(): Promise<void> {
    this.adopt(await this.launch());
  }

  send(message: ToWriter, transfer: ArrayBuffer[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  /** Whether the process waits for the thread. */
  hold(held: boolean): void {
    if (held) this.worker?.ref();
    else this.worker?.unref();
  }

  /** No thread is started any more; resolves when the last one has ended, which it does by a message. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.fault !== undefined) {
      clearTimeout(this.pause);
      this.end();
    }
    await this.ended;
  }

  private async launch(): Promise<Worker> {
    const worker = new Worker(this.entry, {
      workerData: this.data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
    });
    await opened(worker, this.data.path);
    return worker;
  }

  private adopt(worker: Worker): void {
    const { path } = this.data;
    let error = storeError("io", path, "the writer ended");
    this.worker = worker;
    this.stable = setTimeout(() => (this.deaths = 0), STABLE_AFTER_MS).unref();
    worker.on("message", this.events.onMessage);
    worker.on("error", (cause) => (error = storeError("io", path, `the writer failed: ${cause.message}`, cause)));
    worker.on("exit", () => {
      this.worker = undefined;
      clearTimeout(this.stable);
      this.lost(error);
    });
  }

  private lost(error: StoreError): void {
    const pauseMs = RESTART_PAUSES_MS[this.deaths] ?? LONGEST_PAUSE_MS;
    this.deaths += 1;
    if (!this.closing && pauseMs > 0) {
      this.fault = error;
      this.pause = setTimeout(() => void this.restart(), pauseMs).unref();
    }
    this.events.onLost(error);
    if (this.closing) this.end();
    else if (pauseMs === 0) void this.restart();
  }

  private async restart(): Promise<void> {
    this.fault = undefined;
    try {
      this.adopt(await this.launch());
    } catch (error) {
      return this.lost(error instanceof StoreError ? error : storeError("io", this.data.path, String(error), error));
    }
    this.events.onReady();
  }
}

/** Resolves when the writer has opened the file; rejects with why it could not. */
function opened(worker: Worker, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (settle: () => void) => {
      worker.off("message", onMessage);
      worker.off("error", onError);
      worker.off("exit", onExit);
      settle();
    };
    const onMessage = (message: FromWriter) => {
      if (message.kind === "open") stop(resolve);
      if (message.kind === "failed") stop(() => reject(unpackError(message.error)));
    };
    const onError = (error: Error) => stop(() => reject(storeError("io", path, error.message, error)));
    const onExit = () => stop(() => reject(storeError("io", path, "the writer ended")));
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
  });
}

/** A fault as the writer sent it. */
export function unpackError({ fault, message, hint }: PackedError): StoreError {
  return new StoreError(fault, message, { hint });
}
