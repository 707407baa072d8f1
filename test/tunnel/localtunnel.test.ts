import { createHash, randomBytes } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { localtunnel } from "../../src/tunnel/localtunnel.js";
import type { OpenTunnel } from "../../src/tunnel/tunnel.js";
import { startLocaltunnelServer, type LocaltunnelServer } from "../helpers/localtunnel-server.js";
import { post, startApp, startSupervisor } from "./app.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function openApp() {
  const app = await startApp();
  cleanups.push(app.close);
  return app;
}

/** Sends a head and half a body, and goes away. */
async function halfPost(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`POST / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: 10\r\n\r\nhalf`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();
}

async function open(
  host: string,
  port: number,
  options: { subdomain?: string; signal?: AbortSignal; onDoubt?: () => void } = {},
) {
  const { subdomain, signal = new AbortController().signal, onDoubt } = options;
  const tunnel = await localtunnel.open({ port, host, subdomain, signal, onDoubt });
  cleanups.push(() => tunnel.close());
  return tunnel;
}

describe("through a real localtunnel server", () => {
  let server: LocaltunnelServer;
  beforeAll(async () => {
    server = await startLocaltunnelServer();
  });
  afterAll(() => server.close());

  test("gives the name asked for, and its URL", async () => {
    const app = await openApp();

    const tunnel = await open(server.host, app.port, { subdomain: "alice" });

    expect(tunnel.name).toBe("alice");
    expect(tunnel.url).toBe(`http://alice.localhost:${server.port}`);
  });

  test("gives some name when none is asked for", async () => {
    const app = await openApp();

    const tunnel = await open(server.host, app.port);

    expect(tunnel.url).toBe(`http://${tunnel.name}.localhost:${server.port}`);
  });

  test("tells the server's own words when it refuses a name", async () => {
    const app = await openApp();

    await expect(open(server.host, app.port, { subdomain: "A_" })).rejects.toThrow(/answered 403: Invalid subdomain/);
  });

  test("carries 3 KB of random bytes, and every byte value, unharmed", async () => {
    const app = await openApp();
    const tunnel = await open(server.host, app.port, { subdomain: "bytes" });
    const bodies = [
      randomBytes(3_000),
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      Buffer.from("\r\nHost: x\r\n\r\n"),
      randomBytes(2_000_000),
    ];

    for (const body of bodies) {
      const answer = await post(tunnel.url, "/hook", body);

      expect(answer).toEqual({ status: 200, body: createHash("sha256").update(body).digest("hex") });
    }
  });

  test("answers 100 events at once, though the server grants ten connections", async () => {
    const app = await openApp();
    const tunnel = await open(server.host, app.port, { subdomain: "crowd" });
    const bodies = Array.from({ length: 100 }, (_, n) => Buffer.from(`event ${n}`));

    const answers = await Promise.all(bodies.map((body) => post(tunnel.url, "/", body)));

    expect(answers.map(({ body }) => body)).toEqual(
      bodies.map((body) => createHash("sha256").update(body).digest("hex")),
    );
  });

  test("makes no local connection before there is an event, so that none can be timed out", async () => {
    const app = await openApp();
    const tunnel = await open(server.host, app.port, { subdomain: "lazy" });

    const before = app.sockets.size;
    await post(tunnel.url, "/", Buffer.from("x"));

    expect(before).toBe(0);
    expect(app.sockets.size).toBeLessThanOrEqual(1);
  });

  test("works again after 30 senders gave up, once the app has answered those it took", async () => {
    const app = await openApp();
    const tunnel = await open(server.host, app.port, { subdomain: "aborts" });

    for (let round = 0; round < 3; round++) {
      await Promise.allSettled(Array.from({ length: 10 }, () => post(tunnel.url, "/slow", Buffer.from("x"), 200)));
    }
    const timer = setInterval(app.release, 20);
    const answer = await post(tunnel.url, "/", Buffer.from("after"));
    clearInterval(timer);

    expect(answer.status).toBe(200);
    await expect.poll(() => tunnel.vitals?.().saturated).toBe(false);
  });

  test("a sender that goes away in the middle of a body frees its connection at once", async () => {
    const app = await openApp();
    const tunnel = await open(server.host, app.port, { subdomain: "halves" });

    for (let n = 0; n < 30; n++) await halfPost(tunnel.url);
    const answer = await post(tunnel.url, "/", Buffer.from("after"));

    expect(answer.status).toBe(200);
    expect(await Promise.race([tunnel.ended, Promise.resolve("open")])).toBe("open");
  });

  test("knows when every connection is busy", async () => {
    const app = await openApp();
    const tunnel = await open(server.host, app.port, { subdomain: "busy" });
    const posts = Array.from({ length: 20 }, () => post(tunnel.url, "/slow", Buffer.from("x")));

    await expect.poll(() => app.held.size).toBe(10);
    expect(tunnel.vitals?.().saturated).toBe(true);
    const timer = setInterval(app.release, 20);
    await Promise.all(posts);
    clearInterval(timer);

    await expect.poll(() => tunnel.vitals?.().saturated).toBe(false);
  });

  test("lets an answer on its way leave when it is closed, and the name is free again soon after", async () => {
    const app = await openApp();
    const tunnel = await open(server.host, app.port, { subdomain: "farewell" });
    const answer = post(tunnel.url, "/slow", Buffer.from("x"));
    await expect.poll(() => app.held.size).toBe(1);

    const closed = tunnel.close(2_000);
    app.release();

    expect((await answer).status).toBe(200);
    await closed;
    await expect
      .poll(async () => (await open(server.host, app.port, { subdomain: "farewell" })).name, {
        timeout: 5_000,
        interval: 300,
      })
      .toBe("farewell");
  });

  test("has the name back after the server was killed and started again, with one down and one up", async () => {
    const app = await openApp();
    const { supervisor, states, told } = startSupervisor({ host: server.host, port: app.port, subdomain: "phoenix" });
    cleanups.push(() => supervisor.close());
    await told(1);

    await server.kill();
    await told(2);
    await server.restart();
    const startedAt = performance.now();
    await told(3);

    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const url = `http://phoenix.localhost:${server.port}`;
    expect(states.map(({ state }) => state)).toEqual(["up", "down", "up"]);
    expect(states[2]).toEqual({ state: "up", url, changed: false, verified: true, notGranted: undefined });
    expect((await post(url, "/", Buffer.from("x"))).status).toBe(200);
  });

  test("started again at once after a run before, gets the same name", async () => {
    const app = await openApp();
    const first = startSupervisor({ host: server.host, port: app.port, subdomain: "again" });
    await first.told(1);
    await first.supervisor.close();

    const second = startSupervisor({ host: server.host, port: app.port, subdomain: "again" });
    cleanups.push(() => second.supervisor.close());

    expect(await second.told(1)).toMatchObject({ url: `http://again.localhost:${server.port}`, notGranted: undefined });
  });

  test("given another name since the one asked for is taken, says so", async () => {
    const app = await openApp();
    await open(server.host, app.port, { subdomain: "taken" });

    const { supervisor, told } = startSupervisor({ host: server.host, port: app.port, subdomain: "taken" });
    cleanups.push(() => supervisor.close());

    expect(await told(1)).toMatchObject({ state: "up", notGranted: "taken", changed: false, verified: true });
  });
});

