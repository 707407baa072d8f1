import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../helpers/http-app.js";
import {
  createSandbox,
  hookcliPath,
  runProgram,
  startListen,
  type ListenMessage,
  type Sandbox,
} from "../helpers/program.js";

/** Sends events of these types to the URL that the command is given. */
const SEND = `
  for (const type of process.argv.slice(1))
    await fetch(process.env.HOOKCLI_URL, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ type, data: { id: "m1" } }),
    });`;
const sending = (...types: string[]) => ["--", process.execPath, "--input-type=module", "-e", SEND, ...types];
const exiting = (code: string) => ["--", process.execPath, "-e", code];

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

function listen(argv: readonly string[], env: Record<string, string> = {}) {
  return runProgram(["listen", String(app.port), "--no-tunnel", ...argv], { sandbox, env, limitMs: 40_000 });
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

function lastOf(stdout: string): ListenMessage {
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as ListenMessage;
}

describe("listen -- COMMAND", () => {
  it("gives it the URLs, and ends with its exit code", async () => {
    const code =
      "console.log(process.env.HOOKCLI_URL === process.env.HOOKCLI_LOCAL_URL, process.argv.length); process.exit(7)";
    const ended = await listen(exiting(code));

    expect(ended.code).toBe(7);
    expect(ended.stdout).toContain("true 1");
  });

  it("with --json sends its stdout to stderr, and tells its exit code", async () => {
    const ended = await listen(["--json", ...exiting('console.log("from the command"); process.exit(3)')]);

    expect(ended.stderr).toContain("from the command");
    expect(
      ended.stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as ListenMessage).type),
    ).toEqual(["ready", "done"]);
    expect(lastOf(ended.stdout)).toMatchObject({ reason: "child", childExitCode: 3, exitCode: 3, events: 0 });
  });

  it("ends with 127 when it is not found, and with 128 + n when a signal killed it", async () => {
    const missing = await listen(["--", "no-such-program-anywhere"]);
    const killed = await listen(exiting("process.kill(process.pid, 'SIGKILL')"));

    expect([missing.code, killed.code]).toEqual([127, 137]);
    expect(missing.stderr).toContain("hookcli: error: command not found: no-such-program-anywhere");
  });

  it("passes SIGTERM and SIGINT on, and ends with what the command makes of it", async () => {
    for (const [signal, code] of [
      ["SIGTERM", 41],
      ["SIGINT", 42],
    ] as const) {
      const handler = `process.on("${signal}", () => process.exit(${code})); setInterval(() => {}, 1000); console.log("up")`;
      const child = spawn(process.execPath, [hookcliPath, "listen", "--no-tunnel", ...exiting(handler)], {
        cwd: sandbox.folder,
        env: sandbox.env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      await once(child.stdout, "data");
      child.kill(signal);
      const [exitCode] = (await once(child, "close")) as [number];

      expect(exitCode).toBe(code);
    }
  });

  it("ends one that takes no notice of Ctrl-C by SIGTERM, five seconds later", async () => {
    const handler = 'process.on("SIGINT", () => {}); setInterval(() => {}, 1000); console.log("up")';
    const child = spawn(process.execPath, [hookcliPath, "listen", "--no-tunnel", ...exiting(handler)], {
      cwd: sandbox.folder,
      env: sandbox.env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout, "data");
    const began = performance.now();
    child.kill("SIGINT");
    const [exitCode] = (await once(child, "close")) as [number];

    expect(exitCode).toBe(143);
    expect(performance.now() - began).toBeGreaterThan(4_900);
  });

  it("delivers what the command's end brings, and keeps what came", async () => {
    const ended = await listen(["--json", ...sending("a", "b")]);

    expect(ended.code).toBe(0);
    expect(app.requests).toHaveLength(2);
    expect(lastOf(ended.stdout)).toMatchObject({ events: 2, childExitCode: 0, unmet: [] });
  });
});

describe("listen --expect", () => {
  it("ends with 0 when two expectations are met", async () => {
    const ended = await listen(["--expect", "type=a", "--expect", "type=b and status=2xx", ...sending("a", "b")]);

    expect([ended.code, ended.stderr.includes("error")]).toEqual([0, false]);
  });

  it("ends with 1 when one is not, saying what came instead, whatever the command came to", async () => {
    const ended = await listen(["--expect", "type=a", "--expect", "body.data.id=m2", ...sending("a")]);

    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("--expect body.data.id=m2 is not met: no event fits: body.data.id was m1");
    expect(ended.stderr).toContain("--wait 30s waits for it");
    expect(ended.stderr).not.toContain("--expect type=a is not met");
  });

  it("ends by itself, without a command, when it is met", async () => {
    const running = await startListen([String(app.port), "--no-tunnel", "--expect", "type=b"], { sandbox });

    await post(running.localUrl, { type: "a" });
    await post(running.localUrl, { type: "b" });
    const ended = await running.ended();

    expect(ended.code).toBe(0);
    expect(lastOf(ended.stdout)).toMatchObject({ reason: "expected", events: 2, exitCode: 0, childExitCode: null });
  });

  it("ends with 3 when --wait runs out, and ends the command", async () => {
    const alone = await listen(["--json", "--expect", "type=a", "--wait", "300ms"]);
    const cut = await listen(["--expect", "type=a", "--wait", "300ms", ...exiting("setInterval(() => {}, 1000)")]);

    expect([alone.code, cut.code]).toEqual([3, 3]);
    expect(lastOf(alone.stdout)).toMatchObject({
      reason: "timeout",
      exitCode: 3,
      unmet: [expect.stringContaining("none came")],
    });
  });

  it("with --wait waits on when the command has ended", async () => {
    const later = `setTimeout(() => fetch(process.argv[1], { method: "POST" }).then(() => {}), 400)`;
    const code = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(later)}, process.env.HOOKCLI_URL], { detached: true, stdio: "ignore" }).unref()`;
    const ended = await listen(["--json", "--expect", "method=POST", "--wait", "20s", ...exiting(code)]);

    expect(ended.code).toBe(0);
    expect(lastOf(ended.stdout)).toMatchObject({ reason: "expected", childExitCode: 0 });
  });

  it("is refused (2) where it is none, with the nearest field", async () => {
    const ended = await listen(["--expect", "tpye=a"]);

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("did you mean type?");
  });
});

describe("listen --once, --exit-after and --fail-on", () => {
  it("end after so many events, answered", async () => {
    const running = await startListen([String(app.port), "--no-tunnel", "--exit-after", "2"], { sandbox });
    const first = await post(running.localUrl, { type: "a" });
    const second = await post(running.localUrl, { type: "b" });
    const ended = await running.ended();

    expect([first.status, second.status, ended.code]).toEqual([200, 200, 0]);
    expect(lastOf(ended.stdout)).toMatchObject({ reason: "count", events: 2 });
  });

  it("end with 1 at an answer that must not be, and with 4 when the app is down", async () => {
    app.answer = (_request, response) => void response.writeHead(422).end();
    const running = await startListen([String(app.port), "--no-tunnel", "--fail-on", "4xx,5xx"], { sandbox });
    await post(running.localUrl, { type: "a" });
    const refused = await running.ended();
    const down = await startListen(["1", "--no-tunnel", "--fail-on", "5xx", "--once"], { sandbox });
    await post(down.localUrl, { type: "a" });
    const ended = await down.ended();

    expect([refused.code, ended.code]).toEqual([1, 4]);
    expect(lastOf(refused.stdout)).toMatchObject({ reason: "fail_on", exitCode: 1 });
    expect(refused.stderr).toContain("event #1 a: answered 422 (--fail-on 4xx)");
  });

  it("need something to wait for", async () => {
    const ended = await listen(["--wait", "1s"]);

    expect([ended.code, ended.stderr.includes("--wait needs something to wait for")]).toEqual([2, true]);
  });
});

describe("listen --ready-file and --write-env", () => {
  it("are there when the command runs, and the ready file is gone at the end", async () => {
    const ready = join(sandbox.folder, "ready.json");
    const look = `const fs = require("fs"); const r = JSON.parse(fs.readFileSync("ready.json", "utf8"));
      process.exit(r.type === "ready" && r.localUrl === process.env.HOOKCLI_LOCAL_URL && fs.readFileSync(".env", "utf8").includes(r.localUrl) ? 0 : 9)`;
    const ended = await listen(["--ready-file", "ready.json", "--write-env", ".env", ...exiting(look)]);

    expect(ended.code).toBe(0);
    expect(existsSync(ready)).toBe(false);
    expect(readFileSync(join(sandbox.folder, ".env"), "utf8")).toMatch(
      /^HOOKCLI_URL=http:\/\/localhost:\d+\nHOOKCLI_LOCAL_URL=/,
    );
  });

  it("is taken away by a signal too", async () => {
    const running = await startListen(["--no-tunnel", "--ready-file", "ready.json"], { sandbox });
    const path = join(sandbox.folder, "ready.json");
    for (let tries = 0; tries < 200 && !existsSync(path); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const before = existsSync(path);
    const ended = await running.stop("SIGINT");

    expect([before, existsSync(path), ended.code]).toEqual([true, false, 130]);
  });
});
