import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { newEventId } from "../../src/events/id.js";
import { openStore } from "../../src/store/open.js";
import type { AttemptEnd } from "../../src/store/store.js";
import { runCli, type RunOptions } from "../helpers/run.js";
import { hmac, openTestApp, type TestApp } from "../helpers/verifying-app.js";

const SECRET = "canary-secret-4711";
const CAPTURED = Date.UTC(2026, 0, 2, 3, 4, 5);
const LATER = CAPTURED + 3 * 3_600_000;
const BODY = '{"id":"evt_1","n":1.0,\r\n "big":12345678901234567890,"type":"invoice.paid"} ';

let app: TestApp;
let cwd = "";

beforeEach(async () => {
  app = await openTestApp();
  cwd = mkdtempSync(join(tmpdir(), "hookcli-replay-"));
});
afterEach(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

function replay(argv: readonly string[], options: RunOptions = {}) {
  const env = { HOOKCLI_DB: join(cwd, "events.db"), ...options.env };
  return runCli(["replay", ...argv], { cwd, now: LATER, ...options, env });
}

const withSecret = { env: { STRIPE_WEBHOOK_SECRET: SECRET } };
const to = () => ["--to", `${app.port}/webhook`];

async function withStore<Result>(
  work: (store: Awaited<ReturnType<typeof openStore>>) => Promise<Result>,
): Promise<Result> {
  const store = await openStore({ path: join(cwd, "events.db"), context: { now: () => LATER } });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

let entropy = 0;

/** Puts an event into the store as `listen` does; with `answered`, it has been delivered. */
function capture(
  changes: Partial<NewEvent> = {},
  answered?: { target: string; end: Partial<AttemptEnd> },
): Promise<string> {
  const event: NewEvent = {
    id: newEventId(CAPTURED, (length) => Uint8Array.from({ length }, () => (entropy += 1) % 251)),
    project: cwd,
    receivedAt: CAPTURED,
    source: "tunnel",
    method: "POST",
    path: "/hooks/stripe?x=%20y",
    headers: stripeHeaders(BODY),
    trailers: [],
    body: Buffer.from(BODY),
    bodyComplete: true,
    remoteIp: null,
    provider: "stripe",
    eventType: "invoice.paid",
    providerEventId: null,
    deliveryId: null,
    signature: { status: "unchecked" },
    replayOf: null,
    state: "stored",
    refusal: null,
    ...changes,
  };
  return withStore(async (store) => {
    await store.append(event, answered && { target: answered.target, startedAt: CAPTURED });
    const end = { durationMs: 1, status: 200, error: null, headers: [], body: new Uint8Array(), ...answered?.end };
    if (answered !== undefined) await store.endAttempt(event.id, 1, end);
    return event.id;
  });
}

function stripeHeaders(body: string, secret = SECRET): [string, string][] {
  const seconds = CAPTURED / 1000;
  return [
    ["Host", "public.test"],
    ["content-TYPE", "application/json; charset=utf-8"],
    ["X-Twice", "1"],
    ["Stripe-Signature", `t=${seconds},v1=${hmac(secret, [`${seconds}.`, body])}`],
    ["X-Twice", "2"],
    ["Content-Length", String(body.length)],
  ];
}

const events = () => withStore(async (store) => [...store.select({ names: [], order: "oldest" }, { bodies: true })]);

describe("replay", () => {
  it("delivers the captured bytes and headers again, in order, case and repeats", async () => {
    const id = await capture();

    const { code, stdout, stderr } = await replay(["last", ...to(), "--verbatim"]);

    const [request] = app.seen;
    expect(request?.body.toString()).toBe(BODY);
    expect(request?.path).toBe("/webhook?x=%20y");
    const sent = request?.headers.filter(([name]) => !/^(?:host|connection|content-length)$/i.test(name));
    expect(sent).toEqual([...stripeHeaders(BODY).slice(1, -1), ["hookcli-replay-of", id]]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^200 OK/);
    expect(stderr).toContain(`replaying #1 invoice.paid to http://localhost:${app.port}/webhook (--to)`);
  });

  it("keeps the replay as an event of its own that names the first", async () => {
    const id = await capture();

    await replay(["1", ...to()]);

    const [, replayed] = await events();
    expect(replayed).toMatchObject({
      source: "replay",
      replayOf: id,
      provider: "stripe",
      eventType: "invoice.paid",
      state: "delivered",
    });
    expect(replayed?.attempts).toMatchObject([{ n: 1, status: 200, target: `http://localhost:${app.port}/webhook` }]);
  });

  it("reads a secret from standard input once for the events of several providers", async () => {
    await capture();
    await capture({ provider: "github" });

    const { code, stderr } = await replay(["1..2", "--resign", "--secret", "-", ...to()], { stdin: `${SECRET}\n` });

    expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
    expect(app.seen).toHaveLength(2);
  });

  it("does not go where the attempt of an imported event went", async () => {
    await capture({ source: "import" }, { target: `http://localhost:${app.port}/inner`, end: { status: 200 } });

    const { code, stderr } = await replay(["last"]);

    expect([code, app.seen.length]).toEqual([2, 0]);
    expect(stderr).toContain("--to");
  });

  it("goes to the target of the last attempt when none is named, and says so", async () => {
    await capture({}, { target: `http://localhost:${app.port}/first`, end: {} });

    const { code, stderr } = await replay(["last"], { env: { HOOKCLI_TARGET: "localhost:1" } });

    expect(code).toBe(0);
    expect(app.seen[0]?.path).toBe("/first?x=%20y");
    expect(stderr).toContain("(the target of its last attempt)");
  });

  it("keeps the request's own path where the target names none", async () => {
    await capture();

    const { stderr } = await replay(["last"], { env: { HOOKCLI_TARGET: `localhost:${app.port}` } });

    expect(app.seen[0]?.path).toBe("/hooks/stripe?x=%20y");
    expect(stderr).toContain("(the configured target)");
  });

  it("goes to the target of the running listener when nothing else is known", async () => {
    await capture();
    await withStore((store) =>
      store.saveListener({
        pid: process.pid,
        project: cwd,
        localUrl: "http://localhost:9",
        routes: [],
        publicUrl: null,
        target: `http://localhost:${app.port}`,
      }),
    );

    const { stderr } = await replay(["last"]);

    expect(app.seen).toHaveLength(1);
    expect(stderr).toContain("(the running listener's target)");
  });

  it("says where it could go when it knows no target", async () => {
    await capture();

    const { code, stderr } = await replay(["last"]);

    expect(code).toBe(2);
    expect(stderr).toContain("nowhere to replay to");
    expect(stderr).toContain("--to 5000/webhook");
  });

  it("replays several in the order of their capture", async () => {
    for (const type of ["a", "b", "c"]) await capture({ eventType: type, body: Buffer.from(type) });

    const { code, stderr } = await replay(["--type", "a", "--type", "c", ...to()]);

    expect(app.seen.map(({ body }) => body.toString())).toEqual(["a", "c"]);
    expect(code).toBe(0);
    expect(stderr).toContain("2 replayed, 2 accepted, 0 not");
  });

  it.each([
    [[], "no event is named", "hookcli replay last"],
    [["99"], "no event 99", ""],
    [["../x"], "not an event: ../x", ""],
    [["--type", "nothing.*"], "no event fits", ""],
    [["last", "--resign", "--verbatim"], "cannot be used with", ""],
  ])("refuses %j with exit code 2", async (argv, message, hint) => {
    await capture();

    const { code, stderr } = await replay([...argv, ...to()]);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(app.seen).toHaveLength(0);
  });

  it("refuses an event whose body was never read", async () => {
    await capture({ bodyComplete: false, body: new Uint8Array(), state: "refused" });

    const { code, stderr } = await replay(["last", ...to()]);

    expect(code).toBe(2);
    expect(stderr).toContain("has no body to replay");
  });
});

describe("replay by a filter", () => {
  it("means what was captured, not the replays of earlier runs", async () => {
    await capture({ eventType: "invoice.paid" });
    const filter = ["--type", "invoice.*", ...to()];

    await replay(filter);
    await replay(filter);
    const chosen = await replay([...filter, "--source", "replay"]);

    expect(chosen.code).toBe(0);
    expect(app.seen).toHaveLength(1 + 1 + 2);
  });
});

describe("replay of many", () => {
  beforeEach(async () => {
    for (let count = 0; count < 21; count += 1) await capture({ body: Buffer.from(String(count)) });
  });

  it("needs --yes above twenty where nobody can be asked", async () => {
    const refused = await replay(["1..21", ...to()]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("this replays 21 events");
    expect(refused.stderr).toContain("--yes");
    expect(app.seen).toHaveLength(0);

    expect((await replay(["1..21", ...to(), "--yes"])).code).toBe(0);
    expect(app.seen).toHaveLength(21);
  });

  it.each([
    ["y", 0, 21],
    ["n", 1, 0],
  ])("asks on a terminal; %s ends with %i", async (answer, expected, count) => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    stdin.end(`${answer}\n`);

    const { code, stderr } = await replay(["1..21", ...to()], { stdin });

    expect(stderr).toContain("this replays 21 events [y/N]");
    expect(code).toBe(expected);
    expect(app.seen).toHaveLength(count);
  });

  it("asks nothing up to twenty", async () => {
    expect((await replay(["1..20", ...to()])).code).toBe(0);
  });

  it("tells one by one only of those that went wrong, and sums up", async () => {
    app.answer = ({ body }) => ({ status: body.toString() === "7" ? 500 : 200, body: "an answer" });

    const { code, stdout, stderr } = await replay(["1..21", ...to(), "--yes", "--concurrency", "4"]);

    expect(stdout).toMatch(/^#8 invoice\.paid {2}500 Internal Server Error {2}\d+ ms {2}expected 2xx\n$/);
    expect(stderr).toMatch(
      /^21 replayed, 20 accepted, 1 not; 200 x 20, 500 x 1; in [\d.]+ m?s \([\d.]+\/s\), p50 \d+ ms, p90 \d+ ms, p99 \d+ ms\n$/,
    );
    expect(code).toBe(1);
  });

  it("tells of twenty that went wrong and counts the others; -v tells of all", async () => {
    app.answer = () => ({ status: 404 });

    const brief = await replay(["1..21", ...to(), "--yes"]);
    const whole = await replay(["1..21", ...to(), "--yes", "-v"]);

    expect(brief.stdout.match(/404 Not Found/g)).toHaveLength(20);
    expect(brief.stderr).toContain("1 more that went wrong are not shown; -v shows all");
    expect(whole.stdout.match(/404 Not Found/g)).toHaveLength(21);
    expect(whole.stderr).toContain("replaying #21 invoice.paid");
  });

  it("shows with --diff only the answers that differ", async () => {
    const answered = {
      target: `http://localhost:${app.port}/`,
      end: { headers: [["Transfer-Encoding", "chunked"] as const], body: Buffer.from("5") },
    };
    for (let count = 0; count < 2; count += 1) await capture({ body: Buffer.from(String(4 + count)) }, answered);
    app.answer = ({ body }) => ({ status: 200, body: body.toString() });

    const { stdout, stderr } = await replay(["1..23", ...to(), "--yes", "--diff"]);

    expect(stdout).toMatch(/^#22 invoice\.paid {2}200 OK[^]*body/);
    expect(stdout).not.toContain("#23");
    expect(stdout).not.toContain("the answer is the same");
    expect(stderr).toContain("1 with another answer than the first");
    expect(stderr).not.toContain("no first answer");
  });
});

describe("replay: how many", () => {
  beforeEach(async () => {
    for (const type of ["a", "b", "a", "c", "a"]) await capture({ eventType: type });
  });

  const numbers = async () => {
    const all = await events();
    const seqs = new Map(all.map(({ id, seq }) => [id, seq]));
    return app.seen.map(({ header }) => seqs.get(header("hookcli-replay-of") ?? ""));
  };

  it("delivers all of them n times over for --count", async () => {
    const { code, stderr } = await replay(["2..3", "--count", "3", ...to()]);

    expect(await numbers()).toEqual([2, 3, 2, 3, 2, 3]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("6 replayed, 6 accepted, 0 not; 200 x 6")]);
    expect(await events()).toHaveLength(5 + 6);
  });

  it.each([
    [
      ["--type", "a"],
      [3, 5],
    ],
    [["1..4"], [3, 4]],
    [
      ["5", "1", "2"],
      [5, 2],
    ],
    [
      ["--type", "a", "--source", "replay,tunnel"],
      [3, 5],
    ],
  ])("delivers of %j the newest two, in order, for --limit 2", async (argv, expected) => {
    await replay([...argv, "--limit", "2", ...to()]);

    expect(await numbers()).toEqual(expected);
  });

  it("does not take the replays that it makes for events to be replayed", async () => {
    await replay(["last", "last~1", ...to()]);
    await replay(["--source", "replay", ...to()]);

    expect(await numbers()).toEqual([5, 4, 6, 7]);
  });

  it("goes on without an event that has no body, and ends with 2", async () => {
    await capture({ bodyComplete: false, body: new Uint8Array(), state: "refused" });
    await capture();

    const { code, stderr } = await replay(["5..7", ...to()]);

    expect(await numbers()).toEqual([5, 7]);
    expect(stderr).toContain("warning: event 6 has no body to replay");
    expect(stderr).toContain("2 replayed, 2 accepted, 0 not, 1 cannot be replayed");
    expect(code).toBe(2);
  });

  it("sums up what was done before a target failed to be found", async () => {
    await capture({}, { target: `http://localhost:${app.port}/`, end: {} });

    const { code, stdout, stderr } = await replay(["6", "1", "--json"]);

    const [, summary = ""] = stdout.split("\n");
    expect(JSON.parse(summary)).toMatchObject({ type: "summary", deliveries: 1, left: 1, exitCode: 2 });
    expect(stderr).toContain("1 replayed, 1 accepted, 0 not, 1 not replayed");
    expect(stderr).toContain("nowhere to replay to");
    expect(code).toBe(2);
  });

  it.each([
    [["1..2", "--edit"], "--edit changes one event, not 2 deliveries"],
    [["1", "--count", "2", "--edit"], "--edit changes one event, not 2 deliveries"],
    [["1", "--count", "2", "--dry-run"], "cannot be used with"],
    [["1", "--count", "0"], "--count takes a whole number from 1"],
    [["1", "--limit", "0"], "--limit takes a whole number from 1"],
  ])("refuses %j", async (argv, message) => {
    const { code, stderr } = await replay([...argv, ...to()]);

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(app.seen).toHaveLength(0);
  });

  it("prints the request of each with --dry-run, however many they are", async () => {
    for (let count = 0; count < 20; count += 1) await capture();

    const { code, stdout } = await replay(["--type", "*", "--dry-run", ...to()]);

    expect(code).toBe(0);
    expect(stdout.match(/^POST \/webhook/gm)).toHaveLength(25);
  });
});

describe("replay: signing anew", () => {
  function signatureOf(nth = 0): { fresh: boolean; valid: boolean } {
    const request = app.seen[nth];
    const [, seconds, signature] = /^t=(\d+),v1=(\w+)$/.exec(request?.header("stripe-signature") ?? "") ?? [];
    const valid = signature === hmac(SECRET, [`${seconds}.`, request?.body ?? ""]);
    return { fresh: Number(seconds) === LATER / 1000, valid };
  }

  it("renews a timestamp that is too old when the captured signature was right, and says so", async () => {
    await capture();

    const { stderr } = await replay(["last", ...to()], withSecret);

    expect(signatureOf()).toEqual({ fresh: true, valid: true });
    expect(app.seen[0]?.body.toString()).toBe(BODY);
    expect(stderr).toContain("signed anew with stripe-v1: the captured timestamp is 10800 s old");
  });

  it("uses the secret that the captured signature was made with", async () => {
    await capture();

    await replay(["last", ...to(), "--secret", "literal:another", "--secret", `literal:${SECRET}`]);

    expect(signatureOf()).toEqual({ fresh: true, valid: true });
  });

  it("leaves a signature that is still in time as it is", async () => {
    await capture();

    const { stderr } = await replay(["last", ...to()], { ...withSecret, now: CAPTURED + 60_000 });

    expect(signatureOf()).toEqual({ fresh: false, valid: true });
    expect(stderr).not.toContain("signed anew");
  });

  it("leaves a signature as it is that was wrong when it was captured", async () => {
    await capture({ headers: stripeHeaders(BODY, "somebody else's") });

    const { stderr } = await replay(["last", ...to()], withSecret);

    expect(app.seen[0]?.headers.find(([name]) => name === "Stripe-Signature")).toEqual(
      stripeHeaders(BODY, "somebody else's")[3],
    );
    expect(stderr).not.toContain("signed anew");
  });

  it("leaves it as it is with --verbatim, and without a known secret", async () => {
    await capture();

    await replay(["last", ...to(), "--verbatim"], withSecret);
    await replay(["1", ...to()]);

    expect([signatureOf(0), signatureOf(1)]).toEqual([
      { fresh: false, valid: true },
      { fresh: false, valid: true },
    ]);
  });

  it("signs anew in any case with --resign, and says that it was invalid before", async () => {
    await capture({ headers: stripeHeaders(BODY, "somebody else's") });

    const { stderr } = await replay(["last", ...to(), "--resign"], withSecret);

    expect(signatureOf()).toEqual({ fresh: true, valid: true });
    expect(stderr).toContain("it was invalid before (signature_mismatch)");
  });

  it("needs a secret for --resign", async () => {
    await capture();

    const { code, stderr } = await replay(["last", ...to(), "--resign"]);

    expect(code).toBe(2);
    expect(stderr).toContain("no secret is known for stripe");
    expect(stderr).toContain("--verbatim");
  });

  it("signs a changed body anew, and changes nothing else in it", async () => {
    await capture();
    writeFileSync(join(cwd, "patch.json"), '{"more":[1.50]}');

    const { stderr } = await replay(
      ["last", ...to(), "--set", "n=2.0", "--unset", "id", "--merge", "patch.json"],
      withSecret,
    );

    expect(app.seen[0]?.body.toString()).toBe(
      '{"n":2.0,\r\n "big":12345678901234567890,"type":"invoice.paid","more":[1.50]} ',
    );
    expect(signatureOf()).toEqual({ fresh: true, valid: true });
    expect(stderr).toContain("signed anew with stripe-v1: the body was changed");
  });

  it("says that an empty body has nothing to change", async () => {
    await capture({ body: Buffer.alloc(0) });

    const { code, stderr } = await replay(["last", ...to(), "--set", "a=1"], withSecret);

    expect(code).toBe(2);
    expect(stderr).toContain("the body of event 1 is empty");
    expect(app.seen).toHaveLength(0);
  });

  it("keeps the delivery's id when it signs a Standard Webhooks event anew", async () => {
    const key = Buffer.from(SECRET);
    const seconds = String(CAPTURED / 1000);
    const headers: [string, string][] = [
      ["webhook-id", "msg_1"],
      ["webhook-timestamp", seconds],
      ["webhook-signature", `v1,${hmac(key, [`msg_1.${seconds}.`, BODY], "base64")}`],
    ];
    await capture({ provider: "standard-webhooks", headers });

    await replay(["last", ...to()], { env: { HOOKCLI_SECRET: `whsec_${key.toString("base64")}` } });

    const header = app.seen[0]?.header ?? (() => undefined);
    const now = String(LATER / 1000);
    expect([header("webhook-id"), header("webhook-timestamp")]).toEqual(["msg_1", now]);
    expect(header("webhook-signature")).toBe(`v1,${hmac(key, [`msg_1.${now}.`, BODY], "base64")}`);
  });

  it("signs the public URL of a captured event anew, not the target's", async () => {
    const url = "https://public.test/hooks/square";
    const headers: [string, string][] = [
      ["Host", "public.test"],
      ["X-Forwarded-Proto", "https"],
      ["x-square-hmacsha256-signature", hmac(SECRET, [url, BODY], "base64")],
    ];
    await capture({ provider: "square", path: "/hooks/square", headers });

    await replay(["last", ...to(), "--set", "n=2"], { env: { SQUARE_WEBHOOK_SECRET: SECRET } });

    const { body, header } = app.seen[0] ?? { body: "", header: () => undefined };
    expect(header("x-square-hmacsha256-signature")).toBe(hmac(SECRET, [url, body], "base64"));
  });

  it("changes one field of a form and signs the form anew", async () => {
    const headers: [string, string][] = [
      ["Content-Type", "application/x-www-form-urlencoded"],
      ["X-Slack-Request-Timestamp", "1"],
      ["X-Slack-Signature", "v0=00"],
    ];
    await capture({ provider: "slack", headers, body: Buffer.from("command=%2fdeploy&text=a+b") });

    await replay(["last", ...to(), "--set", "text=c d"], { env: { SLACK_WEBHOOK_SECRET: SECRET } });

    const { body, header } = app.seen[0] ?? { body: Buffer.of(), header: () => undefined };
    expect(body.toString()).toBe("command=%2fdeploy&text=c+d");
    expect(header("x-slack-signature")).toBe(`v0=${hmac(SECRET, [`v0:${LATER / 1000}:`, body])}`);
  });
});

describe("replay: the outcome", () => {
  it("shows how the answer differs from the first one", async () => {
    const before = {
      status: 500,
      headers: [["content-type", "text/plain"]] as const,
      body: Buffer.from("one\ntwo\nthree"),
    };
    await capture({}, { target: "http://localhost:1", end: before });
    app.answer = () => ({ status: 200, headers: { "content-type": "text/html" }, body: "one\n2\nthree" });

    const { stdout } = await replay(["last", ...to(), "--diff"]);

    const lines = stdout.split("\n").map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining(["~ 500 -> 200", "~ content-type: text/plain -> text/html", "- two", "+ 2"]),
    );
    expect(lines).not.toContain("- one");
  });

  it.each([
    [500, [], 1],
    [500, ["--expect", "5xx"], 0],
  ])("judges an answer of %i with %j as exit code %i", async (status, argv, expected) => {
    await capture();
    app.answer = () => ({ status });

    expect((await replay(["last", ...to(), ...argv])).code).toBe(expected);
  });

  it("ends with the worst of several outcomes", async () => {
    await capture();
    await capture({ body: Buffer.from("hang") });
    app.answer = ({ body }) => (body.toString() === "hang" ? undefined : { status: 500 });

    expect((await replay(["1..2", ...to(), "--timeout", "100ms"])).code).toBe(3);
  });

  it("prints one JSON object for each event with --json", async () => {
    const first = await capture();
    const second = await capture({ body: Buffer.from("{}") });

    const { stdout } = await replay(["1..2", ...to(), "--json"], withSecret);

    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { replayOf: first, signedAnew: true, accepted: true, exitCode: 0 },
      { replayOf: second, signedAnew: false, accepted: true, exitCode: 0 },
      { type: "summary", deliveries: 2, accepted: 2, left: 0, statuses: { "200": 2 }, errors: {}, exitCode: 0 },
    ]);
  });

  it("prints the request with --dry-run and --curl, sends nothing and keeps nothing", async () => {
    const id = await capture();

    const dry = await replay(["last", ...to(), "--dry-run", "--verbatim"]);
    const curl = await replay(["last", ...to(), "--curl", "--verbatim"]);

    expect(dry.stdout).toContain(
      `POST /webhook?x=%20y HTTP/1.1\nHost: localhost:${app.port}\ncontent-TYPE: application/json`,
    );
    expect(dry.stdout).toContain(`hookcli-replay-of: ${id}`);
    expect(curl.stdout).toContain("curl -X POST");
    expect(curl.stdout).toContain("printf");
    expect(app.seen).toHaveLength(0);
    expect(await events()).toHaveLength(1);
  });

  it("prints no credential that was captured", async () => {
    await capture({
      provider: "gitlab",
      headers: [
        ["X-Gitlab-Token", "canary-token"],
        ["Cookie", "canary-cookie"],
      ],
    });

    const outputs = [
      await replay(["last", ...to()]),
      await replay(["1", ...to(), "--dry-run"]),
      await replay(["1", ...to(), "--curl", "--json"]),
    ];

    expect(outputs.map(({ stdout, stderr }) => stdout + stderr).join("")).not.toContain("canary");
    expect(app.seen[0]?.header("x-gitlab-token")).toBe("canary-token");
  });
});
