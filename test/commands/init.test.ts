import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Ajv } from "ajv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli.js";
import { configSchema } from "../../src/config/schema.js";
import { providers } from "../../src/providers/index.js";
import { rootDir } from "../helpers/data.js";
import { startApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, type Sandbox } from "../helpers/program.js";
import { runCli, testContext } from "../helpers/run.js";

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = createSandbox();
});

afterEach(() => sandbox.remove());

function init(...argv: string[]) {
  return runCli(["init", ...argv], { cwd: sandbox.folder });
}

function written(file = "hookcli.config.json"): Record<string, unknown> {
  return JSON.parse(readFileSync(join(sandbox.folder, file), "utf8")) as Record<string, unknown>;
}

/** `hookcli init` on a terminal where these lines are typed. */
async function typed(lines: readonly string[], argv: readonly string[] = []) {
  const context = testContext({ cwd: sandbox.folder, env: { XDG_CONFIG_HOME: sandbox.folder } });
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.end(lines.map((line) => `${line}\n`).join(""));
  const code = await run(["init", ...argv], { ...context, stdin });
  return { code, stderr: context.stderr.text };
}

describe("init", () => {
  it("writes a config with a schema and a fixture, and says what comes next", async () => {
    const { code, stdout, stderr } = await init("--yes");

    expect(code).toBe(0);
    expect(stdout).toBe(`wrote hookcli.config.json\nwrote ${join("fixtures", "generic", "message.created.json")}\n`);
    expect(written()).toEqual({
      $schema: "https://unpkg.com/hookcli/docs/hookcli.config.schema.json",
      target: "5000",
    });
    for (const next of ["export HOOKCLI_SECRET=", "hookcli listen", "hookcli send message.created", ".gitignore"])
      expect(stderr).toContain(next);
  });

  it("names the schema in the package that the project has installed", async () => {
    mkdirSync(join(sandbox.folder, "node_modules/hookcli/docs"), { recursive: true });
    mkdirSync(join(sandbox.folder, "packages/app"), { recursive: true });
    cpSync(
      join(rootDir, "docs/hookcli.config.schema.json"),
      join(sandbox.folder, "node_modules/hookcli/docs/hookcli.config.schema.json"),
    );

    await runCli(["init", "--yes"], { cwd: join(sandbox.folder, "packages/app") });
    await init("--yes");

    const deep = String(written("packages/app/hookcli.config.json")["$schema"]);
    expect(deep).toBe("../../node_modules/hookcli/docs/hookcli.config.schema.json");
    expect(existsSync(join(sandbox.folder, "packages/app", deep))).toBe(true);
    expect(written()["$schema"]).toBe("./node_modules/hookcli/docs/hookcli.config.schema.json");
  });

  it.each([
    [[], { target: "5000" }],
    [["3000/hooks", "--provider", "stripe"], { target: "3000/hooks", provider: "stripe" }],
    [
      ["--provider", "github", "--secret", "env:MY_SECRET"],
      { target: "5000", provider: "github", secrets: { github: "env:MY_SECRET" } },
    ],
    [["--secret", "MY_SECRET"], { target: "5000", secret: "env:MY_SECRET" }],
  ])("takes answers from the command line: %j", async (argv, expected) => {
    const { code } = await init(...argv, "--yes");

    const { $schema: _, ...rest } = written();
    expect(code).toBe(0);
    expect(rest).toEqual(expected);
  });

  it.each([
    ["stripe", "invoice.paid"],
    ["github", "push"],
    ["shopify", "orders.create"],
  ])("begins with an event that is usual for %s", async (provider, event) => {
    const { stdout, stderr } = await init("--yes", "--provider", provider);

    expect(stdout).toContain(join("fixtures", provider, `${event}.json`));
    expect(stderr).toContain(`hookcli send ${provider}/${event}`);
  });

  it("writes the secret's reference unless that variable is read anyway, and says then which one it is", async () => {
    const own = await init("5000", "--provider", "stripe", "--secret", "env:MY_VAR", "--yes");
    expect(written()).toMatchObject({ secrets: { stripe: "env:MY_VAR" } });
    expect(own.stderr).not.toContain("without being named");

    const usual = await init("--provider", "stripe", "--secret", "env:STRIPE_WEBHOOK_SECRET", "--yes", "--force");
    expect(written()).not.toHaveProperty("secrets");
    expect(usual.stderr).toContain("the secret is read from STRIPE_WEBHOOK_SECRET without being named in the config");

    const shared = await init("--provider", "stripe", "--secret", "env:HOOKCLI_SECRET", "--yes", "--force");
    expect(written()).toMatchObject({ secrets: { stripe: "env:HOOKCLI_SECRET" } });
    expect(shared.stderr).not.toContain("without being named");
  });

  it("writes for every provider what the reader and the schema take, with a fixture that can be sent", async () => {
    const fits = new Ajv({ strict: false }).compile(configSchema(providers.map(({ name }) => name)));
    for (const { name } of providers) {
      await init("--yes", "--force", "--provider", name, "--secret", "env:S");
      const record = JSON.parse((await init("--yes", "--force", "--provider", name, "--json")).stdout) as {
        fixture: string;
      };
      const reference = record.fixture.slice(join(sandbox.folder, "fixtures/").length, -".json".length);
      const sent = await runCli(["send", reference, "--to", "5000", "--dry-run", "--unsigned"], {
        cwd: sandbox.folder,
      });

      expect([name, fits(written())]).toEqual([name, true]);
      expect([name, sent.code, sent.stderr]).toEqual([name, 0, ""]);
    }
  });

  it("asks on a terminal: the target, the provider, the variable of the secret", async () => {
    const { code, stderr } = await typed(["3000/hooks", "stripe", "MY_STRIPE"]);

    expect(code).toBe(0);
    expect(stderr).toContain("[STRIPE_WEBHOOK_SECRET]");
    expect(written()).toMatchObject({ target: "3000/hooks", provider: "stripe", secrets: { stripe: "env:MY_STRIPE" } });
  });

  it("takes the defaults for empty answers, and asks nothing that the command line says", async () => {
    const { code, stderr } = await typed(["", ""], ["4000"]);

    expect(code).toBe(0);
    expect(stderr).not.toContain("Where does your app");
    expect(written()).toMatchObject({ target: "4000" });
  });

  it("asks again when an answer cannot be, and never shows what may be the secret itself", async () => {
    const { code, stderr } = await typed(["nonsense", "5000", "strpe", "stripe", "whsec_canary==", "S"]);

    expect(code).toBe(0);
    expect(stderr).toContain('"nonsense" is not a target');
    expect(stderr).toContain("did you mean stripe?");
    expect(stderr).toContain("that is not the name of an environment variable");
    expect(stderr).not.toContain("canary");
    expect(written()).toMatchObject({ target: "5000", secrets: { stripe: "env:S" } });
  });

  it.each(["--quiet", "--json"])("is refused with %s on a terminal, which is there", async (flag) => {
    const { code, stderr } = await typed([], [flag]);

    expect(code).toBe(2);
    expect(stderr).toContain(`init asks, and ${flag} shows no questions`);
    expect(readdirSync(sandbox.folder)).toEqual([]);
  });

  it("writes nothing when the answers end early", async () => {
    const { code, stderr } = await typed(["5000"]);

    expect(code).toBe(2);
    expect(stderr).toContain("the answers ended early");
    expect(readdirSync(sandbox.folder)).toEqual([]);
  });

  it.each([
    [[], "init asks on a terminal, and there is none", "pass --yes"],
    [["--yes", "ftp://x"], '"ftp://x" is not a target', "write 5000"],
    [["--yes", "--provider", "githb"], "unknown provider: githb", "did you mean github"],
    [["--yes", "--secret", "whsec_canary=="], "not the name of an environment variable", "holds no secret"],
  ])("answers %j in a pipe with an error, a hint, and no file", async (argv, message, hint) => {
    const { code, stdout, stderr } = await init(...argv);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain("canary");
    expect(readdirSync(sandbox.folder)).toEqual([]);
  });

  it("never writes over a config without --force, and never over a fixture", async () => {
    await init("--yes");
    writeFileSync(join(sandbox.folder, "hookcli.config.json"), '{ "target": "1" }');
    writeFileSync(join(sandbox.folder, "fixtures/generic/message.created.json"), '{"mine":true}');

    const refused = await init("--yes");
    const untouched = written();
    const forced = await init("--yes", "--force");

    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("is there already");
    expect(refused.stderr).toContain("--force");
    expect(untouched).toEqual({ target: "1" });
    expect(forced.stdout).toBe("wrote hookcli.config.json\n");
    expect(written()).toMatchObject({ target: "5000" });
    expect(written("fixtures/generic/message.created.json")).toEqual({ mine: true });
  });

  it("writes the file that --config names, and says which one is read no more", async () => {
    writeFileSync(join(sandbox.folder, "hookcli.config.json"), "{}");
    mkdirSync(join(sandbox.folder, "app"));

    const named = await init("--yes", "--config", "other.json");
    const inner = await runCli(["init", "--yes"], { cwd: join(sandbox.folder, "app") });

    expect(named.stdout).toContain("wrote other.json\n");
    expect(inner.stderr).toContain(`in place of ${join(sandbox.folder, "hookcli.config.json")}`);
  });
});

describe("after init", () => {
  it("listen and send go by what it wrote", async () => {
    const app = await startApp();
    const env = { HOOKCLI_SECRET: "s3cret" };
    const made = await runProgram(["init", String(app.port), "--yes"], { sandbox, env });
    writeFileSync(
      join(sandbox.folder, "fixtures/generic/message.created.json"),
      '{"type":"message.created","mine":true}\n',
    );

    const listen = await startListen(["--no-tunnel"], { sandbox, env });
    const sent = await runProgram(["send", "message.created"], { sandbox, env });
    const { event } = (await listen.waitFor(({ type }) => type === "event")) as unknown as {
      event: { signature: { status: string }; project: string };
    };
    await listen.stop();
    await app.close();

    expect([made.code, sent.code]).toEqual([0, 0]);
    expect(app.requests.map(({ body }) => body.toString())).toEqual(['{"type":"message.created","mine":true}']);
    expect(event.signature.status).toBe("valid");
  });
});
