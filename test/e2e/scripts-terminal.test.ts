import { execFile } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, hookcliPath, type Sandbox } from "../helpers/program.js";

const run = promisify(execFile);
/** Each test has a server of its own: one that ends takes no new sessions for a while. */
let server = 0;
const tmux = async (...words: string[]) =>
  (await run("tmux", ["-L", `hookcli-scripts-${process.pid}-${server}`, "-f", "/dev/null", ...words])).stdout;

/** Notes each signal that it gets, with the time, and ends with 9 at the one that its argument names. */
const CHILD = `
  const fs = require("fs");
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(name, () => {
      fs.appendFileSync("signals", name + " " + Math.round(performance.now()) + "\\n");
      // A second one, if there were one, would come meanwhile.
      if (name === process.argv[2]) setTimeout(() => process.exit(9), 300);
    });
  setInterval(() => {}, 1000);
  console.log("the command is up");`;

let sandbox: Sandbox;
let service: TestApp;

beforeAll(async () => {
  service = await startApp((_request, response) => void response.end('{"id":"hook-1"}'));
  sandbox = createSandbox();
  const wrapper = join(sandbox.folder, "hookcli");
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${hookcliPath}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  writeFileSync(join(sandbox.folder, "child.cjs"), CHILD);
});
afterAll(async () => {
  await service.close();
  sandbox.remove();
});

beforeEach(async () => {
  server += 1;
  const env = Object.entries({ ...sandbox.env, TERM: "screen", PS1: "$ " }).map(([name, value]) => `${name}=${value}`);
  await tmux("new-session", "-d", "-x", "150", "-y", "40", "-c", sandbox.folder, "env", "-i", ...env, "sh");
  await shows(/^\$/m);
});
afterEach(async () => void (await tmux("kill-server")));

const shows = (pattern: RegExp) => expect.poll(() => tmux("capture-pane", "-p"), { timeout: 30_000 }).toMatch(pattern);

/** Types a command line, and Ctrl-C when the screen shows `when`; gives its exit code. */
async function interrupted(line: string, when: RegExp): Promise<number> {
  await tmux("send-keys", "-l", `./hookcli listen --no-tunnel ${line}; echo "code $?"`);
  await tmux("send-keys", "Enter");
  await shows(when);
  await tmux("send-keys", "C-c");
  await shows(/^code \d+$/m);
  return Number(/^code (\d+)$/m.exec(await tmux("capture-pane", "-p"))?.[1]);
}

function signals(): { name: string; at: number }[] {
  const lines = readFileSync(join(sandbox.folder, "signals"), "utf8").trim().split("\n");
  writeFileSync(join(sandbox.folder, "signals"), "");
  return lines.map((line) => ({ name: line.split(" ")[0] ?? "", at: Number(line.split(" ")[1]) }));
}

describe("Ctrl-C on a real terminal", () => {
  it("reaches the command once, whose exit code is ours", async () => {
    const code = await interrupted(`-- '${process.execPath}' child.cjs SIGINT`, /^the command is up$/m);

    expect(code).toBe(9);
    expect(signals().map(({ name }) => name)).toEqual(["SIGINT"]);
  });

  it("is followed by SIGTERM five seconds later, where the command takes no notice", async () => {
    const code = await interrupted(`-- '${process.execPath}' child.cjs SIGTERM`, /^the command is up$/m);

    const [first, second, ...rest] = signals();
    expect([code, first?.name, second?.name, rest]).toEqual([9, "SIGINT", "SIGTERM", []]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(4_500);
  });

  it("ends listen with 130, once the URL is taken back and the ready file is gone", async () => {
    const at = `http://127.0.0.1:${service.port}/hooks`;
    const code = await interrupted(
      `--ready-file r.json --register ${at} --unregister '${at}/{id}'`,
      /^registered with 127/m,
    );

    expect(code).toBe(130);
    expect(service.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST /hooks",
      "DELETE /hooks/hook-1",
    ]);
    expect(existsSync(join(sandbox.folder, "r.json"))).toBe(false);
  });

  it.each([
    ["no command", "", /Ctrl-C ends it/],
    ["a command that has ended well", "--json -- echo gone", /^gone$/m],
  ])("ends with 130 while --wait waits after %s", async (_what, rest, when) => {
    const code = await interrupted(`--expect type=a --wait 60s ${rest}`, when);

    expect(code).toBe(130);
    await shows(/--expect type=a is not met/);
  });
});
