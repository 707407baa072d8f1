import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startApp, type AppRequest, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, type RunningListen, type Sandbox } from "../helpers/program.js";

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = createSandbox({ HOOKCLI_SECRET: "s" });
  app = await startApp();
});

afterEach(async () => {
  await app.close();
  sandbox.remove();
});

interface StoredEvent {
  readonly seq: number;
  readonly state: string;
  readonly attempts: readonly { readonly n: number; readonly error: string | null; readonly status: number | null }[];
}

const listen = (argv: readonly string[], target = app.port) =>
  startListen([String(target), "--no-tunnel", ...argv], { sandbox });
const send = (to: RunningListen, id: unknown, type = "test") =>
  fetch(to.localUrl, { method: "POST", body: JSON.stringify({ type, id }) }).then(({ status }) => status);
const idOf = ({ body }: AppRequest) => (JSON.parse(body.toString()) as { id: unknown }).id;
const attemptOf = ({ rawHeaders }: AppRequest) => rawHeaders[rawHeaders.indexOf("hookcli-attempt") + 1];

/** All events, oldest first. */
async function events(): Promise<readonly StoredEvent[]> {
  const { stdout } = await runProgram(["events", "list", "--limit", "0", "--json"], { sandbox });
  return (JSON.parse(stdout) as StoredEvent[]).toSorted((a, b) => a.seq - b.seq);
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(holds: () => boolean): Promise<void> {
  for (let look = 0; look < 1_500 && !holds(); look += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(holds()).toBe(true);
}

describe("events in the background", () => {
  it("that were at the app when hookcli was killed are delivered once more, marked as the second attempt", async () => {
    const first = await listen(["--ack"]);
    // The app has the event, and its answer of 200 never becomes a commit.
    app.answer = (_request, response) => response.writeHead(200, { "Content-Length": "2" }).flushHeaders();

    expect(await send(first, 1)).toBe(202);
    await until(() => app.requests.length === 1);
    first.child.kill("SIGKILL");
    await first.ended();
    app.answer = (_request, response) => void response.end("ok");
    const second = await listen([]);
    await second.waitForCount("attempt", 1);
    await second.stop();
    const third = await listen([]);
    await third.stop();

    expect(app.requests.map(idOf)).toEqual([1, 1]);
    expect(app.requests[1]?.rawHeaders).toContain("hookcli-attempt");
    expect(attemptOf(app.requests[1] as AppRequest)).toBe("2");
    expect(second.stderr()).toContain("1 event of an earlier run is delivered first");
    expect(await events()).toMatchObject([
      {
        state: "delivered",
        attempts: [
          { n: 1, error: "interrupted" },
          { n: 2, status: 200 },
        ],
      },
    ]);
  });

  it("are shared by two that listen for the same target, and none is delivered by both", async () => {
    const port = await freePort();
    const filling = await listen(["--queue"], port);
    for (let id = 0; id < 1_000; id += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => send(filling, id + index)));
    }
    await filling.stop();
    const delivered: unknown[] = [];
    const back = await startApp((_request, response) => void response.end("ok"));
    await back.close();
    await new Promise<void>((resolve) => back.server.listen(port, "127.0.0.1", resolve));

    const both = await Promise.all([listen(["--ack"], port), listen(["--ack"], port)]);
    await until(() => back.requests.length >= 1_000);
    for (const one of both) await one.stop();
    delivered.push(...back.requests.map(idOf));
    const shares = both.map(({ messages }) => messages.filter(({ type }) => type === "attempt").length);
    back.server.closeAllConnections();
    back.server.close();

    expect(delivered).toHaveLength(1_000);
    expect(new Set(delivered).size).toBe(1_000);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(1_000);
    expect(new Set((await events()).map(({ state }) => state))).toEqual(new Set(["delivered"]));
  }, 90_000);

  it("are held while the app is down, and delivered in order when it is back", async () => {
    const port = await freePort();
    const running = await listen(["--queue"], port);
    for (let id = 0; id < 100; id += 1) expect(await send(running, id)).toBe(202);
    const late = await startApp();
    await late.close();

    await new Promise<void>((resolve) => late.server.listen(port, "127.0.0.1", resolve));
    await until(() => late.requests.length >= 100);
    await running.stop();
    late.server.closeAllConnections();
    late.server.close();

    expect(late.requests.map(idOf)).toEqual(Array.from({ length: 100 }, (_, id) => id));
    expect(running.stderr()).toContain("refuses connections: events are held until it is back");
  }, 60_000);

  it("that are left at the end are counted, and wait for the next run", async () => {
    const port = await freePort();
    const running = await listen(["--queue"], port);
    for (let id = 0; id < 3; id += 1) await send(running, id);
    await until(() => running.stderr().includes("refuses connections"));

    const { code, stderr } = await running.stop("SIGINT");

    expect(code).toBe(130);
    expect(stderr).toContain("3 events are left to deliver: the next listen of this target goes on with them");
    expect((await events()).map(({ state }) => state)).toEqual(["pending", "pending", "pending"]);
  });

  it("are given up after their retries, are dead letters, and are delivered by a replay", async () => {
    app.answer = (_request, response) => response.writeHead(503).end();
    const running = await listen(["--ack", "--retry-delays", "10ms,10ms"]);

    await send(running, 1);
    await running.waitForCount("attempt", 3);
    await until(() => running.stderr().includes("dead letter"));
    await running.stop();
    const dead = await events();
    app.answer = (_request, response) => void response.end("ok");
    const replayed = await runProgram(["replay", "--state", "dead"], { sandbox });

    expect(dead).toMatchObject([{ state: "dead", attempts: [{ status: 503 }, { status: 503 }, { status: 503 }] }]);
    expect(replayed.code).toBe(0);
    expect((await events()).map(({ state }) => state)).toEqual(["delivered", "delivered"]);
  });

  it("are delivered again after a bad answer that the sender has had", async () => {
    let asked = 0;
    app.answer = (_request, response) => response.writeHead((asked += 1) === 1 ? 500 : 200).end();
    const running = await listen(["--retry", "1", "--retry-delays", "10ms"]);

    const status = await send(running, 1);
    await running.waitForCount("attempt", 2);
    await running.stop();

    expect(status).toBe(500);
    expect(await events()).toMatchObject([{ state: "delivered", attempts: [{ status: 500 }, { status: 200 }] }]);
  });
});