describe("with a service that is not well", () => {
  test("a port where nobody listens is an error at once", async () => {
    const { port } = await listen(createServer());
    cleanups.pop()?.();

    await expect(open(`http://127.0.0.1:${port}`, 1)).rejects.toThrow(/is not reachable: connect ECONNREFUSED/);
  });

  test("a service that accepts and never answers is given up when the supervisor says so, leaving no connection", async () => {
    const sockets = new Set<Socket>();
    const { port } = await listen(createServer((socket) => void sockets.add(socket)));
    const stop = new AbortController();
    const opening = open(`http://127.0.0.1:${port}`, 1, { signal: stop.signal });
    await expect.poll(() => sockets.size).toBe(1);

    stop.abort();

    await expect(opening).rejects.toThrow(/is not reachable/);
    const [socket] = sockets;
    await new Promise((resolve) => socket?.resume().once("close", resolve));
  });

  test("a registration whose port refuses is an error, and no connection is tried for ever", async () => {
    const dead = await listen(createServer());
    cleanups.pop()?.();
    const service = await registrar({ id: "alice", port: dead.port, url: "http://alice.test", max_conn_count: 10 });

    await expect(open(service, 1)).rejects.toThrow(/connection to the service failed: connect ECONNREFUSED/);
  });

  test.each([
    ["a page for people", "<html>"],
    ["a list", "[]"],
    ["null", "null"],
    ["no port", { id: "alice", url: "http://alice.test" }],
    ["a port out of range", { id: "alice", port: 70_000, url: "http://alice.test" }],
    ["a URL that is none", { id: "alice", port: 1, url: "alice" }],
    ["a URL of another kind", { id: "alice", port: 1, url: "javascript:alert(1)" }],
    ["no name", { port: 1, url: "http://alice.test" }],
    ["an empty object", {}],
  ])("answering with %s is an error that says so", async (_, answer) => {
    const service = await registrar(answer);

    await expect(open(service, 1)).rejects.toThrow(/does not answer like a localtunnel service/);
  });

  test("an answer without end is cut", async () => {
    const service = await registrar("x".repeat(100_000));

    await expect(open(service, 1)).rejects.toThrow(/longer than 65536 bytes/);
  });

  test("a host that is no URL is an error that names it", async () => {
    await expect(open("loca.lt", 1)).rejects.toThrow("loca.lt is not the http or https URL of a localtunnel service");
  });

  test("no more than 100 connections are made, whatever it grants", async () => {
    let count = 0;
    const cluster = await listen(createServer(() => void count++));
    const service = await registrar({ id: "alice", port: cluster.port, url: "http://alice.test", max_conn_count: 1e9 });

    await open(service, 1);

    await expect.poll(() => count).toBe(100);
  });

  test("connections that are dropped idle while one stays are made again, with growing waits and a doubt each", async () => {
    let connections = 0;
    let doubts = 0;
    const cluster = await listen(createServer((socket) => void (++connections > 1 && socket.destroy())));
    const service = await registrar({ id: "alice", port: cluster.port, url: "http://alice.test", max_conn_count: 2 });

    const tunnel = await open(service, 1, { onDoubt: () => void doubts++ });
    await expect.poll(() => connections, { timeout: 5_000 }).toBeGreaterThan(3);

    expect(connections).toBeLessThan(60);
    expect(doubts).toBeGreaterThan(1);
    await stillOpen(tunnel);
  });

  test("when it drops every idle connection, the tunnel has ended, and nothing is tried again", async () => {
    const sockets: Socket[] = [];
    const cluster = await listen(createServer((socket) => void sockets.push(socket)));
    const service = await registrar({ id: "alice", port: cluster.port, url: "http://alice.test", max_conn_count: 3 });
    const tunnel = await open(service, 1);
    await expect.poll(() => sockets.length).toBe(3);

    for (const socket of sockets) socket.destroy();

    expect(await tunnel.ended).toBe("the service closed its connections");
    expect(sockets).toHaveLength(3);
  });

  test("bytes that are no HTTP go to the receiver and no further: its answer comes back, and the connection is replaced", async () => {
    const app = await openApp();
    const answers: Buffer[] = [];
    let connections = 0;
    const cluster = await listen(
      createServer((socket) => {
        if (++connections > 1) return;
        socket.on("data", (chunk: Buffer) => answers.push(chunk));
        socket.write(Buffer.from([0, 255, 13, 10, 13, 10]));
      }),
    );
    const service = await registrar({ id: "alice", port: cluster.port, url: "http://alice.test", max_conn_count: 1 });

    const tunnel = await open(service, app.port);

    await expect.poll(() => Buffer.concat(answers).toString()).toMatch(/^HTTP\/1.1 400 /);
    await expect.poll(() => connections).toBe(2);
    await stillOpen(tunnel);
  });

  async function stillOpen(tunnel: OpenTunnel) {
    expect(await Promise.race([tunnel.ended, Promise.resolve("open")])).toBe("open");
  }

  async function listen(server: Server) {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => void sockets.add(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port };
  }

  async function registrar(answer: unknown): Promise<string> {
    const text = typeof answer === "string" ? answer : JSON.stringify(answer);
    const { port } = await listen(createHttpServer((_, response) => void response.end(text)));
    return `http://127.0.0.1:${port}`;
  }
});
