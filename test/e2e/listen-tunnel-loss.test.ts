import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFront } from "../helpers/front.js";
import { startLoad } from "../helpers/load.js";
import { runProgram } from "../helpers/program.js";
import { sendPublic } from "../helpers/public-client.js";
import { startGuardedService, takeName } from "../helpers/tunnel-service.js";
import { countResources, resourceEnv } from "../helpers/resources.js";
import {
  eventsIn,
  listenIn,
  publicUrl,
  startAround,
  startServer,
  startTunnelled,
  tunnelStates,
} from "../helpers/tunnelled.js";

const RESTARTS = 20;
/** How soon the same name must be back once the service listens again, milliseconds. */
const BACK_WITHIN_MS = 5_000;
/** What may be open besides at the end: a probe on its way, a connection to the app that has not closed yet. */
const MARGIN = 3;

it("20 restarts of the service under 200 events a second: the same name each time, one down and one up, no answered event lost, nothing left behind", async () => {
  const { server, app, sandbox, listen, url } = await startTunnelled("phoenix", onTestFinished, { env: resourceEnv });
  const offer = { connections: 20, bodyBytes: 500, ratePerSecond: 200, headers: { host: new URL(url).host } };
  const warmUp = startLoad(server.host, offer);
  await sleep(1_000);
  await warmUp.stop();
  const before = await countResources(listen.child, sandbox);

  const load = startLoad(server.host, offer);
  const returns: number[] = [];
  for (let restart = 0; restart < RESTARTS; restart++) {
    await sleep(400 + restart * 30);
    await server.kill();
    await listen.waitForCount("tunnel", 2 * restart + 2, 30_000);
    await server.restart();
    const startedAt = performance.now();
    await listen.waitForCount("tunnel", 2 * restart + 3, 60_000);
    returns.push(performance.now() - startedAt);
  }
  await sleep(1_000);
  // The service never answers what it could not bring to us: only its end frees those senders.
  const stopping = load.stop();
  await sleep(500);
  const last = await sendPublic(url, { path: "/last", body: "x" });
  const quiet = async () => excess(before, await countResources(listen.child, sandbox));
  await expect.poll(quiet, { timeout: 20_000, interval: 500 }).toEqual({});
  const alive = listen.child.exitCode === null;
  const ended = await listen.stop("SIGINT");
  await server.kill();
  await stopping;

  const tunnel = listen.messages.filter(({ type }) => type === "tunnel");
  expect(tunnelStates(tunnel)).toEqual(["up", ...Array.from({ length: RESTARTS }, () => ["down", "up"]).flat()]);
  expect(tunnel.map((message) => message["url"])).toEqual(tunnel.map(() => url));
  expect(Math.max(...returns)).toBeLessThan(BACK_WITHIN_MS);
  const acknowledged = [...warmUp.acknowledged(), ...load.acknowledged()];
  const stored = new Map((await eventsIn(sandbox)).map((event) => [event["providerEventId"], event["bodySha256"]]));
  const delivered = new Set(app.requests.map(({ bodySha256 }) => bodySha256));
  expect(acknowledged.filter(([id, hash]) => stored.get(id) !== hash)).toEqual([]);
  expect(acknowledged.filter(([, hash]) => !delivered.has(hash))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(500);
  expect(last.status).toBe(200);
  expect(alive).toBe(true);
  expect(ended.code).toBe(130);
  const lines = ended.stderr.trim().split("\n");
  expect(lines.filter((line) => line.startsWith("hookcli: warning: the tunnel is down: "))).toHaveLength(RESTARTS);
  expect(ended.stderr).not.toMatch(/unhandled|^\s+at |\(node:|MaxListeners/im);
});

/** What is held beyond the start and the margin, by name. */
function excess(
  before: Awaited<ReturnType<typeof countResources>>,
  after: Awaited<ReturnType<typeof countResources>>,
): Record<string, string> {
  const flat = ({ node, ...rest }: typeof before): Record<string, number> => ({ ...rest, ...node });
  const start = flat(before);
  const more = Object.entries(flat(after)).filter(([name, count]) => {
    const allowed = /^on |threads/.test(name) ? 0 : MARGIN;
    return count > (start[name] ?? 0) + allowed;
  });
  return Object.fromEntries(more.map(([name, count]) => [name, `${start[name] ?? 0} -> ${count}`]));
}

describe.concurrent("over minutes", () => {
  it("a service stopped for 60 s: one down, then one up with the same name", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const { server, app, sandbox, listen, url } = await startTunnelled("sleeper", finish);

    server.stop();
    const stoppedAt = performance.now();
    await listen.waitForCount("tunnel", 2, 60_000);
    const local = await fetch(listen.localUrl, { method: "POST", body: "meanwhile" });
    await sleep(60_000 - (performance.now() - stoppedAt));
    server.cont();
    await listen.waitForCount("tunnel", 3, 60_000);
    const answer = await sendPublic(url, { body: "awake" });
    const ended = await listen.stop("SIGINT");

    expect(tunnelStates(listen.messages)).toEqual(["up", "down", "up"]);
    expect(listen.messages.filter(({ type }) => type === "tunnel").at(-1)).toMatchObject({ url });
    expect([local.status, answer.status]).toEqual([200, 200]);
    expect(app.requests.map(({ body }) => body.toString())).toEqual(["meanwhile", "awake"]);
    expect((await eventsIn(sandbox)).map(({ source }) => source)).toEqual(["local", "tunnel"]);
    expect(ended.code).toBe(130);
  });

  it("90 s without events: still up, and the next ones are answered", async ({ expect, onTestFinished: finish }) => {
    const { app, sandbox, listen, url } = await startTunnelled("quiet", finish);

    await sleep(90_000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => sendPublic(url, { body: "x" })));

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(app.requests).toHaveLength(20);
    expect(await eventsIn(sandbox)).toHaveLength(20);
    expect(tunnelStates(listen.messages)).toEqual(["up"]);
  });

  it("a service that accepts and never answers at the start: told once, ready locally, and up when it answers", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const server = await startServer(finish);
    server.stop();
    const { app, sandbox } = await startAround(finish);
    const argv = [String(app.port), "--tunnel-host", server.host, "-s", "mute"];
    const listen = await listenIn(sandbox, argv, { finish });
    const local = await fetch(listen.localUrl, { method: "POST", body: "here" });
    await sleep(15_000);
    const before = tunnelStates(listen.messages);
    server.cont();
    await listen.waitForCount("tunnel", 2, 60_000);
    const answer = await sendPublic(publicUrl("mute", server), { body: "there" });

    expect(listen.publicUrl).toBeNull();
    expect(before).toEqual(["down"]);
    expect(tunnelStates(listen.messages)).toEqual(["down", "up"]);
    expect(listen.stderr().match(/no tunnel: /g)).toHaveLength(1);
    expect([local.status, answer.status]).toEqual([200, 200]);
    expect(app.requests.map(({ body }) => body.toString())).toEqual(["here", "there"]);
  });

  it("nothing at the tunnel host: told once, captured locally, and up when a service appears", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const server = await startServer(finish);
    await server.kill();
    const { app, sandbox } = await startAround(finish);
    const argv = [String(app.port), "--tunnel-host", server.host, "-s", "early"];
    const listen = await listenIn(sandbox, argv, { finish });
    const local = await fetch(listen.localUrl, { method: "POST", body: "here" });
    await sleep(10_000);
    const before = tunnelStates(listen.messages);
    const refused = await runProgram(["send", "message.created", "--unsigned", "--through-tunnel"], { sandbox });
    await server.restart();
    await listen.waitForCount("tunnel", 2, 60_000);
    const answer = await sendPublic(publicUrl("early", server), { body: "there" });

    expect(before).toEqual(["down"]);
    expect(tunnelStates(listen.messages)).toEqual(["down", "up"]);
    expect(listen.stderr().match(/no tunnel: /g)).toHaveLength(1);
    expect(refused).toMatchObject({ code: 2 });
    expect([local.status, answer.status]).toEqual([200, 200]);
    expect(app.requests.map(({ body }) => body.toString())).toEqual(["here", "there"]);
  });

  it("a name that another has taken while ours was away is given up for a new URL, told loudly, and send uses it", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const server = await startServer(finish);
    const front = await startFront("pass", server.port);
    finish(() => front.close());
    const { app, sandbox } = await startAround(finish);
    const argv = [String(app.port), "--tunnel-host", front.host, "-s", "ludwig"];
    const listen = await listenIn(sandbox, argv, { finish });
    const old = publicUrl("ludwig", server);
    expect(listen.publicUrl).toBe(old);

    front.mode = "refuse";
    await server.kill();
    await listen.waitForCount("tunnel", 2);
    await server.restart();
    const release = await takeName(server.port, "ludwig");
    finish(release);
    front.mode = "pass";
    const url = String((await listen.waitForCount("tunnel", 3, 90_000))[2]?.["url"]);
    const sent = await runProgram(["send", "message.created", "--unsigned", "--through-tunnel", "--expect", "2xx"], {
      sandbox,
    });
    const ended = await listen.stop("SIGINT");

    expect(url).not.toBe(old);
    expect(tunnelStates(listen.messages)).toEqual(["up", "down", "up"]);
    expect(ended.stderr).toContain("the tunnel service did not give the name ludwig");
    expect(ended.stderr).toContain(`the public URL has changed to ${url}; services that send to ${old} must be told`);
    expect(sent.stderr).toContain(url);
    expect(sent.code).toBe(0);
    expect(app.requests).toHaveLength(1);
    expect(ended.code).toBe(130);
  });

  it("a public URL that does not let our probe through is told as not checked, and kept", async ({
    expect,
    onTestFinished: finish,
  }) => {
    const service = await startGuardedService(finish);
    const { sandbox } = await startAround(finish);
    const listen = await listenIn(sandbox, ["--tunnel-host", service], { finish });
    await sleep(10_000);

    expect(listen.publicUrl).toBe(service);
    expect(tunnelStates(listen.messages)).toEqual(["up"]);
    expect(listen.stderr()).toContain(`hookcli: warning: ${service} could not be checked from here`);
    expect(listen.stderr().match(/warning/g)).toHaveLength(1);
  });

  it.for(["silent", "refuse"] as const)(
    "--require-tunnel ends with 4, and one sentence, when the service is there and does not serve (%s)",
    async (mode, { expect, onTestFinished: finish }) => {
      const front = await startFront(mode);
      finish(() => front.close());
      const { app, sandbox } = await startAround(finish);
      const startedAt = performance.now();

      const argv = ["listen", String(app.port), "--tunnel-host", front.host, "--require-tunnel", "--json"];
      const ended = await runProgram(argv, { sandbox });

      expect(ended).toMatchObject({ code: 4, stdout: "" });
      expect(ended.stderr).toMatch(/^hookcli: error: no tunnel: .*\n$/);
      expect(performance.now() - startedAt).toBeLessThan(40_000);
    },
  );
});
