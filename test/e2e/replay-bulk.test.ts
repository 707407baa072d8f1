import { execFile } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import formatsModule from "ajv-formats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.js";
import { rootDir } from "../helpers/data.js";
import { newEvent } from "../helpers/event.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, hookcliPath, runProgram, startProgram, type Sandbox } from "../helpers/program.js";
import { storedEvents } from "../helpers/stored.js";

const schema = JSON.parse(readFileSync(join(rootDir, "docs/hookcli.records.schema.json"), "utf8")) as object;
const ajv = new Ajv({ strict: true, strictTuples: false, strictRequired: false, allowUnionTypes: true });
formatsModule.default(ajv);
const validate = ajv.compile(schema);

let sandbox: Sandbox;
let app: TestApp;

beforeEach(async () => {
  sandbox = createSandbox();
  app = await startApp();
});
afterEach(async () => {
  await app.close();
  sandbox.remove();
});

/** Puts events into the store as if they had been captured in the sandbox. */
async function capture(count: number): Promise<void> {
  const store = await openStore({ path: sandbox.env["HOOKCLI_DB"] ?? "", context: { now: Date.now } });
  try {
    const events = Array.from({ length: count }, (_, index) =>
      newEvent({ project: sandbox.folder, source: "local", state: "stored", body: Buffer.from(`{"n":${index}}`) }),
    );
    await Promise.all(events.map((event) => store.append(event)));
  } finally {
    await store.close();
  }
}

const to = () => ["--to", `${app.port}/webhook`];

/** Starts a replay whose answers the app holds back. */
const start = (argv: readonly string[]) => startProgram(["replay", ...argv], sandbox);

const replays = async () => (await storedEvents(sandbox)).filter(({ seq }) => seq > 30);
const requests = (count: number) => expect.poll(() => app.requests.length, { timeout: 20_000 }).toBe(count);

describe("replay of many, as users start it", () => {
  it("delivers a selection at a pace, several at a time, with a summary and no bar in a pipe", async () => {
    await capture(30);
    app.answer = (_request, response) => void response.writeHead(app.requests.length === 5 ? 503 : 200).end();

    const argv = [
      "replay",
      "1..30",
      "--limit",
      "20",
      "--count",
      "2",
      "--rate",
      "2000/s",
      "--concurrency",
      "4",
      ...to(),
    ];
    const { code, stdout, stderr } = await runProgram(argv, { sandbox });

    expect(code).toBe(1);
    expect(stdout).toMatch(/^#\d+ \S+ {2}503 Service Unavailable.*\n$/);
    expect(stderr).toMatch(/^40 replayed, 39 accepted, 1 not; 200 x 39, 503 x 1; in .*p50 .*p90 .*p99 .*\n$/);
    expect((await replays()).map(({ attempts }) => attempts.length)).toEqual(Array.from({ length: 40 }, () => 1));
  });

  it("prints with --json a line for each, and the summary as the last one", async () => {
    await capture(25);

    const { code, stdout, stderr } = await runProgram(["replay", "1..25", "--yes", "--diff", "--json", ...to()], {
      sandbox,
    });

    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect([validate(JSON.parse(line)), validate.errors]).toEqual([true, null]);
    expect(lines).toHaveLength(26);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      type: "summary",
      deliveries: 25,
      left: 0,
      statuses: { "200": 25 },
      exitCode: 0,
    });
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/\r|\u001b/)]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "begins nothing after %s, waits for what is under way, and says what is left",
    async (signal, exitCode) => {
      await capture(30);
      const held: (() => void)[] = [];
      app.answer = (_request, response) => void held.push(() => response.end("late"));
      const { child, ended, stderr } = start(["1..30", "--yes", "--concurrency", "3", ...to()]);
      await requests(3);

      child.kill(signal);
      await expect.poll(stderr, { timeout: 20_000 }).toContain("Ctrl-C again ends at once");
      for (const answer of held) answer();
      const { code, stderr: said } = await ended;

      expect(code).toBe(exitCode);
      expect(said).toContain("3 replayed, 3 accepted, 0 not, 27 not replayed; 200 x 3");
      expect(app.requests).toHaveLength(3);
      expect((await replays()).map(({ state, attempts }) => [state, attempts.map(({ status }) => status)])).toEqual(
        Array.from({ length: 3 }, () => ["delivered", [200]]),
      );
    },
  );

  it("cuts off after 5 s what is still under way after Ctrl-C, and keeps that in the store", async () => {
    await capture(3);
    app.answer = () => {};
    const { child, ended } = start(["1..3", "--timeout", "0", "--concurrency", "2", ...to()]);
    await requests(2);

    child.kill("SIGINT");
    const { code, stderr } = await ended;

    expect([code, stderr]).toEqual([
      130,
      expect.stringContaining("2 replayed, 0 accepted, 2 not, 1 not replayed; aborted x 2"),
    ]);
    expect((await storedEvents(sandbox)).slice(3).map(({ state, attempts }) => [state, attempts[0]?.error])).toEqual([
      ["failed", "aborted"],
      ["failed", "aborted"],
    ]);
  });

  it("ends at once at the second Ctrl-C", async () => {
    await capture(3);
    app.answer = () => {};
    const { child, ended, stderr } = start(["1..3", "--timeout", "0", ...to()]);
    await requests(1);

    child.kill("SIGINT");
    await expect.poll(stderr, { timeout: 20_000 }).toContain("Ctrl-C again ends at once");
    child.kill("SIGINT");
    const { code, stderr: said } = await ended;

    expect([code, said]).toEqual([130, expect.not.stringContaining("replayed,")]);
  });

  it("ends without a word, and begins nothing more, when nobody reads its results", async () => {
    await capture(30);
    const held: (() => void)[] = [];
    app.answer = (_request, response) =>
      void (app.requests.length === 2 ? held.push(() => response.end()) : response.end());
    const { child, ended } = start(["1..30", "--yes", "--json", "--rate", "50/s", ...to()]);
    await requests(2);

    child.stdout?.destroy();
    for (const answer of held) answer();
    const { code, stderr } = await ended;

    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/ending|replayed,/)]);
    expect(app.requests.length).toBeLessThan(30);
  });

  it("does not wait out the pace of --rate after Ctrl-C", async () => {
    await capture(3);
    const { child, ended } = start(["1..3", "--rate", "1/m", ...to()]);
    await requests(1);

    child.kill("SIGINT");
    const { code, stderr } = await ended;

    expect([code, stderr]).toEqual([130, expect.stringContaining("1 replayed, 1 accepted, 0 not, 2 not replayed")]);
  });
});

