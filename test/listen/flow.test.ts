import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { BackgroundReport, createQueue } from "../../src/commands/listen/background.js";
import { Deadlines } from "../../src/commands/listen/deadlines.js";
import { deliveryMode, type DeliveryOptions } from "../../src/commands/listen/delivery-options.js";
import { EventFlow } from "../../src/commands/listen/flow.js";
import { createGatekeeper } from "../../src/commands/listen/gatekeeper.js";
import { ListenReporter } from "../../src/commands/listen/report.js";
import { forwardedFor, router } from "../../src/commands/listen/routing.js";
import type { ListenOptions } from "../../src/commands/listen/options.js";
import { loadConfig } from "../../src/config/config.js";
import { createDeliverer } from "../../src/deliver/create.js";
import { parseTarget } from "../../src/deliver/target.js";
import { createOutput } from "../../src/output/terminal.js";
import { createReceiver } from "../../src/receive/create.js";
import type { Store } from "../../src/store/store.js";
import { startApp } from "../helpers/http-app.js";
import { testContext } from "../helpers/run.js";
import { CommitGate, faultyWriterUrl, sharedNumbers, type WriterFaults } from "../store/faults.js";
import { openTestStore, testFolder } from "../store/open-test-store.js";

const OPTIONS: ListenOptions = {
  tunnel: false,
  port: 0,
  allowIp: [],
  trustedProxy: [],
  allowType: [],
  require: [],
  secret: [],
  key: [],
  setting: [],
  maxBody: 2 ** 20,
  events: [],
  route: [],
  routes: [],
  header: [],
  hostHeader: "target",
  timeout: 30_000,
  respond: 200,
  handshake: "auto",
};

