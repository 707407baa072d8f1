import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.js";
import { runCli, type RunOptions } from "../helpers/run.js";
import { hmac, openTestApp, type TestApp } from "../helpers/verifying-app.js";

const SECRET = "canary-secret-4711";
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

let app: TestApp;
let cwd = "";
let now = NOW;

beforeEach(async () => {
  now = NOW;
  app = await openTestApp();
  cwd = mkdtempSync(join(tmpdir(), "hookcli-send-many-"));
});
afterEach(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

function send(argv: readonly string[], options: RunOptions = {}) {
  const env = { HOOKCLI_SECRET: SECRET, HOOKCLI_DB: join(cwd, "events.db"), ...options.env };
  return runCli(["send", ...argv, "--to", `${app.port}/webhook`], { cwd, now: () => now, ...options, env });
}

async function stored() {
  const store = await openStore({ path: join(cwd, "events.db"), context: { now: () => NOW }, readOnly: true });
  try {
    return [...store.select({ names: [], order: "oldest" }, { bodies: true })];
  } finally {
    await store.close();
  }
}

/** The app answers with these, one after the other, each a minute after the one before. */
function answers(...statuses: (number | Record<string, string>)[]): void {
  app.answer = () => {
    now += 60_000;
    const next = statuses.shift() ?? 200;
    return typeof next === "number" ? { status: next } : { status: 503, headers: next };
  };
}

const standard = { env: { HOOKCLI_SECRET: `whsec_${Buffer.from(SECRET).toString("base64")}` } };

describe("send --retry", () => {
  it("tries again until the app takes the event, and is judged by the last answer", async () => {
    answers(503, 429, 200);

    const { code, stdout, stderr } = await send(["message.created", "--retry", "5", "--retry-delays", "1ms,2ms"]);

    expect(code).toBe(0);
    expect(stdout.match(/^\d{3}/gm)).toEqual(["503", "429", "200"]);
    expect(stderr).toMatch(/^retry 1 of 5 in 1 ms\nretry 2 of 5 in 2 ms$/m);
    expect(
      (await stored()).map(({ state, attempts }) => [state, attempts.map(({ n, status }) => [n, status])]),
    ).toEqual([
      [
        "delivered",
        [
          [1, 503],
          [2, 429],
          [3, 200],
        ],
      ],
    ]);
  });

  it("keeps the delivery's id and the body, and signs with the time of each attempt", async () => {
    answers(500, 425, 200);

    await send(["standard-webhooks/order.shipped", "--retry-delays", "1ms,1ms"], standard);

    const times = [0, 60, 120].map((seconds) => String(NOW / 1000 + seconds));
    expect(app.seen.map(({ header }) => header("webhook-timestamp"))).toEqual(times);
    const [id] = app.seen.map(({ header }) => header("webhook-id"));
    for (const { header, body } of app.seen) {
      const content = `${id}.${header("webhook-timestamp")}.`;
      expect(header("webhook-id")).toBe(id);
      expect(header("webhook-signature")).toBe(`v1,${hmac(Buffer.from(SECRET), [content, body], "base64")}`);
    }
    expect(new Set(app.seen.map(({ body }) => body.toString())).size).toBe(1);
    expect(app.seen.map(({ header }) => header("hookcli-attempt"))).toEqual([undefined, "2", "3"]);
  });

  it("sends a signature that has no time in it as it was", async () => {
    answers(500, 200);

    await send(["github/ping", "--retry-delays", "1ms"]);

    const [first, second] = app.seen;
    const ofProvider = (headers: readonly (readonly [string, string])[] = []) =>
      headers.filter(([name]) => !name.startsWith("hookcli-"));
    expect(ofProvider(second?.headers)).toEqual(ofProvider(first?.headers));
  });

  it.each([
    ["--tamper", "signature"],
    ["--timestamp", "12345"],
  ])("makes a retry wrong in the same way, with %s %s", async (flag, value) => {
    answers(500, 401);

    const argv = ["stripe/invoice.paid", flag, value, "--expect", "401", "--retry-delays", "1ms"];
    const { code } = await send(argv);

    const right = app.seen.map(({ header, body }) => {
      const [, time = "", mac] = /^t=(\d+),v1=(\w+)$/.exec(header("stripe-signature") ?? "") ?? [];
      return [time, mac === hmac(SECRET, [`${time}.`, body])];
    });
    const expected = flag === "--timestamp" ? ["12345", "12345"] : [String(NOW / 1000), String(NOW / 1000 + 60)];
    expect(right).toEqual(expected.map((time) => [time, flag === "--timestamp"]));
    expect([code, app.seen.length]).toEqual([0, 2]);
  });

  it.each([400, 401, 404, 410, 302])("does not try again after %i", async (status) => {
    answers(status);

    const { code } = await send(["message.created", "--retry", "3", "--retry-delays", "1ms"]);

    expect([code, app.seen.length]).toEqual([1, 1]);
  });

  it("does not try again what the app has taken, though another answer was expected", async () => {
    const { code } = await send(["message.created", "--retry", "3", "--retry-delays", "1ms", "--expect", "503"]);

    expect([code, app.seen.length]).toEqual([1, 1]);
  });

  it("ends with the code of the last answer when there are no more retries", async () => {
    answers(500, 500, 503);

    const { code, stdout } = await send(["message.created", "--retry", "2", "--retry-delays", "1ms"]);

    expect([code, app.seen.length]).toEqual([1, 3]);
    expect(stdout).toMatch(/503.*expected 2xx\n$/);
  });

  it("tries again when nothing listens and when no answer comes, and says so in the end", async () => {
    app.answer = () => undefined;
    const slow = await send(["message.created", "--retry-delays", "1ms", "--timeout", "80ms"]);
    const { port } = app;
    await app.close();
    const env = { HOOKCLI_SECRET: SECRET, HOOKCLI_DB: join(cwd, "events.db") };
    const away = await runCli(["send", "message.created", "--retry-delays", "1ms", "--to", String(port)], { cwd, env });

    expect([slow.code, away.code]).toEqual([3, 4]);
    expect((await stored()).map(({ attempts }) => attempts.map(({ error }) => error))).toEqual([
      ["timeout", "timeout"],
      ["refused", "refused"],
    ]);
    app = await openTestApp();
  });

  it("waits as long as Retry-After asks", async () => {
    answers({ "retry-after": "1" }, 200);

    const { code, stderr } = await send(["message.created", "--retry", "1", "--retry-delays", "1h"]);

    expect([code, stderr]).toEqual([0, expect.stringContaining("retry 1 of 1 in 1.0 s, as Retry-After asks")]);
  });

  it("passes a provider's own waits faster", async () => {
    answers(500, 500, 200);

    const { stderr } = await send(["slack/message", "--retry", "2", "--retry-speed", "900000x"]);

    expect(stderr).toContain("retry 1 of 2 in 0 ms\nretry 2 of 2 in 0 ms\n");
    expect(app.seen).toHaveLength(3);
  });

  it("retries each copy of --duplicate by itself, with one count of attempts", async () => {
    answers(503, 200, 503, 503);

    const { code } = await send(["message.created", "--duplicate", "2", "--retry-delays", "1ms"]);

    expect(code).toBe(1);
    expect((await stored()).map(({ attempts }) => attempts.map(({ n, status }) => [n, status]))).toEqual([
      [
        [1, 503],
        [2, 200],
        [3, 503],
        [4, 503],
      ],
    ]);
  });

  it("prints one JSON document with all the attempts", async () => {
    answers(503, 200);

    const { stdout } = await send(["message.created", "--retry-delays", "1ms", "--json"]);

    expect(JSON.parse(stdout)).toMatchObject({
      attempts: [
        { n: 1, status: 503 },
        { n: 2, status: 200 },
      ],
      accepted: true,
      exitCode: 0,
    });
  });

  it("goes on without a store", async () => {
    answers(503, 503, 200);
    writeFileSync(join(cwd, "broken.db"), "this is no database, and it is long enough to be read as one. ".repeat(100));

    const env = { HOOKCLI_DB: join(cwd, "broken.db") };
    const { code } = await send(["message.created", "--retry-delays", "1ms,1ms"], { env });

    expect(code).toBe(0);
    expect(app.seen.map(({ header }) => header("hookcli-attempt"))).toEqual([undefined, "2", "3"]);
  });

  it.each([
    [["--retry-speed", "60x"], "--retry-speed needs --retry"],
    [["--retry", "-1"], "--retry takes a whole number"],
    [["--retry-delays", "soon"], "soon"],
  ])("refuses %j", async (argv, message) => {
    const { code, stderr } = await send(["message.created", ...argv]);

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(app.seen).toHaveLength(0);
  });
});

describe("send --count", () => {
  it("sends events that are filled in and signed each for itself, and sums up", async () => {
    const { code, stdout, stderr } = await send(["standard-webhooks/order.shipped", "--count", "5"], standard);

    expect(code).toBe(0);
    expect(new Set(app.seen.map(({ header }) => header("webhook-id"))).size).toBe(5);
    for (const { header, body } of app.seen) {
      const content = `${header("webhook-id")}.${header("webhook-timestamp")}.`;
      expect(header("webhook-signature")).toBe(`v1,${hmac(Buffer.from(SECRET), [content, body], "base64")}`);
    }
    expect(stdout.match(/^200 OK/gm)).toHaveLength(5);
    expect(stderr).toMatch(/^sending standard-webhooks\/order.shipped 5 times \(/);
    expect(stderr).toMatch(/^5 sent, 5 accepted, 0 not; 200 x 5; in .*p99 \d+ ms$/m);
    expect(await stored()).toHaveLength(5);
  });

  it("counts in {{seq}}, and reads standard input once", async () => {
    writeFileSync(join(cwd, "mine.json"), '{"n":"{{seq}}"}');
    await send(["./mine.json", "--count", "3"]);
    await send(["--data", "-", "--count", "2"], { stdin: "given" });
    await send(["--data", "x", "--count", "2", "--secret", "-"], { stdin: SECRET });

    expect(app.seen.map(({ body }) => body.toString())).toEqual([
      '{"n":1}',
      '{"n":2}',
      '{"n":3}',
      "given",
      "given",
      "x",
      "x",
    ]);
    for (const { header, body } of app.seen) expect(header("x-signature")).toBe(hmac(SECRET, [body]));
  });

  it("tells of many only what went wrong in the end, with retries and duplicates counted", async () => {
    let taken = 0;
    app.answer = () => ({ status: (taken += 1) === 3 ? 503 : taken === 10 ? 400 : 200 });

    const argv = ["message.created", "--count", "12", "--duplicate", "2", "--retry-delays", "1ms"];
    const { code, stdout, stderr } = await send(argv);

    expect(stdout).toMatch(/^#5 generic\/message\.created {2}400 Bad Request {2}\d+ ms {2}expected 2xx\n$/);
    expect(stderr).toContain("24 sent, 23 accepted, 1 not, 1 retry; 200 x 23, 400 x 1; in ");
    expect(stderr).not.toContain("retry 1 of 1");
    expect([code, app.seen.length]).toEqual([1, 25]);
  });

  it("prints a line for each and the summary with --json", async () => {
    const { stdout } = await send([
      "message.created",
      "--count",
      "3",
      "--concurrency",
      "2",
      "--rate",
      "500/s",
      "--json",
    ]);

    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { accepted: true },
      { accepted: true },
      { accepted: true },
      { type: "summary", deliveries: 3, retries: 0, left: 0, exitCode: 0 },
    ]);
  });

  it.each([
    [["message.created", "--count", "2", "--dry-run"], "cannot be used with"],
    [["message.created", "--count", "2", "--edit"], "cannot be used with"],
    [["slack/handshake", "--count", "2"], "it excludes --count"],
  ])("refuses %j", async (argv, message) => {
    const { code, stderr } = await send(argv);

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(app.seen).toHaveLength(0);
  });
});
