import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLocaltunnelServer } from "../helpers/localtunnel-server.js";
import { post, startApp, startSupervisor } from "../tunnel/app.js";

const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
beforeAll(() => {
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
});
afterAll(() => {
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
  expect(unhandled).toEqual([]);
});

async function setUp(subdomain: string) {
  const server = await startLocaltunnelServer();
  const app = await startApp();
  const supervised = startSupervisor({ host: server.host, port: app.port, subdomain });
  await supervised.told(1);
  const url = `http://${subdomain}.localhost:${server.port}`;
  const tearDown = async () => {
    await supervised.supervisor.close();
    await server.close();
    await app.close();
  };
  return { server, app, url, tearDown, ...supervised };
}

/** Sends events at a rate until stopped; how many were answered rightly, and how many at all. */
function load(url: string, perSecond: number) {
  const body = randomBytes(2_000);
  const expected = createHash("sha256").update(body).digest("hex");
  const pending = new Set<Promise<void>>();
  const count = { right: 0, wrong: 0, failed: 0 };
  const timer = setInterval(() => {
    const one = post(url, "/", body, 5_000)
      .then((answer) => {
        if (answer.status !== 200) count.failed++;
        else if (answer.body === expected) count.right++;
        else count.wrong++;
      })
      .catch(() => void count.failed++)
      .finally(() => pending.delete(one));
    pending.add(one);
  }, 1_000 / perSecond);
  return {
    count,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}

/** Timers, sockets and listeners that this process holds. */
function resources() {
  const counts: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo())
    if (/TCP|Timeout/.test(name)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

test("a server killed and started again 20 times under load: the same name within 5 s each time, one down and one up, nothing left", async () => {
  const before = resources();
  const { server, app, url, states, told, tearDown } = await setUp("phoenix");
  const traffic = load(url, 50);
  const returns: number[] = [];

  for (let restart = 0; restart < 20; restart++) {
    await delay(300 + restart * 20);
    await server.kill();
    await told(2 + 2 * restart);
    await delay(restart * 50);
    await server.restart();
    const startedAt = performance.now();
    await told(3 + 2 * restart);
    returns.push(performance.now() - startedAt);
  }
  await delay(500);
  await traffic.stop();
  const answer = await post(url, "/", Buffer.from("last"));
  await tearDown();

  const up = { state: "up", url, changed: false, verified: true, notGranted: undefined };
  const down = { state: "down", reason: expect.any(String) as string };
  expect(states).toEqual([up, ...Array.from({ length: 20 }, () => [down, up]).flat()]);
  expect(Math.max(...returns)).toBeLessThan(5_000);
  expect(answer.status).toBe(200);
  expect(traffic.count.wrong).toBe(0);
  expect(traffic.count.right).toBeGreaterThan(100);
  expect(app.events()).toBeGreaterThanOrEqual(traffic.count.right);
  await expect.poll(resources).toEqual(before);
});

describe.concurrent("over minutes", () => {
  test("a server stopped for 60 s: one down, then the same name again within 10 s", async ({ expect }) => {
    const { server, url, states, told, tearDown } = await setUp("sleeper");
    const stoppedAt = performance.now();

    server.stop();
    await told(2);
    const seenAfter = performance.now() - stoppedAt;
    await delay(60_000 - seenAfter);
    server.cont();
    const continuedAt = performance.now();
    await told(3);
    const backAfter = performance.now() - continuedAt;
    const answer = await post(url, "/", Buffer.from("awake"));
    await tearDown();

    expect(states.map(({ state }) => state)).toEqual(["up", "down", "up"]);
    expect(states[2]).toMatchObject({ url, changed: false });
    expect(seenAfter).toBeLessThan(30_000);
    expect(backAfter).toBeLessThan(10_000);
    expect(answer.status).toBe(200);
  });

  test("no events for 90 s: still up, and the next ones are answered", async ({ expect }) => {
    const { url, states, tearDown } = await setUp("quiet");

    await delay(90_000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(url, "/", Buffer.from("x"))));
    await tearDown();

    expect(states).toHaveLength(1);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  test("slow events on all ten connections for 40 s: probes that have to wait are no loss", async ({ expect }) => {
    const { app, url, states, tearDown } = await setUp("crowded");
    const slow = Array.from({ length: 100 }, () => post(url, "/slow", Buffer.from("x"), 60_000));

    await delay(40_000);
    const timer = setInterval(app.release, 20);
    const answers = await Promise.all(slow);
    clearInterval(timer);
    await tearDown();

    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(states).toHaveLength(1);
  });

  test("an app that never answers any more has wedged the server: after two minutes the tunnel is opened anew", async ({
    expect,
  }) => {
    const { url, states, told, tearDown } = await setUp("wedged");
    const given = Array.from({ length: 12 }, () => post(url, "/slow", Buffer.from("x"), 1_000).catch(() => undefined));
    await Promise.all(given);

    await told(3);
    const answer = await post(url, "/", Buffer.from("after"));
    await tearDown();

    expect(states.map(({ state }) => state)).toEqual(["up", "down", "up"]);
    expect(states[2]).toMatchObject({ url, changed: false });
    expect(answer.status).toBe(200);
  });
});