describe("a sender that waits for the app", () => {
  it("whose hookcli is killed leaves a failed event, and the next run says so", async () => {
    const first = await listen([]);
    app.answer = () => void first.child.kill("SIGKILL");
    await send(first, 1).catch(() => 0);
    await first.ended();

    const second = await listen([]);
    await second.stop();

    expect(second.stderr()).toContain("1 event of an earlier run had no answer when it ended, and failed: interrupted");
    expect(await events()).toMatchObject([{ state: "failed", attempts: [{ error: "interrupted" }] }]);
    expect(app.requests).toHaveLength(1);
  });

  it("is cut off at its provider's deadline, when that is simulated, and told why", async () => {
    app.answer = () => {};
    const running = await listen(["--simulate-deadline", "--provider", "slack"]);

    const began = Date.now();
    const status = await send(running, 1);
    await running.stop();

    expect(status).toBe(504);
    expect(Date.now() - began).toBeGreaterThan(2_900);
    expect(running.stderr()).toContain(
      "slack expects an answer within 3 s; yours was cut off: use --ack or answer first",
    );
    expect(await events()).toMatchObject([{ state: "failed", attempts: [{ error: "deadline" }] }]);
  });

  it("is cut off at its retries as well, when its provider's deadline is simulated", async () => {
    app.answer = () => {};
    const running = await listen(["--simulate-deadline", "--provider", "slack", "--retry-delays", "10ms"]);

    const status = await send(running, 1);
    await running.waitForCount("attempt", 2);
    await running.stop();

    expect(status).toBe(504);
    expect(await events()).toMatchObject([{ state: "dead", attempts: [{ error: "deadline" }, { error: "deadline" }] }]);
  });
});

describe("copies of an event", () => {
  it("are not delivered again with --drop-duplicates once the app has taken one", async () => {
    const running = await listen(["--drop-duplicates"]);

    const statuses = [await send(running, "a"), await send(running, "a"), await send(running, "b")];
    await running.stop();

    expect(statuses).toEqual([200, 200, 200]);
    expect(app.requests.map(idOf)).toEqual(["a", "b"]);
    expect((await events()).map(({ state }) => state)).toEqual(["delivered", "stored", "delivered"]);
  });

  it("are delivered with --drop-duplicates when the app has not taken one", async () => {
    app.answer = (_request, response) => response.writeHead(500).end();
    const running = await listen(["--drop-duplicates"]);

    await send(running, "a");
    await send(running, "a");
    await running.stop();

    expect(app.requests).toHaveLength(2);
  });
});

describe("options that contradict one another", () => {
  it.each([
    [["--ordered"], "--ordered needs --ack or --queue"],
    [["--ack-status", "200"], "--ack-status needs --ack or --queue"],
    [["--ack", "--ordered", "--concurrency", "2"], "--ordered delivers one event after the other, not 2 at a time"],
    [["--retry-speed", "60x"], "--retry-speed needs --retry"],
  ])("%j are refused", async (argv, message) => {
    const { code, stderr } = await runProgram(["listen", "5000", "--no-tunnel", ...argv], { sandbox });

    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
