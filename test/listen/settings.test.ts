import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineListen, type ListenFlags } from "../../src/commands/listen/options.js";
import { LISTEN_DEFAULTS, listenSettings } from "../../src/commands/listen/settings.js";
import { loadConfig } from "../../src/config/config.js";
import { CONFIG_KEY_ROWS } from "../../src/config/keys.js";
import { parseRoute } from "../../src/deliver/routes.js";
import { headersFromRaw, headerValue } from "../../src/events/headers.js";
import { createOutput } from "../../src/output/terminal.js";
import { startApp, type AppRequest } from "../helpers/http-app.js";
import { createSandbox, startListen, type Sandbox } from "../helpers/program.js";
import { testContext } from "../helpers/run.js";

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = createSandbox();
});

afterEach(() => sandbox.remove());

function configure(text: unknown): void {
  writeFileSync(join(sandbox.folder, "hookcli.config.json"), JSON.stringify(text));
}

/** Writes the user's own file. */
function configureUser(text: unknown): void {
  mkdirSync(join(sandbox.folder, "hookcli"));
  writeFileSync(join(sandbox.folder, "hookcli", "config.json"), JSON.stringify(text));
}

/** The settings of `hookcli listen ...argv` in the sandbox, and what was said meanwhile. */
async function settings(argv: readonly string[], env: Record<string, string> = { APP_TOKEN: "t0ken" }) {
  const context = testContext({ cwd: sandbox.folder, env: { XDG_CONFIG_HOME: sandbox.folder, ...env } });
  const output = createOutput(context, { json: false, quiet: false, verbose: false, color: "never" });
  const command = new Command("listen").exitOverride();
  defineListen(command);
  command.parse([...argv], { from: "user" });
  const config = await loadConfig(context, {});
  const options = await listenSettings({ options: command.opts<ListenFlags>(), context, output }, config.listen);
  return { options, stderr: context.stderr.text };
}

/** The headers that the config adds, as the app got them. */
function added({ rawHeaders }: AppRequest): (string | undefined)[] {
  const headers = headersFromRaw(rawHeaders);
  return [headerValue(headers, "x-from"), headerValue(headers, "authorization")];
}

/** For each key: its value in a file, what listen makes of it, a flag that goes before it, and what that makes. */
const KEYS: Readonly<Record<string, readonly [json: unknown, option: unknown, flags: string[], flagged: unknown]>> = {
  publicUrl: ["https://a.example", "https://a.example", ["--public-url", "https://b.example"], "https://b.example"],
  requireTunnel: [true, true, ["--no-require-tunnel"], false],
  port: [4000, 4000, ["--port", "0"], 0],
  events: [["a.*"], ["a.*"], ["-e", "b,c"], ["b", "c"]],
  routes: [
    [{ match: "a.*", target: "3001", timeout: "5s" }],
    [{ ...parseRoute("a.*=3001"), timeoutMs: 5_000 }],
    ["--route", "b=3002"],
    [parseRoute("b=3002"), { ...parseRoute("a.*=3001"), timeoutMs: 5_000 }],
  ],
  allowIp: [["10.0.0.0/8"], ["10.0.0.0/8"], ["--allow-ip", "::1"], ["::1"]],
  trustedProxy: [["10.0.0.1"], ["10.0.0.1"], ["--trusted-proxy", "::1"], ["::1"]],
  allowType: [["a"], ["a"], ["--allow-type", "b"], ["b"]],
  require: [["type"], ["type"], ["--require", "id"], ["id"]],
  validate: ["s.json", "<folder>/s.json", ["--validate", "t.json"], "t.json"],
  requireSignature: [true, true, ["--no-require-signature"], false],
  maxBody: ["1kb", 1_024, ["--max-body", "2kb"], 2_048],
  headers: [{ "X-A": "file" }, [["X-A", "file"]], ["-H", "x-a: flag"], [["x-a", "flag"]]],
  hostHeader: ["keep", "keep", ["--host-header", "target"], "target"],
  insecure: [true, true, ["--no-insecure"], false],
  handshake: ["off", "off", ["--handshake", "auto"], "auto"],
  timeout: ["5s", 5_000, ["--timeout", "0"], 0],
  ack: [true, true, ["--no-ack"], false],
  ackStatus: [200, 200, ["--ack-status", "204"], 204],
  queue: [true, true, ["--no-queue"], false],
  retry: [3, 3, ["--retry", "0"], 0],
  retryDelays: [
    ["1s", "500ms"],
    [1_000, 500],
    ["--retry-delays", "2s,3s"],
    [2_000, 3_000],
  ],
  retrySpeed: ["10x", 10, ["--retry-speed", "1.5x"], 1.5],
  ordered: [true, true, ["--no-ordered"], false],
  concurrency: [1, 1, ["--concurrency", "2"], 2],
  dropDuplicates: [true, true, ["--no-drop-duplicates"], false],
  respond: [202, 202, ["--respond", "204"], 204],
  respondBody: ["a.json", "<folder>/a.json", ["--respond-body", "b.json"], "b.json"],
  register: ["env:HOOKS", "env:HOOKS", ["--register", "https://b.example"], "https://b.example"],
  registerHeaders: [
    { "X-A": "file", "X-B": "env:APP_TOKEN" },
    [
      ["X-A", "file"],
      ["X-B", "t0ken"],
    ],
    ["--register-header", "x-a: flag"],
    [
      ["x-a", "flag"],
      ["X-B", "t0ken"],
    ],
  ],
  registerBody: [{ to: "{url}" }, '{"to":"{url}"}', ["--register-body", "{url}"], "{url}"],
  registerPath: ["hook.id", "hook.id", ["--register-path", "key"], "key"],
  unregister: ["env:HOOK", "env:HOOK", ["--unregister", "https://b.example"], "https://b.example"],
  requireRegister: [true, true, ["--no-require-register"], false],
  onUrl: ["notify me", "notify me", ["--on-url", "other"], "other"],
  writeEnv: [".env", "<folder>/.env", ["--write-env", "b.env"], "b.env"],
  readyFile: ["r.json", "<folder>/r.json", ["--ready-file", "b.json"], "b.json"],
  wait: ["5s", 5_000, ["--wait", "1s"], 1_000],
  failOn: [["4xx", "503"], ["4xx", "503"], ["--fail-on", "5xx"], ["5xx"]],
};

