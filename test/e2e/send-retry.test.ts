import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, startProgram, type Sandbox } from "../helpers/program.js";

const KEY = Buffer.from("a secret of twenty-four b");

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = createSandbox({ HOOKCLI_SECRET: `whsec_${KEY.toString("base64")}` });
  app = await startApp();
});
afterEach(async () => {
  await app.close();
  sandbox.remove();
});

const EVENT = "standard-webhooks/order.shipped";
const to = () => ["--to", `${app.port}/webhook`];

/** The app answers with these, one after the other; the last one stays. */
function answers(...statuses: number[]): void {
  app.answer = (_request, response) =>
    void response.writeHead(statuses[Math.min(app.requests.length, statuses.length) - 1] ?? 200).end();
}

function header(index: number, name: string): string | undefined {
  const { rawHeaders = [] } = app.requests[index] ?? {};
  const at = rawHeaders.findIndex((text, place) => place % 2 === 0 && text.toLowerCase() === name);
  return at === -1 ? undefined : rawHeaders[at + 1];
}

interface Shown {
  readonly state: string;
  readonly source: string;
  readonly attempts: readonly { readonly n: number; readonly status: number | null; readonly error: string | null }[];
}

async function stored(): Promise<readonly Shown[]> {
  const { stdout } = await runProgram(["events", "list", "--limit", "0", "--reverse", "--json"], { sandbox });
  return JSON.parse(stdout) as Shown[];
}

const start = (argv: readonly string[]) => startProgram(["send", ...argv], sandbox);

describe("send --retry, as users start it", () => {
  it("delivers an event until the app takes it, with signatures that the app can check", async () => {
    answers(503, 408, 200);

    const { code, stdout } = await runProgram(["send", EVENT, "--retry-delays", "5ms,1100ms", ...to()], { sandbox });

    const times = [0, 1, 2].map((index) => Number(header(index, "webhook-timestamp")));
    expect([code, stdout.match(/^\d{3}/gm)]).toEqual([0, ["503", "408", "200"]]);
    expect(times[2]).toBeGreaterThan(times[0] ?? Number.NaN);
    for (const [index, { body }] of app.requests.entries()) {
      const content = `${header(0, "webhook-id")}.${times[index]}.${body.toString()}`;
      const mac = createHmac("sha256", KEY).update(content).digest("base64");
      expect([header(index, "webhook-id"), header(index, "webhook-signature")]).toEqual([
        header(0, "webhook-id"),
        `v1,${mac}`,
      ]);
    }
    expect(await stored()).toMatchObject([
      {
        state: "delivered",
        source: "send",
        attempts: [
          { n: 1, status: 503 },
          { n: 2, status: 408 },
          { n: 3, status: 200 },
        ],
      },
    ]);
  });

  it("finds an app that comes up while it waits", async () => {
    const place = createServer();
    place.listen(0, "127.0.0.1");
    await once(place, "listening");
    const { port } = place.address() as AddressInfo;
    await new Promise((resolve) => place.close(resolve));
    const { ended, stderr } = start([EVENT, "--retry", "500", "--retry-delays", "100ms", "--to", String(port)]);
    await expect.poll(stderr, { timeout: 20_000 }).toContain("retry 1 of 500");

    const late = createServer((_request, response) => void response.end("ok")).listen(port, "127.0.0.1");
    const { code, stdout } = await ended;
    late.close();

    expect([code, stdout]).toEqual([0, expect.stringMatching(/^no answer.*connection refused[^]*^200 OK/m)]);
  });

  it("goes on through answers that break off and answers that do not come", async () => {
    app.answer = (request, response) => {
      if (app.requests.length === 1) request.socket.destroy();
      else if (app.requests.length > 2) response.end("ok");
    };

    const argv = ["send", EVENT, "--retry-delays", "1ms,1ms", "--timeout", "300ms", ...to()];
    const { code } = await runProgram(argv, { sandbox });

    expect(code).toBe(0);
    expect((await stored())[0]?.attempts.map(({ status, error }) => error ?? status)).toEqual([
      "reset",
      "timeout",
      200,
    ]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends a wait at %s; what was tried is in the store", async (signal, exitCode) => {
    answers(503);
    const { child, ended, stderr } = start([EVENT, "--retry", "3", "--retry-delays", "1h", ...to()]);
    await expect.poll(stderr, { timeout: 20_000 }).toMatch(/retry 1 of 3 in \d+ min/);

    child.kill(signal);
    const { code, stdout, stderr: said } = await ended;

    expect([code, app.requests.length]).toEqual([exitCode, 1]);
    expect(stdout.match(/503/g)).toHaveLength(1);
    expect(said).toMatch(/not tried again\n$/);
    expect(await stored()).toMatchObject([{ state: "failed", attempts: [{ n: 1, status: 503, error: null }] }]);
  });

  it("cuts off one delivery alone at Ctrl-C, and says so in the store", async () => {
    app.answer = () => {};
    const { child, ended } = start([EVENT, "--retry", "3", "--timeout", "0", ...to()]);
    await expect.poll(() => app.requests.length, { timeout: 20_000 }).toBe(1);

    child.kill("SIGINT");

    expect((await ended).code).toBe(130);
    expect(await stored()).toMatchObject([{ state: "failed", attempts: [{ n: 1, status: null, error: "aborted" }] }]);
  });

  it("sends many at a time, each with its own retries, and sums up at Ctrl-C", async () => {
    app.answer = (_request, response) => void response.writeHead(app.requests.length % 2 === 1 ? 503 : 200).end();
    const argv = [
      "--count",
      "30",
      "--concurrency",
      "3",
      "--duplicate",
      "2",
      "--retry",
      "9",
      "--retry-delays",
      "1ms",
      ...to(),
    ];
    const whole = await runProgram(["send", EVENT, ...argv], { sandbox });
    const events = await stored();

    app.answer = (_request, response) => void response.writeHead(500).end();
    const { child, ended } = start([EVENT, "--count", "30", "--concurrency", "2", "--retry-delays", "1h", ...to()]);
    const before = app.requests.length;
    await expect.poll(() => app.requests.length - before, { timeout: 20_000 }).toBe(2);
    await expect
      .poll(async () => (await stored()).filter(({ state }) => state === "failed").length, { timeout: 20_000 })
      .toBe(2);
    child.kill("SIGINT");
    const { code, stderr } = await ended;

    expect([whole.code, whole.stderr]).toEqual([
      0,
      expect.stringMatching(/^60 sent, 60 accepted, 0 not, \d+ retries; 200 x 60; in /m),
    ]);
    expect(events.map(({ attempts }) => attempts.filter(({ status }) => status === 200).length)).toEqual(
      Array.from({ length: 30 }, () => 2),
    );
    expect([code, stderr]).toEqual([130, expect.stringContaining("2 sent, 0 accepted, 2 not, 28 not sent; 500 x 2")]);
  }, 120_000);

  it("tries again through a running listener, which keeps each attempt as an event of its own", async () => {
    answers(503, 200);
    const listen = await startListen([String(app.port), "--no-tunnel"], { sandbox });

    const { code, stderr } = await runProgram(["send", EVENT, "--retry-delays", "1ms"], { sandbox });
    await listen.stop();

    expect([code, stderr]).toEqual([0, expect.stringContaining("the running listener")]);
    expect(app.requests).toHaveLength(2);
    expect(header(1, "webhook-id")).toBe(header(0, "webhook-id"));
    expect((await stored()).map(({ source, attempts }) => [source, attempts[0]?.status])).toEqual([
      ["local", 503],
      ["local", 200],
    ]);
  });
});
