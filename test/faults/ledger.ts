import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One arrival of an event at the app. */
export interface Arrival {
  readonly id: string;
  readonly bodySha256: string;
  /** The event that it repeats; no other headers are kept: an hour of them does not fit into memory. */
  readonly replayOf: string | undefined;
}

/** An app that keeps a ledger of what arrives, and that can be down for a while on the same port. */
export interface LedgerApp {
  readonly port: number;
  readonly arrivals: readonly Arrival[];
  /** Ids and body hashes of all that arrived. */
  arrived(): ReadonlyMap<string, string>;
  /** Changes what it does with a request whose body was read. */
  answer: RequestListener;
  up(): Promise<void>;
  /** Its port refuses from now on. */
  down(): Promise<void>;
  /** Resolves when nothing has arrived for `quietMs`, or after `limitMs`. */
  quiet(quietMs: number, limitMs: number): Promise<void>;
}

/** Starts the app on a free port of 127.0.0.1; it answers 200. */
export async function startLedgerApp(): Promise<LedgerApp> {
  const arrivals: Arrival[] = [];
  let server: Server | undefined;
  let lastAt = performance.now();
  const take = async (request: IncomingMessage): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    lastAt = performance.now();
    const bodySha256 = createHash("sha256").update(body).digest("hex");
    arrivals.push({ id: idOf(body), bodySha256, replayOf: request.headers["hookcli-replay-of"]?.toString() });
  };
  const open = async (port: number) => {
    const opened = createServer((request, response) => {
      take(request).then(
        () => app.answer(request, response),
        () => undefined,
      );
    });
    opened.on("connection", (socket) => socket.on("error", () => undefined));
    await new Promise<void>((resolve, reject) => opened.once("error", reject).listen(port, "127.0.0.1", resolve));
    server = opened;
    return (opened.address() as AddressInfo).port;
  };
  const app: LedgerApp = {
    port: await open(0),
    arrivals,
    arrived: () => new Map(arrivals.map(({ id, bodySha256 }) => [id, bodySha256])),
    answer: (_request, response) => void response.end("ok"),
    up: async () => void (await open(app.port)),
    async down() {
      const closed = new Promise((resolve) => server?.close(resolve));
      server?.closeAllConnections();
      await closed;
    },
    async quiet(quietMs, limitMs) {
      const until = performance.now() + limitMs;
      lastAt = performance.now();
      while (performance.now() < until && performance.now() - lastAt < quietMs) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
  return app;
}

/** The ids of acknowledged events that none of the places has with the body that was sent. */
export function lostOf(
  acknowledged: ReadonlyMap<string, string>,
  ...places: readonly ReadonlyMap<string, string>[]
): string[] {
  return [...acknowledged].filter(([id, hash]) => places.every((place) => place.get(id) !== hash)).map(([id]) => id);
}

function idOf(body: Buffer): string {
  try {
    return String((JSON.parse(body.toString("utf8")) as { id?: unknown }).id);
  } catch {
    return "";
  }
}
