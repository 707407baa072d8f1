import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { EventRequest } from "../../src/events/event.js";
import type { HeaderList } from "../../src/events/headers.js";
import type { Responder } from "../../src/receive/receiver.js";

/** An app on the bare socket: it can misbehave in any way. */
export interface RawApp {
  readonly port: number;
  readonly server: Server;
  /** Every whole request head with its body so far, latin1, in order of arrival. */
  readonly requests: string[];
  connections(): number;
  close(): Promise<void>;
}

/** Calls `behave` once for each request head that has come in whole, with the count of requests before it on that connection. */
export async function openRawApp(
  behave: (socket: Socket, nth: number) => void,
  host: string = "127.0.0.1",
): Promise<RawApp> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    let text = "";
    let nth = 0;
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      for (let end = requestEnd(text); end !== -1; end = requestEnd(text)) {
        requests.push(text.slice(0, end));
        text = text.slice(end);
        behave(socket, nth);
        nth += 1;
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    server,
    requests,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function requestEnd(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return -1;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= head + 4 + length ? head + 4 + length : -1;
}

/** The headers of a raw request, in order. */
export function headersOf(request: string): HeaderList {
  const lines = (request.split("\r\n\r\n")[0] ?? "").split("\r\n").slice(1);
  return lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)] as const);
}

/** An event's request, for deliveries. */
export function eventRequest(overrides: Partial<EventRequest> = {}): EventRequest {
  return {
    method: "POST",
    path: "/hook?x=1",
    headers: [
      ["Host", "public.test"],
      ["Content-Type", "application/json"],
    ],
    trailers: [],
    body: Buffer.from('{"a":1}'),
    ...overrides,
  };
}

/** A {@link Responder} that records what it is given. */
export class RecordedAnswer implements Responder {
  started = false;
  congested = false;
  senderGone = false;
  readonly finished: Promise<void> = Promise.resolve();
  readonly steps: string[] = [];
  status: number | undefined;
  headers: HeaderList = [];
  #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  writeInformation(status: number, headers: HeaderList): void {
    this.steps.push(`information ${status} ${headers.map(([name, value]) => `${name}: ${value}`).join("; ")}`);
  }

  writeHead(status: number, reason: string | undefined, headers: HeaderList): void {
    this.started = true;
    this.status = status;
    this.headers = headers;
    this.steps.push(`head ${status} ${reason ?? ""}`);
  }

  write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(Buffer.from(chunk));
    return Promise.resolve();
  }

  end(trailers?: HeaderList): void {
    this.steps.push(trailers === undefined ? "end" : `end ${JSON.stringify(trailers)}`);
  }

  destroy(): void {
    this.steps.push("destroy");
  }

  send(status: number, code: string): void {
    this.started = true;
    this.steps.push(`send ${status} ${code}`);
  }
}
