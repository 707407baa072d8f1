import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { headersFromRaw, type HeaderList } from "../../src/events/headers.js";

/** A request that an app has seen. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

export interface TestApp {
  readonly port: number;
  readonly seen: SeenRequest[];
  /** What is answered: a status, or a whole answer. May be replaced at any time. */
  answer: (request: SeenRequest) => { status: number; body?: string; headers?: Record<string, string> } | undefined;
  close(): Promise<void>;
}

/** An app on a port of its own that keeps what it is sent; an `answer` of `undefined` is no answer at all. */
export async function openTestApp(answer: TestApp["answer"] = () => ({ status: 200, body: "ok\n" })): Promise<TestApp> {
  const server: Server = createServer((request, response) => {
    void read(request).then((seen) => {
      app.seen.push(seen);
      const given = app.answer(seen);
      if (given !== undefined) response.writeHead(given.status, given.headers).end(given.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const app: TestApp = {
    port: (server.address() as AddressInfo).port,
    seen: [],
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return app;
}

async function read(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers = headersFromRaw(request.rawHeaders);
  const header = (name: string) => headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return { method: request.method ?? "", path: request.url ?? "", headers, header, body: Buffer.concat(chunks) };
}

/** An HMAC written out, independent of the code under test. */
export function hmac(
  secret: string | Buffer,
  parts: readonly (string | Buffer)[],
  encoding: "hex" | "base64" = "hex",
  hash = "sha256",
): string {
  const mac = createHmac(hash, secret);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
}
