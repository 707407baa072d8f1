import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { headersFromRaw, headerValue } from "../../src/events/headers.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, type RunningListen, type Sandbox } from "../helpers/program.js";

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = createSandbox();
});

afterEach(() => sandbox.remove());

interface ShownEvent {
  readonly id: string;
  readonly seq: number;
  readonly state: string;
  readonly attempts: readonly {
    readonly target: string;
    readonly status: number | null;
    readonly error: string | null;
  }[];
}

function configure(text: unknown): void {
  writeFileSync(join(sandbox.folder, "hookcli.config.json"), JSON.stringify(text));
}

async function openApp(status: number | readonly number[] = 200): Promise<TestApp> {
  const statuses = typeof status === "number" ? [status] : [...status];
  const app = await startApp((_request, response) => {
    response.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200).end();
  });
  onTestFinished(() => app.close());
  return app;
}

/** A port of 127.0.0.1 on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function post(listen: RunningListen, body: Record<string, unknown>): Promise<number> {
  const { status } = await fetch(listen.localUrl, { method: "POST", body: JSON.stringify(body) });
  return status;
}

async function shown(name = "last"): Promise<ShownEvent> {
  return JSON.parse((await runProgram(["events", "show", name, "--json"], { sandbox })).stdout) as ShownEvent;
}

const at = (port: number) => `http://127.0.0.1:${port}`;
/** How often each target was tried. */
const tries = ({ attempts }: ShownEvent, ports: readonly number[]) =>
  ports.map((port) => attempts.filter(({ target }) => target === at(port)).length);

describe("a route's own retries", () => {
  it("go field by field before those of all, for a target that is dead, beside one that is fine", async () => {
    const [fine, dead, down] = [await openApp(), await openApp(500), await closedPort()];
    configure({
      retry: 2,
      retryDelays: ["10ms"],
      routes: [
        { match: "a", target: at(fine.port) },
        { match: "a", target: at(dead.port), retry: 3 },
        { match: "a", target: at(down), retryDelays: ["5ms", "6ms", "7ms", "8ms", "9ms"] },
      ],
    });
    const listen = await startListen(["--no-tunnel"], { sandbox });

    const status = await post(listen, { type: "a" });
    await listen.waitForCount("attempt", 1 + 4 + 3);
    const { stderr } = await listen.stop();
    const event = await shown();

    expect(status).toBe(200);
    expect(tries(event, [fine.port, dead.port, down])).toEqual([1, 4, 3]);
    expect(event.state).toBe("dead");
    expect(stderr).toContain("dead letter");
    const list = await runProgram(["events", "list", "--state", "dead", "--json"], { sandbox });
    expect((JSON.parse(list.stdout) as ShownEvent[]).map(({ id }) => id)).toEqual([event.id]);
  });

  it("are as many as it has delays, where nobody says how many, and none with 0", async () => {
    const [often, never, plain] = [await openApp(500), await openApp(500), await openApp(500)];
    configure({
      retryDelays: ["5ms"],
      routes: [
        { match: "a", target: at(often.port), retryDelays: ["5ms", "6ms", "7ms"] },
        { match: "b", target: at(never.port), retry: 0 },
        { match: "c", target: at(plain.port) },
      ],
    });
    const listen = await startListen(["--no-tunnel", "--ack"], { sandbox });

    for (const type of ["a", "b", "c"]) await post(listen, { type });
    await listen.waitForCount("attempt", 4 + 1 + 2);
    await listen.stop();

    expect([often, never, plain].map(({ requests }) => requests.length)).toEqual([4, 1, 2]);
  });

  it("make the event pending until the last of its targets has taken it", async () => {
    const [fine, slow] = [await openApp(), await openApp([503, 503, 200])];
    configure({
      routes: [
        { match: "a", target: at(slow.port), retry: 5, retryDelays: ["5ms"] },
        { match: "a", target: at(fine.port) },
      ],
    });
    const listen = await startListen(["--no-tunnel"], { sandbox });

    const status = await post(listen, { type: "a" });
    await listen.waitForCount("attempt", 4);
    await listen.stop();
    const event = await shown();

    expect(status).toBe(503);
    expect(event.state).toBe("delivered");
    expect(tries(event, [slow.port, fine.port])).toEqual([3, 1]);
  });

  it("take what all have, of speed and headers, but for what is their own", async () => {
    const [own, plain] = [await openApp([503, 200]), await openApp(503)];
    // Postal waits for two minutes, which pass in a moment for the one, and as they are for the other.
    configure({
      routes: [
        {
          match: "a",
          target: at(own.port),
          retrySpeed: "600000x",
          headers: { "X-Two": "route", "x-three": "route" },
        },
        { match: "a", target: at(plain.port) },
      ],
    });
    const argv = ["--no-tunnel", "--ack", "--retry", "1", "--retry-speed", "1x", "--provider", "postal"];
    const listen = await startListen([...argv, "-H", "X-One: all", "-H", "X-Two: all"], { sandbox });

    await post(listen, { event: "a" });
    await listen.waitForCount("attempt", 3);
    await listen.stop();
    const headers = (app: TestApp) =>
      ["x-one", "x-two", "x-three"].map((name) =>
        headerValue(headersFromRaw(app.requests.at(-1)?.rawHeaders ?? []), name),
      );

    expect([own, plain].map(({ requests }) => requests.length)).toEqual([2, 1]);
    expect((await shown()).state).toBe("pending");
    expect(headers(own)).toEqual(["all", "route", "route"]);
    expect(headers(plain)).toEqual(["all", "all", undefined]);
  });

  it("are an error where a speed has nothing to speed up", async () => {
    configure({ routes: [{ match: "a", target: "1", retrySpeed: "60x" }] });

    const { code, stderr } = await runProgram(["listen", "--no-tunnel"], { sandbox });

    expect(code).toBe(2);
    expect(stderr).toContain("the retrySpeed of the route a=http://localhost:1 needs retry");
  });

  it("hold for each of two routes that differ only in a header that is not shown", async () => {
    const app = await openApp(500);
    const route = (key: string, retry: number) => ({
      match: `header:x-api-key=${key}`,
      target: at(app.port),
      retry,
      retryDelays: ["5ms"],
      headers: { "X-Is": key },
    });
    const home = join(sandbox.folder, "own.json");
    writeFileSync(home, JSON.stringify({ routes: [route("a", 1), route("b", 2)] }));
    const listen = await startListen(["--no-tunnel", "--ack", "--config", home], { sandbox });

    await fetch(listen.localUrl, { method: "POST", body: "{}", headers: { "x-api-key": "b" } });
    await listen.waitForCount("attempt", 3);
    await listen.stop();

    expect(app.requests.map(({ rawHeaders }) => headerValue(headersFromRaw(rawHeaders), "x-is"))).toEqual([
      "b",
      "b",
      "b",
    ]);
  });
});

