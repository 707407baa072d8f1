import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openRawApp, type RawApp } from "../helpers/app.js";
import { dataPath, hasData } from "../helpers/data.js";
import { openProxy, type TestProxy } from "../helpers/proxy.js";
import { openRaw, sendRaw } from "../helpers/raw-client.js";

const cleanup: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

/** A receiver in front of an app on the bare socket. */
async function before(
  behave: (socket: Socket, nth: number) => void,
  options: Parameters<typeof openProxy>[1] = {},
): Promise<{ app: RawApp; proxy: TestProxy; port: number }> {
  const app = await openRawApp(behave);
  const proxy = await openProxy(String(app.port), options);
  cleanup.push(
    () => app.close(),
    () => proxy.close(),
  );
  return { app, proxy, port: proxy.receiver.tunnelPort };
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

describe("the app's answer, as its sender sees it", () => {
  test("keeps reason, order, case, repeats and latin1 bytes; adds no header but the framing's", async () => {
    const { port } = await before(
      (socket) =>
        void socket.write(
          Buffer.from(
            "HTTP/1.1 299 Quite \xc3\xa9\r\nX-b: 1\r\nset-COOKIE: a=\xe9\r\nSet-Cookie: b\r\nX-B: 2\r\nContent-Length: 2\r\n\r\nok",
            "latin1",
          ),
        ),
    );

    const answer = await sendRaw(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { done: (text) => text.endsWith("ok") });

    expect(answer.text).toBe(
      "HTTP/1.1 299 Quite \xc3\xa9\r\nX-b: 1\r\nset-COOKIE: a=\xe9\r\nSet-Cookie: b\r\nX-B: 2\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok",
    );
  });

  test.each([
    ["HEAD with a length", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", "Content-Length: 1234"],
    ["204", "POST", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", "X: y"],
    ["304 with a length", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", "Content-Length: 99"],
  ])("%s ends with its head, and the connection goes on", async (_name, method, bytes, header) => {
    const { port, proxy } = await before((socket) => void socket.write(bytes));
    const one = `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`;

    const answer = await sendRaw(port, `${one}${one}`, { done: (text) => text.split("\r\n\r\n").length === 3 });

    expect(answer.statuses).toHaveLength(2);
    expect(answer.text).toContain(header);
    expect(answer.text).not.toContain("Transfer-Encoding");
    expect(proxy.outcomes).toMatchObject([{ error: null }, { error: null }]);
  });

  test("chunks, trailers and 103 come through", async () => {
    const { port } = await before((socket) => {
      socket.write(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      socket.write("3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n");
    });

    const answer = await sendRaw(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", {
      done: (text) => text.endsWith("X-Sum: 6\r\n\r\n"),
    });

    expect(answer.text).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK\r\nTrailer: X-Sum\r\n/,
    );
    expect(answer.text).toContain("3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n");
  });

  test("server-sent events arrive one by one", async () => {
    let app: Socket | undefined;
    const { port } = await before((socket) => {
      app = socket;
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    });
    const sender = await openRaw(port);
    let text = "";
    sender.on("data", (chunk: Buffer) => (text += chunk.toString()));
    sender.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    await expect.poll(() => text).toContain("text/event-stream");
    app?.write("8\r\ndata: 1\n\r\n");
    await expect.poll(() => text).toContain("data: 1");
    app?.write("8\r\ndata: 2\n\r\n");
    await expect.poll(() => text).toContain("data: 2");
    sender.destroy();
  });

  test.each([
    ["inside a length", "Content-Length: 10\r\n\r\nabc"],
    ["inside a chunk", "Transfer-Encoding: chunked\r\n\r\n9\r\nabc"],
  ])("an app that resets %s breaks the sender's connection visibly", async (_name, rest) => {
    const { port } = await before(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => setImmediate(() => socket.resetAndDestroy())),
    );

    const answer = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());

    await expect(answer).rejects.toThrow("terminated");
  });

  test("a sender without lengths and chunks (HTTP/1.0) sees a reset, not an end", async () => {
    let app: Socket | undefined;
    const { port } = await before((socket) => {
      app = socket;
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    });
    const sender = await openRaw(port);
    let text = "";
    const broken = new Promise<string>((resolve) => {
      sender.once("end", () => resolve("end")).once("error", (error) => resolve(error.message));
    });
    sender.on("data", (chunk: Buffer) => (text += chunk.toString()));
    sender.write("GET / HTTP/1.0\r\nHost: a\r\n\r\n");

    await expect.poll(() => text).toMatch(/abc$/);
    app?.resetAndDestroy();

    expect(await broken).toContain("ECONNRESET");
  });

  test.each([
    ["is down", 502, "refused"],
    ["never answers", 504, "timeout"],
    ["speaks no HTTP", 502, "bad_answer"],
    ["sends a header that cannot be passed on", 502, "bad_answer"],
  ])("an app that %s is a %i for the sender, in time", async (kind, status, error) => {
    const { port, app, proxy } = await before(
      (socket) => {
        if (kind === "speaks no HTTP") socket.write("220 smtp ready\r\n");
        if (kind.startsWith("sends")) socket.write("HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n");
      },
      { deliverer: { timeoutMs: 100 } },
    );
    if (kind === "is down") await app.close();

    const answer = await sendRaw(port, GET, { limitMs: 2_000 });

    expect(answer.statuses).toEqual([status]);
    expect(proxy.outcomes).toMatchObject([{ error, unanswered: true }]);
  });

  test("a slow reader of a large answer holds back the app, not the memory", async () => {
    const total = 200 * 1024 * 1024;
    let sent = 0;
    const server: Server = createServer((_incoming, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = (): void => {
        while (sent < total) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = await openProxy(String((server.address() as AddressInfo).port));
    cleanup.push(
      () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
      () => proxy.close(),
    );
    const sender = await openRaw(proxy.receiver.localPort);
    sender.pause();
    sender.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    await expect.poll(() => sent).toBeGreaterThan(0);
    const before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const held = sent;
    let received = 0;
    await new Promise<void>((resolve) => {
      sender.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (received > total) resolve();
      });
      sender.resume();
    });
    sender.destroy();

    expect(before).toBeLessThan(total);
    expect(held).toBeLessThan(40 * 1024 * 1024);
    expect(sent).toBe(total);
  });
});

describe("bodies through the receiver to the app", () => {
  /** An app that answers with the SHA-256 of what it was sent. */
  async function hashing(): Promise<TestProxy> {
    const server = createServer((incoming, response) => {
      const hash = createHash("sha256");
      incoming.on("data", (chunk: Buffer) => hash.update(chunk)).on("end", () => response.end(hash.digest("hex")));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = await openProxy(String((server.address() as AddressInfo).port));
    cleanup.push(
      () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
      () => proxy.close(),
    );
    return proxy;
  }

  async function allArrive(proxy: TestProxy, bodies: readonly Buffer[]): Promise<void> {
    for (const [index, body] of bodies.entries()) {
      const answer = await fetch(`http://127.0.0.1:${proxy.receiver.tunnelPort}/${index}`, { method: "POST", body });
      const sha = createHash("sha256").update(body).digest("hex");
      expect([index, await answer.text()]).toEqual([index, sha]);
      expect(
        createHash("sha256")
          .update(proxy.requests[index]?.body ?? "?")
          .digest("hex"),
      ).toBe(sha);
    }
    expect(proxy.requests).toHaveLength(bodies.length);
  }

  test("every single byte value, nothing, and 25 MiB arrive unharmed", async () => {
    const bodies = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));

    await allArrive(await hashing(), [
      ...bodies,
      Buffer.alloc(0),
      Buffer.alloc(25 * 1024 * 1024, "abc\xff\x00", "latin1"),
    ]);
  });

  test.skipIf(!hasData)("JSONTestSuite arrives unharmed (skipped without HOOKCLI_TEST_DATA)", async () => {
    const folder = dataPath("jsontestsuite", "test_parsing");
    const bodies = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`));

    expect(bodies).toHaveLength(318);
    await allArrive(await hashing(), bodies);
  });

  test.skipIf(!hasData)("the naughty strings arrive unharmed (skipped without HOOKCLI_TEST_DATA)", async () => {
    const strings = JSON.parse(readFileSync(dataPath("blns", "blns.base64.json"), "utf8")) as string[];
    const bodies = strings.map((text) => Buffer.from(text, "base64"));

    expect(bodies.length).toBeGreaterThanOrEqual(515);
    await allArrive(await hashing(), bodies);
  });
});
