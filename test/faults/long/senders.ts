import { createHash } from "node:crypto";
import { Agent, request } from "node:http";

/** What one sender knows of one event. */
export interface SentEvent {
  readonly id: string;
  readonly bodySha256: string;
  /** Of the answer; `undefined` when there was none. */
  readonly status: number | undefined;
  /** When the answer was there, nanoseconds of CLOCK_MONOTONIC. */
  readonly answeredNs: bigint;
}

let counter = 0;

/** Sends one event, with an id and a body of its own, over a connection of `agent`. */
export async function sendEvent(url: string, agent: Agent, bodyBytes: number): Promise<SentEvent> {
  const id = `long-${(counter += 1)}`;
  const body = JSON.stringify({ type: "load", id, filler: "x".repeat(bodyBytes) });
  const status = await new Promise<number | undefined>((resolve) => {
    const call = request(url, { method: "POST", agent, headers: { "content-type": "application/json" } });
    call.setTimeout(20_000, () => call.destroy());
    call.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
      response.on("error", () => resolve(undefined));
    });
    call.on("error", () => resolve(undefined));
    call.end(body);
  });
  const bodySha256 = createHash("sha256").update(body).digest("hex");
  return { id, bodySha256, status, answeredNs: process.hrtime.bigint() };
}

/** Sends over some connections at once until it is stopped; then resolves to all that was sent. */
export function startSenders(
  url: string,
  { connections, bodyBytes }: { readonly connections: number; readonly bodyBytes: number },
): { stop(): Promise<readonly SentEvent[]> } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const sent: SentEvent[] = [];
  let stopped = false;
  const work = async () => {
    while (!stopped) sent.push(await sendEvent(url, agent, bodyBytes));
  };
  const workers = Array.from({ length: connections }, work);
  return {
    async stop() {
      stopped = true;
      await Promise.all(workers);
      agent.destroy();
      return sent;
    },
  };
}

/** Ids and hashes of those that were answered 2xx, by `untilNs` where that is given. */
export function acknowledgedOf(sent: readonly SentEvent[], untilNs?: bigint): Map<string, string> {
  const taken = sent.filter(
    ({ status, answeredNs }) =>
      status !== undefined && status >= 200 && status < 300 && (untilNs === undefined || answeredNs < untilNs),
  );
  return new Map(taken.map(({ id, bodySha256 }) => [id, bodySha256]));
}