/** The parts of `listen`, put together over a store whose commits the test commands, in front of a real app. */
async function listenOver(faults: WriterFaults, events: readonly string[] = [], how: DeliveryOptions = {}) {
  const store = await openTestStore({ writerPath: await faultyWriterUrl(), faults });
  const app = await startApp();
  const context = testContext({ cwd: testFolder() });
  const output = createOutput(context, { json: true, quiet: false, verbose: false, color: "never" });
  const config = await loadConfig(context, {});
  const publicUrl = () => undefined;
  const deliverer = createDeliverer({
    timeoutMs: 30_000,
    insecure: false,
    allowRemote: false,
    hostHeader: "target",
    headers: [],
    monotonic: context.monotonic,
  });
  const { project } = config;
  const reporter = new ListenReporter(output, context);
  const background = new BackgroundReport(output, reporter);
  const mode = deliveryMode(how);
  const forwarded = forwardedFor(publicUrl);
  const parts = { context, project, store, deliverer, forwarded };
  const queue = createQueue({ ...parts, settings: mode.queue, routes: [], own: [], report: background });
  const flow = new EventFlow({
    ...parts,
    queue,
    background,
    deadlines: new Deadlines(output, { own: [], isSimulated: false }),
    mode,
    reporter,
    gatekeeper: await createGatekeeper({ context, output, config, options: OPTIONS, publicUrl }),
    route: router(parseTarget(String(app.port)), events),
    ownAnswer: { status: 200, headers: [], body: new Uint8Array() },
  });
  const receiver = await createReceiver({
    port: 0,
    maxBodyBytes: OPTIONS.maxBody,
    maxInFlightBytes: 2 ** 24,
    trustedProxies: [],
    now: context.now,
    onRequest: (request, answer) => flow.receive(request, answer),
    onUpgrade: (upgrade) => flow.upgrade(upgrade),
  });
  onTestFinished(async () => {
    await Promise.all([receiver.close(0), queue.stop(0)]);
    await flow.settled();
    await deliverer.close();
    await app.close();
  });
  const send = (id: string, filler = "") =>
    fetch(receiver.localUrl, { method: "POST", body: JSON.stringify({ type: "test", id, filler }) }).then(
      async (response) => ({
        status: response.status,
        retryAfter: response.headers.get("retry-after"),
        body: await response.text(),
      }),
    );
  /** What a WebSocket handshake is answered, to the end of the connection. */
  const upgrade = async (path: string) => {
    const socket = connect(receiver.localPort, "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    return text(socket);
  };
  return { store, app, send, upgrade, settled: () => flow.settled(), stderr: () => context.stderr.text };
}

function storedIds(store: Store): (string | null)[] {
  return [...store.select({ names: [], order: "oldest" })].map(({ providerEventId }) => providerEventId);
}

describe("a sender", () => {
  it("is answered 2xx for each event that was committed, and 503 for each whose commit failed", async () => {
    // Each request makes two commits: the event, and the end of its attempt.
    const { store, app, send } = await listenOver({ failCommits: [3, 7, 8, 12] });
    const statuses = new Map<string, number>();

    for (let n = 0; n < 12; n += 1) statuses.set(`id-${n}`, (await send(`id-${n}`)).status);

    const accepted = [...statuses].filter(([, status]) => status === 200).map(([id]) => id);
    const refused = [...statuses].filter(([, status]) => status === 503).map(([id]) => id);
    const delivered = app.requests.map(({ body }) => (JSON.parse(body.toString()) as { id: string }).id);
    expect(accepted.length + refused.length).toBe(12);
    expect(refused.length).toBeGreaterThan(0);
    expect(storedIds(store)).toEqual(accepted);
    expect(delivered).toEqual(accepted);
  });

  it("waits, and the app too, until the event's own commit is on disk", async () => {
    const gate = new CommitGate();
    const { store, app, send } = await listenOver({ gate: gate.shared });

    const answers: string[] = [];
    const first = send("first").then(({ status }) => answers.push(`first ${status}`));
    await gate.reached(1);
    const second = send("second").then(({ status }) => answers.push(`second ${status}`));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = [[...answers], app.requests.length, storedIds(store).length];
    gate.pass(1);
    await first;
    const between = [[...answers], app.requests.length];
    gate.pass(1000);
    await second;

    expect(before).toEqual([[], 0, 0]);
    expect(between).toEqual([["first 200"], 1]);
    expect(answers).toEqual(["first 200", "second 200"]);
    expect(storedIds(store)).toEqual(["first", "second"]);
  });

  it("gets 507 while the disk is full, is told when to come again, and the user is told once", async () => {
    const quota = sharedNumbers(1);
    const { store, app, send, stderr } = await listenOver({ quota });
    await send("before");
    Atomics.store(quota, 0, 1);

    const full = [await send("full-1", "x".repeat(200_000)), await send("full-2", "x".repeat(200_000))];
    Atomics.store(quota, 0, 0);
    const after = await send("after");

    expect(full.map(({ status, retryAfter }) => [status, retryAfter])).toEqual([
      [507, "1"],
      [507, "1"],
    ]);
    expect(after.status).toBe(200);
    expect(storedIds(store)).toEqual(["before", "after"]);
    expect(app.requests).toHaveLength(2);
    expect(stderr().match(/warning/g)).toHaveLength(1);
  });

  it("is answered for an event that is removed meanwhile, and nothing is said of it", async () => {
    const { store, app, send, settled, stderr } = await listenOver({});
    app.answer = (_request, response) => void store.remove([1]).then(() => response.end("ok"));

    const { status } = await send("removed");
    await settled();

    expect(status).toBe(200);
    expect(storedIds(store)).toEqual([]);
    expect(stderr()).toBe("");
  });
});

describe("the end of an attempt whose answer the sender got", () => {
  it("is stored later when its commit failed", async () => {
    const { store, send, stderr } = await listenOver({ failCommits: [2, 3] });

    const { status } = await send("late");
    await vi.waitFor(() => expect(store.get(1)?.state).toBe("delivered"), { timeout: 20_000 });

    expect(status).toBe(200);
    expect(store.get(1)?.attempts).toMatchObject([{ n: 1, status: 200, error: null }]);
    expect(stderr().match(/warning/g)).toHaveLength(1);
  });

  it("is stored later when its commit failed, and the event is delivered again", async () => {
    const { store, app, send } = await listenOver({ failCommits: [2] }, [], { retry: 1, retryDelays: [10] });
    app.answer = (_request, response) => response.writeHead(app.requests.length === 1 ? 500 : 200).end();

    const { status } = await send("again");
    await vi.waitFor(() => expect(store.get(1)?.state).toBe("delivered"), { timeout: 20_000 });

    expect(status).toBe(500);
    expect(store.get(1)?.attempts).toMatchObject([{ status: 500 }, { status: 200 }]);
  });
});

describe("the sender of an upgrade", () => {
  it("that no target is for is answered 501, and its event is stored", async () => {
    const { store, upgrade } = await listenOver({}, ["payment.*"]);

    const answer = await upgrade("/chat");

    expect(answer).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n/);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ error: "no_target" });
    expect([...store.select({ names: [], order: "oldest" })]).toMatchObject([
      { state: "stored", method: "GET", path: "/chat", attempts: [] },
    ]);
  });

  it("gets 507 and when to come again while the disk is full", async () => {
    const quota = sharedNumbers(1);
    const { store, send, upgrade } = await listenOver({ quota });
    await send("before");
    Atomics.store(quota, 0, 1);

    const answer = await upgrade(`/${"x".repeat(30_000)}`);

    expect(answer).toMatch(/^HTTP\/1\.1 507 Insufficient Storage\r\n/);
    expect(answer).toContain("Retry-After: 1\r\n");
    expect(answer).toContain('{"error":"not_stored"');
    expect(storedIds(store)).toEqual(["before"]);
  });
});
