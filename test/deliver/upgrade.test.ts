import { randomBytes } from "node:crypto";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { headersOf, openRawApp, type RawApp } from "../helpers/app.js";
import type { DelivererOptions } from "../../src/deliver/deliverer.js";
import { createDialer } from "../../src/proxies/dialer.js";
import { openProxy, type TestProxy } from "../helpers/proxy.js";
import { openRaw, sendRaw } from "../helpers/raw-client.js";

const cleanup: (() => Promise<void>)[] = [];
const HANDSHAKE =
  "GET /ws?a=1 HTTP/1.1\r\nHOST: public.test\r\nx-First: 1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-LAST: 2\r\nx-last: 3\r\n\r\n";

afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

async function proxy(target: string, options: Parameters<typeof openProxy>[1] = {}): Promise<TestProxy> {
  const opened = await openProxy(target, options);
  cleanup.push(() => opened.close());
  return opened;
}

async function wsApp(): Promise<{ port: number; sockets: WebSocketServer; http: Server; requests: IncomingMessage[] }> {
  const http = createServer();
  const requests: IncomingMessage[] = [];
  const sockets = new WebSocketServer({ server: http, handleProtocols: (protocols) => [...protocols][0] ?? false });
  sockets.on("connection", (socket, request) => {
    requests.push(request);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  cleanup.push(async () => {
    for (const client of sockets.clients) client.terminate();
    await new Promise((resolve) => http.close(resolve).closeAllConnections());
  });
  return { port: (http.address() as AddressInfo).port, sockets, http, requests };
}

async function client(port: number, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?room=1`, protocols);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return socket;
}

function next(socket: WebSocket): Promise<Buffer> {
  return new Promise((resolve) => socket.once("message", (data) => resolve(data as Buffer)));
}

describe("a WebSocket through the receiver", () => {
  test("carries text and a megabyte both ways, and the agreed subprotocol", async () => {
    const app = await wsApp();
    const { receiver } = await proxy(String(app.port));
    const socket = await client(receiver.tunnelPort, ["chat", "other"]);
    const large = randomBytes(1024 * 1024);

    socket.send("hello");
    const text = await next(socket);
    socket.send(large);
    const echoed = await next(socket);
    socket.close();

    expect(text.toString()).toBe("hello");
    expect(Buffer.compare(echoed, large)).toBe(0);
    expect(socket.protocol).toBe("chat");
    expect(app.requests[0]?.url).toBe("/chat?room=1");
  });

  test("a close by the client reaches the app, with its code", async () => {
    const app = await wsApp();
    const { receiver, outcomes } = await proxy(String(app.port));
    const socket = await client(receiver.localPort);
    const [served] = app.sockets.clients;
    const code = new Promise((resolve) => served?.once("close", resolve));

    socket.close(4001, "bye");

    expect(await code).toBe(4001);
    await expect.poll(() => outcomes).toMatchObject([{ status: 101, error: null, unanswered: false }]);
  });

  test("a close by the app reaches the client, with its code", async () => {
    const app = await wsApp();
    const { receiver, outcomes } = await proxy(String(app.port));
    const socket = await client(receiver.localPort);
    const code = new Promise((resolve) => socket.once("close", resolve));

    for (const served of app.sockets.clients) served.close(4002);

    expect(await code).toBe(4002);
    await expect.poll(() => outcomes).toMatchObject([{ status: 101 }]);
  });

  test.each(["app", "client"])("the death of the %s without a close frame ends the other side", async (side) => {
    const app = await wsApp();
    const { receiver, outcomes } = await proxy(String(app.port));
    const socket = await client(receiver.localPort);
    const [served] = app.sockets.clients;
    const ended = [socket, served].map((one) => new Promise((resolve) => one?.once("close", resolve)));

    if (side === "app") served?.terminate();
    else socket.terminate();

    await Promise.all(ended);
    await expect.poll(() => outcomes).toHaveLength(1);
  });

  test("a half-open end (FIN) of either side is a death", async () => {
    const app = await openRawApp(
      (socket) =>
        void socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nlast"),
    );
    cleanup.push(() => app.close());
    const { receiver, outcomes } = await proxy(String(app.port));

    const answer = await sendRaw(receiver.localPort, HANDSHAKE);

    expect(answer.text.endsWith("\r\n\r\nlast")).toBe(true);
    await expect.poll(() => outcomes).toMatchObject([{ status: 101 }]);
  });

  test("passes the handshake's headers on in order and case, and the bytes that came with it", async () => {
    let early = "";
    const app = await openRawApp((socket) => {
      socket.on("data", (chunk: Buffer) => (early += chunk.toString()));
      socket.write(
        "HTTP/1.1 101 Odd Reason\r\nX-b: 1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-B: 2\r\n\r\nfirst",
      );
    });
    cleanup.push(() => app.close());
    const { receiver } = await proxy(String(app.port));

    const answer = await sendRaw(receiver.localPort, `${HANDSHAKE}early`, { done: (text) => text.endsWith("first") });

    expect(answer.text).toBe(
      "HTTP/1.1 101 Odd Reason\r\nX-b: 1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-B: 2\r\n\r\nfirst",
    );
    expect(app.requests[0]).toMatch(/^GET \/ws\?a=1 HTTP\/1\.1\r\n/);
    expect(headersOf(app.requests[0] ?? "")).toEqual([
      ["Host", `localhost:${app.port}`],
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["x-First", "1"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["Sec-WebSocket-Version", "13"],
      ["X-LAST", "2"],
      ["x-last", "3"],
    ]);
    await expect.poll(() => early).toContain("early");
  });

  test("an app that says no is passed on as it is", async () => {
    const app = createServer(
      (_incoming, response) => void response.writeHead(403, "Not You", { "X-Why": "because" }).end("no entry"),
    );
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    cleanup.push(() => new Promise((resolve) => app.close(() => resolve()).closeAllConnections()));
    const { receiver, outcomes } = await proxy(String((app.address() as AddressInfo).port));

    const answer = await sendRaw(receiver.localPort, HANDSHAKE);

    expect(answer.text).toMatch(/^HTTP\/1\.1 403 Not You\r\nX-Why: because\r\n/);
    expect(answer.text.endsWith("\r\n\r\nno entry")).toBe(true);
    expect(outcomes).toMatchObject([{ status: 403, error: null, answerSize: 8 }]);
    expect(Buffer.from(outcomes[0]?.body ?? []).toString()).toBe("no entry");
  });

  test.each([
    ["is down", 502, "refused"],
    ["never answers", 504, "timeout"],
    ["resets", 502, "reset"],
  ])("an app that %s is a %i", async (kind, status, error) => {
    const app = await openRawApp((socket) => (kind === "resets" ? void socket.resetAndDestroy() : undefined));
    if (kind === "is down") await app.close();
    else cleanup.push(() => app.close());
    const { receiver, outcomes } = await proxy(String(app.port), { deliverer: { timeoutMs: 100 } });

    const answer = await sendRaw(receiver.localPort, HANDSHAKE);

    expect(answer.statuses).toEqual([status]);
    expect(JSON.parse(answer.text.split("\r\n\r\n")[1] ?? "")).toMatchObject({ error: `target_${error}` });
    expect(outcomes).toMatchObject([{ error, status: null, unanswered: false }]);
  });

  test("a target outside loopback is not connected to", async () => {
    const { receiver, outcomes } = await proxy("192.0.2.1:80");

    const answer = await sendRaw(receiver.localPort, HANDSHAKE);

    expect(answer.statuses).toEqual([502]);
    expect(outcomes).toMatchObject([{ error: "not_allowed" }]);
  });

  test("a client that leaves before the app has answered ends the attempt", async () => {
    const app = await openRawApp(() => undefined);
    cleanup.push(() => app.close());
    const { receiver, outcomes } = await proxy(String(app.port));

    const socket = await openRaw(receiver.localPort);
    socket.write(HANDSHAKE);
    await expect.poll(() => app.requests.length).toBe(1);
    socket.destroy();

    await expect.poll(() => outcomes).toMatchObject([{ error: "aborted", status: null }]);
  });

  async function silentProxy(): Promise<{ app: RawApp; deliverer: Partial<DelivererOptions> }> {
    const app = await openRawApp(() => undefined);
    cleanup.push(() => app.close());
    const dialer = await createDialer({ HTTP_PROXY: `http://127.0.0.1:${app.port}` });
    return { app, deliverer: { allowRemote: true, dialer } };
  }

  test("a proxy before the app that never answers is a timeout", async () => {
    const { deliverer } = await silentProxy();
    const options = { deliverer: { ...deliverer, timeoutMs: 100 } };
    const { receiver, outcomes } = await proxy("http://192.0.2.1", options);

    const answer = await sendRaw(receiver.localPort, HANDSHAKE);

    expect(answer.statuses).toEqual([504]);
    expect(outcomes).toMatchObject([{ error: "timeout", status: null }]);
  });

  test("a client that leaves before a proxy has answered ends the attempt, and the connection to the proxy", async () => {
    const { app, deliverer } = await silentProxy();
    const { receiver, outcomes } = await proxy("http://192.0.2.1", { deliverer });

    const socket = await openRaw(receiver.localPort);
    socket.write(HANDSHAKE);
    await expect.poll(() => app.requests.length).toBe(1);
    socket.destroy();

    await expect.poll(() => outcomes).toMatchObject([{ error: "aborted", status: null }]);
    const open = () => new Promise((resolve) => app.server.getConnections((_error, count) => resolve(count)));
    await expect.poll(open).toBe(0);
  });

  test("a client whose connection was cut before the app is asked is not joined with it", async () => {
    const app = await wsApp();
    const { receiver, outcomes } = await proxy(String(app.port), {
      async changeUpgrade(upgrade) {
        await new Promise((resolve) => upgrade.socket.once("close", resolve).destroy());
        return upgrade;
      },
    });

    await sendRaw(receiver.localPort, HANDSHAKE);

    await expect.poll(() => outcomes).toMatchObject([{ error: "aborted", status: null }]);
  });

  test("a long answer that says no adds no listener at each pause of a slow client", async () => {
    const app = createServer((_incoming, response) => void response.writeHead(403).end(randomBytes(8 * 2 ** 20)));
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    cleanup.push(() => new Promise((resolve) => app.close(() => resolve()).closeAllConnections()));
    const slow = new Duplex({
      highWaterMark: 1,
      read: () => {},
      write: (_chunk, _encoding, done) => setImmediate(done),
    });
    let most = 0;
    slow.on("drain", () => (most = Math.max(most, slow.listenerCount("close"))));
    const { receiver, outcomes } = await proxy(String((app.address() as AddressInfo).port), {
      changeUpgrade: async (upgrade) => ({ ...upgrade, socket: slow }),
    });

    const socket = await openRaw(receiver.localPort);
    socket.write(HANDSHAKE);

    await expect.poll(() => outcomes).toMatchObject([{ status: 403, error: null, answerSize: 8 * 2 ** 20 }]);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(5);
    socket.destroy();
  });

  test("a gate on the head refuses it before the app hears of it", async () => {
    const app = await wsApp();
    const { receiver } = await proxy(String(app.port), {
      receiver: { onHead: () => ({ status: 403, code: "ip_not_allowed", message: "no" }) },
    });

    const answer = await sendRaw(receiver.localPort, HANDSHAKE);

    expect(answer.statuses).toEqual([403]);
    expect(app.requests).toEqual([]);
  });

  test("closing cuts open WebSockets", async () => {
    const app = await wsApp();
    const opened = await openProxy(String(app.port));
    const socket = await client(opened.receiver.localPort);
    const ended = new Promise((resolve) => socket.once("close", resolve));

    await opened.close();

    await ended;
    await expect.poll(() => opened.outcomes).toHaveLength(1);
  });
});

test("an ordinary request through node's own client and the proxy keeps working beside a WebSocket", async () => {
  const app = await wsApp();
  app.http.on("request", (_incoming, response) => response.end("plain"));
  const { receiver } = await proxy(String(app.port));
  const socket = await client(receiver.localPort);

  const text = await new Promise<string>((resolve) => {
    httpRequest({ port: receiver.localPort, host: "127.0.0.1" }, (incoming) => {
      incoming.setEncoding("utf8").once("data", resolve);
    }).end();
  });
  socket.terminate();

  expect(text).toBe("plain");
});