describe("lines of events", () => {
  it("are held for the target that is down alone, with --queue", async () => {
    const [fine, down] = [await openApp(), await closedPort()];
    const routes = ["--route", `fine=${at(fine.port)}`, "--route", `down=${at(down)}`];
    const listen = await startListen(["--no-tunnel", "--queue", ...routes], { sandbox });

    await post(listen, { type: "down", n: 1 });
    for (let n = 1; n <= 3; n += 1) await post(listen, { type: "fine", n });
    await post(listen, { type: "down", n: 2 });
    await listen.waitFor(({ type }) => type === "attempt");
    await expect.poll(() => fine.requests.length, { timeout: 20_000 }).toBe(3);
    const late = await startLate(down);
    await expect.poll(() => late.length, { timeout: 20_000 }).toBe(2);
    await listen.stop();

    expect(late).toEqual([1, 2]);
    expect(listen.stderr()).toContain(`${at(down)} refuses connections`);
    expect(listen.stderr()).not.toContain(`${at(fine.port)} refuses`);
  });

  it("are in order for each target by itself, with --ordered", async () => {
    const [failing, fine] = [await openApp([503, 200]), await openApp()];
    configure({ retry: 3, retryDelays: ["40ms"] });
    const routes = ["--route", `*=${at(failing.port)}`, "--route", `b=${at(fine.port)}`];
    const listen = await startListen(["--no-tunnel", "--ack", "--ordered", ...routes], { sandbox });

    for (const [n, type] of ["a", "b", "b"].entries()) await post(listen, { type, n });
    await listen.waitForCount("attempt", 4 + 2);
    await listen.stop();
    const order = (app: TestApp) => app.requests.map(({ body }) => (JSON.parse(body.toString()) as { n: number }).n);

    expect(order(failing)).toEqual([0, 0, 1, 2]);
    expect(order(fine)).toEqual([1, 2]);
  });

  /** An app that comes up at a port; the numbers of what it gets. */
  async function startLate(port: number): Promise<readonly number[]> {
    const got: number[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        got.push((JSON.parse(body) as { n: number }).n);
        response.end();
      });
    });
    await listening(server, port);
    return got;
  }
});