/** What of a config alone means nothing: the rest of a registration, and a time to wait. */
const WITH_REGISTER = { register: "env:HOOKS" };
const BESIDE: Readonly<Record<string, { file?: object; flags?: readonly string[] }>> = {
  registerHeaders: { file: WITH_REGISTER },
  registerBody: { file: WITH_REGISTER },
  registerPath: { file: WITH_REGISTER },
  unregister: { file: WITH_REGISTER },
  requireRegister: { file: WITH_REGISTER },
  wait: { flags: ["--once"] },
};
/** Names of options that differ from their keys. */
const OPTION_NAMES: Readonly<Record<string, string>> = { headers: "header", registerHeaders: "registerHeader" };

describe("the settings of listen", () => {
  it.each(Object.entries(KEYS))("takes %s from the file, and the flag before it", async (key, row) => {
    const [json, option, flags, flagged] = row;
    const { file = {}, flags: always = [] } = BESIDE[key] ?? {};
    // A project's file runs no commands.
    if (key === "onUrl") configureUser({ [key]: json });
    else configure({ ...file, [key]: json });
    const name = OPTION_NAMES[key] ?? key;
    const read = (options: object): unknown => (options as Record<string, unknown>)[name];

    const fromFile = read((await settings(always)).options);
    const fromFlag = read((await settings([...always, ...flags])).options);

    expect(fromFile).toEqual(typeof option === "string" ? option.replace("<folder>", sandbox.folder) : option);
    expect(fromFlag).toEqual(flagged);
  });

  it("is tested for every key of the table that is an option of listen", () => {
    const keys = CONFIG_KEY_ROWS.filter(([, { about }]) => about.startsWith("listen:")).map(([name]) => name);

    expect(Object.keys(KEYS).toSorted()).toEqual(keys.toSorted());
  });

  it("has the defaults that the table of keys tells", async () => {
    const { options } = await settings([]);
    const told = CONFIG_KEY_ROWS.filter(
      ([, { about, fallback }]) => about.startsWith("listen:") && fallback !== undefined,
    ).map(([name, { kind, fallback }]) => [name, kind.read(fallback)]);

    expect(told.length).toBeGreaterThan(5);
    expect(options).toMatchObject(Object.fromEntries(told));
    expect(options).toMatchObject(LISTEN_DEFAULTS);
  });

  it("reads headers of the file by reference, and a flag goes before one of its name alone", async () => {
    configure({ headers: { Authorization: "env:APP_TOKEN", "X-Env": "dev" } });

    const { options, stderr } = await settings(["-H", "X-ENV: test"], { APP_TOKEN: "s3cret" });

    expect(options.header).toEqual([
      ["Authorization", "s3cret"],
      ["X-ENV", "test"],
    ]);
    expect(stderr).toBe("");
  });

  it("names the place of a header whose variable is not set", async () => {
    configure({ headers: { Authorization: "env:APP_TOKEN" } });

    await expect(settings([], {})).rejects.toThrow("environment variable APP_TOKEN is not set");
  });

  it.each([
    [{ publicUrl: "https://a.example" }, ["--via", "localtunnel"]],
    [{ publicUrl: "https://a.example" }, ["--require-tunnel"]],
    [{ requireTunnel: true }, ["--no-tunnel"]],
    [{ requireTunnel: true }, ["--via", "none"]],
    [{ requireTunnel: true }, ["--public-url", "https://b.example"]],
  ])("of the file %j give way to %j, which asks for another public side", async (file, flags) => {
    configure(file);

    const { options } = await settings(flags);

    expect(options).not.toMatchObject(file);
  });
});

