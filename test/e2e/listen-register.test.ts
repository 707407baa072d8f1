import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headersFromRaw, headerValue } from "../../src/events/headers.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, type Sandbox } from "../helpers/program.js";

const TRUE = ["--", process.execPath, "-e", ""];

let sandbox: Sandbox;
let service: TestApp;

beforeEach(async () => {
  sandbox = createSandbox({ API_TOKEN: "t0ken-of-the-service" });
  service = await startApp();
});

afterEach(async () => {
  await service.close();
  sandbox.remove();
});

function listen(argv: readonly string[]) {
  return runProgram(["listen", "--no-tunnel", ...argv], { sandbox, limitMs: 40_000 });
}

const api = (path: string) => `http://127.0.0.1:${service.port}${path}`;

describe("listen --register", () => {
  it("tells the service the URL, and takes it back by the id that it answered", async () => {
    service.answer = (_request, response) => void response.writeHead(201).end('{"data":{"hook":"h/1"}}');
    const options = ["--register-header", "Authorization: env:API_TOKEN", "--register-path", "data.hook"];
    const ended = await listen(["--register", api("/hooks"), "--unregister", api("/hooks/{id}"), ...options, ...TRUE]);

    const asked = service.requests.map(({ method, url }) => `${method} ${url}`);
    const tokens = service.requests.map(({ rawHeaders }) => headerValue(headersFromRaw(rawHeaders), "authorization"));
    expect(ended.code).toBe(0);
    expect(asked).toEqual(["POST /hooks", "DELETE /hooks/h%2F1"]);
    expect(JSON.parse(String(service.requests[0]?.body))).toEqual({
      url: expect.stringMatching(/^http:\/\/localhost:\d+$/),
    });
    expect(tokens).toEqual(["t0ken-of-the-service", "t0ken-of-the-service"]);
    expect(ended.stdout + ended.stderr).not.toContain("t0ken");
  });

  it("fills the URL into a body of one's own and into the service's URL, which may be a reference", async () => {
    const env = { ...sandbox.env, BOT: api("/bott0ken/setWebhook?url={url}") };
    const body = '{"hook":{"to":"{url}/in"},"on":["a"]}';
    const ended = await runProgram(
      ["listen", "--no-tunnel", "--register", "env:BOT", "--register-body", body, ...TRUE],
      { sandbox, env },
    );

    expect(ended.code).toBe(0);
    expect(service.requests[0]?.url).toMatch(/^\/bott0ken\/setWebhook\?url=http%3A%2F%2Flocalhost%3A\d+$/);
    expect(JSON.parse(String(service.requests[0]?.body))).toEqual({
      hook: { to: expect.stringMatching(/\d\/in$/) },
      on: ["a"],
    });
    expect(ended.stdout + ended.stderr).not.toContain("t0ken");
    expect(ended.stderr).toContain("it stays so: --unregister takes it back");
  });

  it("is told by the config what it says, without a word of it in any output", async () => {
    service.answer = (_request, response) => void response.writeHead(201).end('{"id":"hook-1"}');
    const file = {
      register: "env:HOOKS",
      registerHeaders: { Authorization: "env:API_TOKEN" },
      registerBody: { to: "{url}/in" },
      unregister: "env:HOOK",
    };
    writeFileSync(join(sandbox.folder, "hookcli.config.json"), JSON.stringify(file));
    const env = { ...sandbox.env, HOOKS: api("/hooks?key=s3cret"), HOOK: api("/hooks/{id}?key=s3cret") };
    const ended = await runProgram(["listen", "--no-tunnel", ...TRUE], { sandbox, env });
    const listed = await runProgram(["config", "list", "--json"], { sandbox, env });

    const asked = service.requests.map(({ method, url }) => `${method} ${url}`);
    expect(ended.code).toBe(0);
    expect(asked).toEqual(["POST /hooks?key=s3cret", "DELETE /hooks/hook-1?key=s3cret"]);
    expect(String(service.requests[0]?.body)).toMatch(/^\{"to":"http:\/\/localhost:\d+\/in"\}$/);
    expect(service.requests.map(({ rawHeaders }) => headerValue(headersFromRaw(rawHeaders), "authorization"))).toEqual([
      "t0ken-of-the-service",
      "t0ken-of-the-service",
    ]);
    expect(listed.stdout).toContain('"env:HOOKS"');
    expect(listed.stdout).toContain("registerHeaders.Authorization");
    expect([ended.stdout, ended.stderr, listed.stdout, listed.stderr].join("")).not.toMatch(/t0ken|s3cret/);
  });

  it("goes on where the service says no, unless it is asked not to", async () => {
    service.answer = (_request, response) => void response.writeHead(403).end();
    const goesOn = await listen(["--register", api("/hooks"), ...TRUE]);
    const required = await listen(["--register", api("/hooks"), "--require-register", ...TRUE]);
    const absent = await listen(["--register", "http://127.0.0.1:1/hooks", "--require-register", ...TRUE]);

    expect([goesOn.code, required.code, absent.code]).toEqual([0, 1, 4]);
    expect(goesOn.stderr).toContain(`warning: 127.0.0.1:${service.port} did not take the public URL: it answered 403`);
    expect(absent.stderr).toContain("error: 127.0.0.1:1 did not take the public URL: ");
  });

  it("is needed by what belongs to it, and is a URL", async () => {
    const alone = await listen(["--unregister", api("/hooks"), ...TRUE]);
    const wrong = await listen(["--register", "hooks", ...TRUE]);

    expect([alone.code, wrong.code]).toEqual([2, 2]);
    expect(alone.stderr).toContain("need --register");
    expect(wrong.stderr).toContain("--register takes a whole URL");
  });
});

describe("listen --on-url", () => {
  it("runs a command without a shell, before the other one, with the URL in its environment", async () => {
    const code = "require('fs').writeFileSync('url', process.env.HOOKCLI_URL + ' ' + process.argv[1])";
    const ended = await listen(["--on-url", `"${process.execPath}" -e "${code}" '$HOME;ls'`, ...TRUE]);

    expect(ended.code).toBe(0);
    expect(readFileSync(join(sandbox.folder, "url"), "utf8")).toMatch(/^http:\/\/localhost:\d+ \$HOME;ls$/);
  });

  it("warns when it fails, and is refused when it is no command", async () => {
    const failing = await listen(["--on-url", `"${process.execPath}" -e 'process.exit(3)'`, ...TRUE]);
    const missing = await listen(["--on-url", "no-such-program-anywhere", ...TRUE]);
    const open = await listen(["--on-url", "echo 'a", ...TRUE]);

    expect([failing.code, missing.code, open.code]).toEqual([0, 0, 2]);
    expect(failing.stderr).toContain("warning: --on-url: ");
    expect(failing.stderr).toContain("ended with 3");
    expect(missing.stderr).toContain("cannot start no-such-program-anywhere");
  });
});
