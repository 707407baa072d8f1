import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** One request as an app got it. */
export interface AppRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly body: Buffer;
  readonly bodySha256: string;
}

export interface TestApp {
  readonly port: number;
  readonly server: Server;
  /** Requests read to their end, in order. */
  readonly requests: readonly AppRequest[];
  /** Changes what the app answers. */
  answer: RequestListener;
  close(): Promise<void>;
}

/** An app on a free port of 127.0.0.1; it answers 200 with `ok` until told otherwise. */
export async function startApp(
  answer: RequestListener = (_request, response) => void response.end("ok"),
): Promise<TestApp> {
  const requests: AppRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    void readBody(request).then(
      (body) => {
        requests.push({
          method: request.method ?? "",
          url: request.url ?? "",
          rawHeaders: request.rawHeaders,
          rawTrailers: request.rawTrailers,
          body,
          bodySha256: createHash("sha256").update(body).digest("hex"),
        });
        app.answer(request, response);
      },
      () => {},
    );
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const app: TestApp = {
    answer,
    port: (server.address() as AddressInfo).port,
    server,
    requests,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return app;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