describe("a WebSocket", () => {
  it("goes to the first route that fits, with its headers, and not to the others", async () => {
    const [chat, other] = [await openSockets(), await openSockets()];
    configure({
      target: at(other.port),
      routes: [
        { match: "path:/other", target: at(other.port) },
        { match: "path:/chat", target: `${at(chat.port)}/room`, headers: { "X-From": "route" } },
        { match: "path:/*", target: at(other.port) },
      ],
    });
    const listen = await startListen(["--no-tunnel", "-H", "X-From: all", "-H", "X-All: all"], { sandbox });

    const socket = new WebSocket(`${listen.localUrl.replace("http", "ws")}/chat?a=1`);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    socket.send("hello");
    const echoed = await new Promise((resolve) => socket.once("message", (data: Buffer) => resolve(data.toString())));
    socket.close();
    await listen.waitForCount("attempt", 1);
    await listen.stop();
    const [request] = chat.requests;

    expect(echoed).toBe("hello");
    expect([request?.url, request?.headers["x-from"], request?.headers["x-all"]]).toEqual([
      "/room?a=1",
      "route",
      "all",
    ]);
    expect(other.requests).toEqual([]);
    expect((await shown()).attempts).toMatchObject([{ target: `${at(chat.port)}/room`, status: 101 }]);
  });

  it("is given up after the route's own time limit", async () => {
    const silent = createTcpServer((socket) => void socket.on("error", () => {}).resume());
    await listening(silent, 0);
    const { port } = silent.address() as AddressInfo;
    configure({ routes: [{ match: "path:/chat", target: at(port), timeout: "100ms" }] });
    const listen = await startListen(["--no-tunnel", "--timeout", "0"], { sandbox });

    const socket = new WebSocket(`${listen.localUrl.replace("http", "ws")}/chat`);
    const status = await new Promise((resolve) =>
      socket.once("unexpected-response", (_request, { statusCode }: IncomingMessage) => resolve(statusCode)),
    );
    socket.on("error", () => {}).terminate();
    await listen.waitForCount("attempt", 1);
    await listen.stop();

    expect(status).toBe(504);
  });

  async function openSockets(): Promise<{ port: number; requests: IncomingMessage[] }> {
    const http = createServer();
    const requests: IncomingMessage[] = [];
    const sockets = new WebSocketServer({ server: http });
    sockets.on("connection", (socket, request) => {
      requests.push(request);
      socket.on("message", (data) => socket.send(data));
    });
    await listening(http, 0);
    return { port: (http.address() as AddressInfo).port, requests };
  }
});

/** Until the end of the test. */
async function listening(server: Server | ReturnType<typeof createTcpServer>, port: number): Promise<void> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
}

describe("a replay of an event that went to several targets", () => {
  it("goes to that of the last attempt, and says so, and where else it had gone", async () => {
    const [first, second] = [await openApp(), await openApp()];
    // Takes it in an attempt that begins when the other one has had it for certain.
    let isLater = false;
    first.answer = (_request, response) => {
      response.writeHead(isLater ? 200 : 503).end();
      isLater = second.requests.length > 0;
    };
    configure({ routes: [{ match: "a", target: `${at(second.port)}/hook?token=s3cret` }] });
    const argv = ["--route", `a=${at(first.port)}`, "--ack", "--retry", "900", "--retry-delays", "20ms"];
    const listen = await startListen(["--no-tunnel", ...argv], { sandbox });
    await post(listen, { type: "a" });
    await listen.waitFor((message) => message["state"] === "delivered");
    await listen.stop();

    const { code, stderr } = await runProgram(["replay", "last"], { sandbox });
    const elsewhere = await runProgram(["replay", "1", "--to", at(second.port)], { sandbox });

    expect(code).toBe(0);
    expect(stderr).toContain(
      `to ${at(first.port)} (the target of its last attempt; it also went to ${at(second.port)}/hook?token=***)`,
    );
    expect(elsewhere.stderr).toContain("(--to)");
    expect(second.requests.map(({ url }) => url)).toEqual(["/hook?token=s3cret", "/"]);
  });
});

describe("a replay of a dead letter", () => {
  it("goes to the target that did not take it, though another one has been tried later", async () => {
    const [taker, refuser] = [await openApp(), await openApp()];
    refuser.answer = (_request, response) => void response.writeHead(503).end();
    taker.answer = (_request, response) =>
      void response.writeHead(taker.requests.length > 20 && refuser.requests.length > 1 ? 200 : 503).end();
    configure({ routes: [{ match: "a", target: at(refuser.port), retry: 1, retryDelays: ["20ms"] }] });
    const argv = ["--route", `a=${at(taker.port)}`, "--ack", "--retry", "900", "--retry-delays", "20ms"];
    const listen = await startListen(["--no-tunnel", ...argv], { sandbox });
    await post(listen, { type: "a" });
    await listen.waitFor((message) => message["state"] === "dead");
    await listen.stop();
    refuser.answer = (_request, response) => void response.end();

    const { code, stderr } = await runProgram(["replay", "--state", "dead"], { sandbox });
    const { stdout } = await runProgram(["events", "show", "1", "--json"], { sandbox });

    expect(code).toBe(0);
    expect(stderr).toContain(
      `to ${at(refuser.port)} (the last target that did not take it; it also went to ${at(taker.port)}`,
    );
    expect(JSON.parse(stdout)).toMatchObject({ state: "delivered" });
  });
});

describe("routes that are never used", () => {
  it("are warned of by listen and by routes test, of many the first ones", async () => {
    configure({ routes: Array.from({ length: 8 }, (_, index) => ({ match: `a.${index}`, target: "3001" })) });
    const argv = ["--route", "a.*=3001", "-e", "a.*"];
    const listen = await startListen(["--no-tunnel", ...argv], { sandbox });
    await post(listen, { type: "a.1" });
    const { stderr } = await listen.stop();
    const tested = await runProgram(["routes", "test", "last", ...argv], { sandbox });

    for (const text of [stderr, tested.stderr]) {
      expect(text).toContain(
        "warning: the route a.0=http://localhost:3001 is never used: a.*=http://localhost:3001 stands",
      );
      expect(text.match(/is never used/g)).toHaveLength(5);
      expect(text).toContain("3 more routes are never used");
    }
    expect(tested.code).toBe(0);
  });
});