describe("replay of many on a terminal", () => {
  const run = promisify(execFile);
  let server = "";
  const tmux = async (...words: string[]) => (await run("tmux", ["-L", server, "-f", "/dev/null", ...words])).stdout;
  const shows = (pattern: RegExp) =>
    expect.poll(() => tmux("capture-pane", "-p", "-J"), { timeout: 30_000 }).toMatch(pattern);

  beforeEach(async () => {
    // A server that is asked to end is still there for a while.
    server = `hookcli-replay-${process.pid}-${app.port}`;
    const wrapper = join(sandbox.folder, "hookcli");
    writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${hookcliPath}' "$@"\n`);
    chmodSync(wrapper, 0o755);
    const env = Object.entries({ ...sandbox.env, TERM: "screen", PS1: "$ " }).map(
      ([name, value]) => `${name}=${value}`,
    );
    await tmux("new-session", "-d", "-x", "150", "-y", "30", "-c", sandbox.folder, "env", "-i", ...env, "sh");
    await shows(/^\$/m);
  });
  afterEach(() => tmux("kill-server"));

  it("asks, shows how far it is, lets what went wrong stand above, and takes the bar away at Ctrl-C", async () => {
    await capture(30);
    app.answer = (_request, response) => {
      if (app.requests.length < 29) response.writeHead(app.requests.length === 2 ? 500 : 200).end();
    };

    await tmux("send-keys", "-l", `./hookcli replay 1..30 --rate 20/s --to ${app.port}; echo "code $?"`);
    await tmux("send-keys", "Enter");
    await shows(/this replays 30 events \[y\/N\]/);
    await tmux("send-keys", "-l", "y");
    await tmux("send-keys", "Enter");
    await shows(/500 Internal Server Error[^]*^replaying \[#+-+\] \d+% {2}\d+ of 30, .* left/m);
    await requests(29);
    await tmux("send-keys", "C-c");
    await shows(/Ctrl-C again ends at once/);
    await tmux("send-keys", "C-c");
    await shows(/code 130$/m);
  });

  it("leaves the summary and nothing of the bar", async () => {
    await capture(30);
    const held: (() => void)[] = [];
    app.answer = (_request, response) =>
      void (app.requests.length === 30 ? held.push(() => response.end()) : response.end());

    await tmux("send-keys", "-l", `./hookcli replay 1..30 --yes --rate 20/s --to ${app.port}; echo "code $?"`);
    await tmux("send-keys", "Enter");
    await shows(/^replaying \[#+-+\]/m);
    await requests(30);
    for (const answer of held) answer();
    await shows(/^code 0$/m);

    const screen = await tmux("capture-pane", "-p", "-J");
    expect(screen).toMatch(/^30 replayed, 30 accepted, 0 not; 200 x 30; in .*\ncode 0$/m);
    expect(screen).not.toContain("replaying [");
  });
});
