import { createHash } from "node:crypto";
import { Agent, request } from "node:http";

/** What a load generator knows of one request it sent. */
export interface Sent {
  readonly id: string;
  readonly bodySha256: string;
  /** The answer's status; `undefined` when there was none. */
  status: number | undefined;
  /** How long its answer took, milliseconds. */
  tookMs: number | undefined;
}

/** Sends events over keep-alive connections, each with an id and a body of its own, until it is stopped. */
export interface Load {
  readonly sent: readonly Sent[];
  /** Ids and hashes of the events that were answered 2xx. */
  acknowledged(): Map<string, string>;
  /** Resolves when as many were sent as were asked for, and have ended. */
  finished(): Promise<void>;
  /** No more are sent; resolves when those on their way have ended. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly connections: number;
  readonly bodyBytes: number;
  /** Offered over all connections; absent: as fast as answers come. */
  readonly ratePerSecond?: number;
  /** How many are sent; absent: until the load is stopped. */
  readonly count?: number;
  /** How long an answer is waited for; absent: for ever. */
  readonly limitMs?: number;
  readonly headers?: Record<string, string>;
}

/** Starts a load on `url`. */
export function startLoad(url: string, options: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const sent: Sent[] = [];
  let stopped = false;
  const pauseMs = options.ratePerSecond === undefined ? 0 : (1000 * options.connections) / options.ratePerSecond;
  const worker = async () => {
    while (!stopped && sent.length < (options.count ?? Infinity)) {
      const startedAt = performance.now();
      await sendOne(url, { agent, sent, ...options });
      const rest = pauseMs - (performance.now() - startedAt);
      if (rest > 0 && !stopped) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  };
  const workers = Array.from({ length: options.connections }, worker);
  return {
    sent,
    acknowledged: () =>
      new Map(
        sent.filter(({ status }) => status !== undefined && status < 300).map(({ id, bodySha256 }) => [id, bodySha256]),
      ),
    async finished() {
      await Promise.all(workers);
      agent.destroy();
    },
    async stop() {
      stopped = true;
      await this.finished();
    },
  };
}

let counter = 0;

async function sendOne(url: string, options: { agent: Agent; sent: Sent[] } & LoadOptions): Promise<void> {
  const id = `load-${(counter += 1)}`;
  const body = Buffer.from(JSON.stringify({ type: "load", id, filler: "x".repeat(options.bodyBytes) }));
  const entry: Sent = {
    id,
    bodySha256: createHash("sha256").update(body).digest("hex"),
    status: undefined,
    tookMs: undefined,
  };
  options.sent.push(entry);
  const startedAt = performance.now();
  await new Promise<void>((resolve) => {
    const call = request(url, {
      method: "POST",
      agent: options.agent,
      headers: { "content-type": "application/json", "content-length": body.length, ...options.headers },
      ...(options.limitMs === undefined ? {} : { signal: AbortSignal.timeout(options.limitMs) }),
    });
    call.on("response", (response) => {
      response.resume();
      response.on("end", () => {
        entry.status = response.statusCode;
        entry.tookMs = performance.now() - startedAt;
        resolve();
      });
      response.on("error", () => resolve());
    });
    call.on("error", () => resolve());
    call.end(body);
  });
}