describe("the registration of a config", () => {
  const CONFIGURED = {
    register: "env:HOOKS",
    registerHeaders: { Authorization: "env:APP_TOKEN" },
    registerBody: "{url}",
    unregister: "env:HOOK",
    requireRegister: true,
  };

  it("gives way as a whole to a service that the command line names, which gets none of its tokens", async () => {
    configure(CONFIGURED);

    const { options } = await settings(["--register", "https://b.example", "--register-header", "X-A: 1"]);

    expect(options).toMatchObject({ register: "https://b.example", registerHeader: [["X-A", "1"]] });
    expect(options.requireRegister).toBe(false);
    expect([options.registerBody, options.unregister]).toEqual([undefined, undefined]);
  });

  it("is left out with --no-register, and without a service, even where its variables are not set", async () => {
    configure(CONFIGURED);
    const off = await settings(["--no-register"], {});
    configure({ ...CONFIGURED, register: undefined });
    const none = await settings([], {});

    for (const { options } of [off, none]) {
      expect(options.requireRegister).toBe(false);
      expect(Object.keys(options).filter((name) => /^(?:un)?register/.test(name))).toEqual([]);
    }
  });

  it.each([
    [{ register: "https://api.example.com/hooks" }, "register: where the public URL is told must be env:NAME"],
    [{ unregister: "@hook" }, "unregister: where the public URL is told must be env:NAME"],
    [{ registerHeaders: { Authorization: "Bearer x" } }, "registerHeaders.Authorization: a secret in a project's"],
    [{ registerBody: "@/etc/passwd" }, "registerBody: expected text that does not begin with @"],
    [{ onUrl: "rm -rf x" }, "onUrl: a command in a project's config would run on every computer"],
    [{ writeEnv: "../.bashrc" }, "writeEnv: expected a file in the folder of this config"],
    [{ writeEnv: "out/new.env" }, "writeEnv: expected a file in the folder of this config"],
    [{ readyFile: "/tmp/ready" }, "readyFile: expected a file in the folder of this config"],
    [{ failOn: ["6xx"] }, "failOn: expected a list of statuses"],
  ])("is in a project's file nobody else's decision: %j", async (file, message) => {
    symlinkSync(tmpdir(), join(sandbox.folder, "out"));
    configure(file);

    await expect(settings([])).rejects.toThrow(message);
  });
});

describe("listen by its config alone", () => {
  it("gates, routes, adds headers and answers as the file says, and as its profile says", async () => {
    const app = await startApp();
    configure({
      target: String(app.port),
      via: "none",
      events: ["message.*"],
      allowType: ["message.*", "ping"],
      maxBody: "1kb",
      headers: { "X-From": "file", Authorization: "env:APP_TOKEN" },
      profiles: { open: { allowType: ["*"], headers: { "X-From": "profile" } } },
    });
    const env = { APP_TOKEN: "s3cret" };
    const post = (url: string, body: string) =>
      fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });

    const strict = await startListen([], { sandbox, env });
    const statuses = [];
    for (const type of ["message.created", "ping", "user.left"])
      statuses.push((await post(strict.localUrl, JSON.stringify({ type }))).status);
    statuses.push(
      (await post(strict.localUrl, JSON.stringify({ type: "message.created", pad: "x".repeat(2_000) }))).status,
    );
    await strict.stop();
    const open = await startListen(["--profile", "open"], { sandbox, env });
    statuses.push((await post(open.localUrl, '{"type":"user.left"}')).status);
    await post(open.localUrl, '{"type":"message.created"}');
    await open.stop();
    await app.close();

    expect(statuses).toEqual([200, 200, 400, 413, 200]);
    expect(app.requests.map(added)).toEqual([
      ["file", "s3cret"],
      ["profile", "s3cret"],
    ]);
  });

  it("without a target answers what the file says, with the file beside it", async () => {
    mkdirSync(join(sandbox.folder, "src"));
    writeFileSync(join(sandbox.folder, "answer.json"), '{"ok":true}');
    configure({ via: "none", respond: 202, respondBody: "answer.json" });

    const listen = await startListen([], { sandbox: { ...sandbox, folder: join(sandbox.folder, "src") } });
    const answer = await fetch(listen.localUrl, { method: "POST", body: "x" });
    const text = await answer.text();
    await listen.stop();

    expect([answer.status, text]).toEqual([202, '{"ok":true}']);
  });
});
