import { createHash } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startApp, type TestApp } from "../helpers/http-app.js";
import {
  createSandbox,
  hookcliPath,
  runProgram,
  startListen,
  type ListenMessage,
  type Sandbox,
} from "../helpers/program.js";

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

/** `listen -- sh -c SCRIPT`, to its end. */
function shell(script: string, options: { argv?: readonly string[]; stdin?: string } = {}) {
  return runProgram(["listen", "--no-tunnel", ...(options.argv ?? []), "--", "sh", "-c", script], {
    sandbox,
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  });
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

function done(messages: readonly ListenMessage[]): ListenMessage | undefined {
  return messages.find(({ type }) => type === "done");
}

/** Whether a process is there. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const pidIn = (name: string) => Number(readFileSync(join(sandbox.folder, name), "utf8"));

describe("a command after -- that", () => {
  it("reads what we are given, closes its outputs, or leaves a program behind that holds them, ends with its own code", async () => {
    const reading = await shell('read line; [ "$line" = "for the command" ] && exit 6', { stdin: "for the command\n" });
    const closing = await shell("exec 1>&- 2>&-; exit 5");
    const leaving = await shell("sleep 600 >&- 2>&- & echo $! > left; exit 3", { argv: ["--json"] });
    process.kill(pidIn("left"));

    expect([reading.code, closing.code, leaving.code]).toEqual([6, 5, 3]);
  });

  it("cannot be started is told why, with 126, and an empty one is misuse", async () => {
    writeFileSync(join(sandbox.folder, "text"), "exit 0");
    chmodSync(join(sandbox.folder, "text"), 0o644);
    const text = await runProgram(["listen", "--no-tunnel", "--", "./text"], { sandbox });
    const empty = await runProgram(["listen", "--no-tunnel", "--", ""], { sandbox });
    const none = await runProgram(["listen", "--no-tunnel", "--"], { sandbox });

    expect([text.code, empty.code, none.code]).toEqual([126, 2, 2]);
    expect(text.stderr).toContain("hookcli: error: cannot start ./text: it is not executable");
    expect(empty.stderr).toContain("hookcli: error: the command after -- is empty");
    expect(none.stderr).toContain("hookcli: error: there is no command after --");
  });

  it("is cut off by --wait takes along what it has started", async () => {
    const ended = await shell("sleep 600 & echo $! > grandchild; wait", { argv: ["--once", "--wait", "1s"] });

    expect(ended.code).toBe(3);
    await expect.poll(() => isAlive(pidIn("grandchild")), { timeout: 10_000 }).toBe(false);
  });

  it("takes no notice of SIGTERM is killed five seconds later, with 137", async () => {
    const script = 'trap "" TERM; echo up; while :; do sleep 0.1; done';
    const child = spawn(process.execPath, [hookcliPath, "listen", "--no-tunnel", "--", "sh", "-c", script], {
      cwd: sandbox.folder,
      env: sandbox.env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    const [code] = (await once(child, "close")) as [number];

    expect(code).toBe(137);
  });

  it("has nothing to wait for any more where --wait is 0, and is waited for where it is longer than a timer can be", async () => {
    const none = await runProgram(["listen", "--no-tunnel", "--once", "--wait", "0"], { sandbox });
    const send = `fetch(process.env.HOOKCLI_URL, { method: "POST", body: "{}" })`;
    const long = await runProgram(
      ["listen", "--no-tunnel", "--once", "--wait", "10000d", "--", process.execPath, "-e", send],
      { sandbox },
    );

    expect([none.code, long.code]).toEqual([3, 0]);
    expect(long.stderr).not.toMatch(/Warning|not met/);
  });
});

describe("listen --exec", () => {
  it("gives an event larger than a pipe whole, and is not held up by a command that never reads one", async () => {
    const body = JSON.stringify({ type: "big", text: "x".repeat(3_000_000) });
    const hash = `"${process.execPath}" -e "const h = require('crypto').createHash('sha256'); process.stdin.on('data', (b) => h.update(b)).on('end', () => require('fs').writeFileSync('hash', h.digest('hex')))"`;
    const reading = await startListen(["--no-tunnel", "--once", "--exec", hash], { sandbox });
    await fetch(reading.localUrl, { method: "POST", body });
    const whole = await reading.ended();
    const deaf = await startListen(["--no-tunnel", "--once", "--exec", "true"], { sandbox });
    await fetch(deaf.localUrl, { method: "POST", body });
    const over = await deaf.ended();

    expect([whole.code, over.code]).toEqual([0, 0]);
    expect(readFileSync(join(sandbox.folder, "hash"), "utf8")).toBe(createHash("sha256").update(body).digest("hex"));
    expect(over.stderr).not.toMatch(/EPIPE|warning/);
  });

  it("of a command that neither reads nor ends is ended by Ctrl-C, events answered all the while", async () => {
    const listen = await startListen(["--no-tunnel", "--exec", "sleep 600"], { sandbox });
    const body = JSON.stringify({ type: "big", text: "x".repeat(300_000) });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => fetch(listen.localUrl, { method: "POST", body }).then(({ status }) => status)),
    );
    const ended = await listen.stop("SIGINT");

    expect(answers).toEqual(answers.map(() => 200));
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain("--exec was not run for 4 of the events");
  });
});

describe("what listen waits for", () => {
  it("--once with --ack and --retry ends once the delivery has: after the retry that the app took", async () => {
    let asked = 0;
    app.answer = (_request, response) => void response.writeHead((asked += 1) < 3 ? 503 : 200).end();
    const argv = [String(app.port), "--no-tunnel", "--once", "--ack", "--retry-delays", "50ms,50ms,50ms"];
    const listen = await startListen(argv, { sandbox });
    const answer = await post(listen.localUrl, { type: "a" });
    const ended = await listen.ended();

    expect([answer.status, app.requests.length, ended.code]).toEqual([202, 3, 0]);
    expect(done(listen.messages)).toMatchObject({ reason: "count", events: 1 });
  });

  it("--once with --ack ends also where all retries are spent, and --fail-on makes that 1", async () => {
    app.answer = (_request, response) => void response.writeHead(503).end();
    const argv = [String(app.port), "--no-tunnel", "--once", "--ack", "--retry-delays", "50ms,50ms"];
    const quiet = await startListen(argv, { sandbox });
    await post(quiet.localUrl, { type: "a" });
    const ended = await quiet.ended();
    const strict = await startListen([...argv, "--fail-on", "5xx"], { sandbox });
    await post(strict.localUrl, { type: "a" });
    const failed = await strict.ended();

    expect([ended.code, failed.code, app.requests.length]).toEqual([0, 1, 6]);
  });

  it.each([
    ["the first, at once", 500, 200, 0, 400],
    ["the first, late", 500, 200, 400, 0],
    ["the second, at once", 200, 500, 400, 0],
    ["the second, late", 200, 500, 0, 400],
  ])(
    "--fail-on looks at the answer of every target of an event that goes to several: %s",
    async (_which, first, second, firstMs, secondMs) => {
      const other = await startApp(
        (_request, response) => void setTimeout(() => response.writeHead(second).end(), secondMs),
      );
      onTestFinished(() => other.close());
      app.answer = (_request, response) => void setTimeout(() => response.writeHead(first).end(), firstMs);
      const routes = ["--route", `a=${app.port}/first`, "--route", `a=${other.port}/second`];
      const listen = await startListen(["--no-tunnel", ...routes, "--fail-on", "5xx", "--once"], { sandbox });
      const answer = await post(listen.localUrl, { type: "a" });
      const ended = await listen.ended();

      expect([answer.status, ended.code]).toEqual([first, 1]);
      expect(done(listen.messages)).toMatchObject({ exitCode: 1 });
    },
  );

  it("--expect status=2xx with several targets is met only by an event whose last answer is 2xx", async () => {
    const second = await startApp();
    onTestFinished(() => second.close());
    const routes = ["--route", `a=${app.port}`, "--route", `a=${second.port}`];
    const listen = await startListen(["--no-tunnel", ...routes, "--expect", "type=a and status=2xx"], { sandbox });
    await post(listen.localUrl, { type: "a" });
    const ended = await listen.ended();

    expect([ended.code, app.requests.length, second.requests.length]).toEqual([0, 1, 1]);
  });
});
