import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { resolveSecrets } from "../../src/config/secrets.js";
import { createOutput } from "../../src/output/terminal.js";
import { rootDir } from "../helpers/data.js";
import { testContext } from "../helpers/run.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-config-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function contextIn(cwd: string, env: Record<string, string> = {}) {
  return testContext({ cwd, env: { XDG_CONFIG_HOME: join(folder, "xdg"), ...env } });
}

function write(path: string, text: string): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe("the configuration", () => {
  it("finds the project's file upwards, and its folder is the project", async () => {
    write("app/hookcli.config.json", '{ "target": "5000/webhook" }');
    mkdirSync(join(folder, "app/src/deep"), { recursive: true });

    const config = await loadConfig(contextIn(join(folder, "app/src/deep")), {});

    expect(config.project).toBe(join(folder, "app"));
    expect(config.target).toBe("5000/webhook");
  });

  it("takes the git root as the project when there is no file, and the working directory without git", async () => {
    mkdirSync(join(folder, "repo/.git"), { recursive: true });
    mkdirSync(join(folder, "repo/src"));
    mkdirSync(join(folder, "plain"));

    expect((await loadConfig(contextIn(join(folder, "repo/src")), {})).project).toBe(join(folder, "repo"));
    expect((await loadConfig(contextIn(join(folder, "plain")), {})).project).toBe(join(folder, "plain"));
  });

  it("goes by environment, project file, user file", async () => {
    write("app/hookcli.config.json", '{ "tunnelHost": "https://project" }');
    write("xdg/hookcli/config.json", '{ "tunnelHost": "https://user", "via": "ssh" }');
    const cwd = join(folder, "app");

    const files = await loadConfig(contextIn(cwd), {});
    const environment = await loadConfig(contextIn(cwd, { HOOKCLI_TUNNEL_HOST: "https://env" }), {});

    expect([files.tunnelHost, files.via]).toEqual(["https://project", "ssh"]);
    expect(environment.tunnelHost).toBe("https://env");
  });

  it("puts the store where --db, HOOKCLI_DB, the config, or XDG says", async () => {
    const bare = { XDG_STATE_HOME: join(folder, "state") };

    expect((await loadConfig(contextIn(folder, bare), {})).dbPath).toBe(join(folder, "state/hookcli/events.db"));
    expect((await loadConfig(contextIn(folder, { ...bare, HOOKCLI_DB: "x.db" }), {})).dbPath).toBe(
      join(folder, "x.db"),
    );
    expect((await loadConfig(contextIn(folder, { HOOKCLI_DB: "x.db" }), { db: "y.db" })).dbPath).toBe(
      join(folder, "y.db"),
    );
  });

  it.each([
    ['{ "target": 5000 }', ":1: target: expected a string"],
    ['{\n  "targt": "5000"\n}', ":2: unknown key targt"],
    ['{ "target": }', ":1: not valid JSON"],
    ["[]", ":1: expected an object"],
    ['{\n\n "secret": "whsec_abc" }', ":3: a secret in a project's config must be env:NAME"],
    ['{ "secrets": { "stripe": "whsec_abc" } }', ":1: a secret in a project's config must be env:NAME"],
  ])("refuses %j with file, line and what was expected", async (text, message) => {
    write("hookcli.config.json", text);

    await expect(loadConfig(contextIn(folder), {})).rejects.toThrow(`hookcli.config.json${message}`);
  });

  it("never prints the secret that it refuses", async () => {
    write("hookcli.config.json", '{ "secret": "whsec_canary" }');

    await expect(loadConfig(contextIn(folder), {})).rejects.not.toThrow("whsec_canary");
  });

  it("reads comments and trailing commas", async () => {
    write("hookcli.config.json", '{\n  // the app\n  "target": "5000",\n}');

    expect((await loadConfig(contextIn(folder), {})).target).toBe("5000");
  });

  it("takes the example of the README", async () => {
    const readme = readFileSync(join(rootDir, "README.md"), "utf8");
    write("hookcli.config.json", /```json\n(.*?)```/s.exec(readme)?.[1] ?? "");

    const config = await loadConfig(contextIn(folder), {});

    expect([config.target, config.subdomain]).toEqual(["5000/webhook", "my-name"]);
    expect(config.secretOf("github")?.reference).toBe("env:GH_SECRET");
  });

  it("says so when the file that was named is not there", async () => {
    await expect(loadConfig(contextIn(folder), { config: "nope.json" })).rejects.toThrow("no config file at nope.json");
  });
});

describe("secrets", () => {
  async function secrets(options: {
    env?: Record<string, string>;
    flags?: string[];
    provider?: string;
    stdin?: string;
  }) {
    const context = testContext({
      cwd: folder,
      env: { XDG_CONFIG_HOME: folder, ...options.env },
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    });
    const output = createOutput(context, { json: false, quiet: false, verbose: false, color: "auto" });
    const config = await loadConfig(context, {});
    const found = await resolveSecrets({
      context,
      output,
      config,
      flags: options.flags ?? [],
      provider: options.provider,
    });
    return {
      texts: found.map(({ bytes }) => Buffer.from(bytes).toString()),
      origins: found.map(({ origin }) => origin),
      stderr: context.stderr.text,
    };
  }

  it("come from the flag, else the provider's variable, else HOOKCLI_SECRET, else the config", async () => {
    write("hookcli.config.json", '{ "secrets": { "stripe": "env:FROM_CONFIG" } }');
    const env = { FROM_CONFIG: "d", HOOKCLI_SECRET: "c", STRIPE_WEBHOOK_SECRET: "b", MINE: "a" };
    const { STRIPE_WEBHOOK_SECRET: _, ...general } = env;

    expect((await secrets({ env, provider: "stripe", flags: ["env:MINE"] })).texts).toEqual(["a"]);
    expect((await secrets({ env, provider: "stripe" })).texts).toEqual(["b"]);
    expect((await secrets({ env: general, provider: "stripe" })).texts).toEqual(["c"]);
    expect((await secrets({ env: { FROM_CONFIG: "d" }, provider: "stripe" })).texts).toEqual(["d"]);
    expect((await secrets({ provider: "github" })).texts).toEqual([]);
  });

  it("lose one final newline of a file or of standard input, nothing else", async () => {
    write("secret.txt", " s3cret \n\n");

    expect((await secrets({ flags: ["@secret.txt"] })).texts).toEqual([" s3cret \n"]);
    expect((await secrets({ flags: ["file:secret.txt"] })).texts).toEqual([" s3cret \n"]);
    expect((await secrets({ flags: ["-"], stdin: "piped\n" })).texts).toEqual(["piped"]);
  });

  it("as literals work with one warning; literal: keeps a value that looks like a reference", async () => {
    const result = await secrets({ flags: ["abc", "literal:env:X"] });

    expect(result.texts).toEqual(["abc", "env:X"]);
    expect(result.stderr.match(/warning/g)).toHaveLength(1);
    expect(result.stderr).not.toContain("abc");
  });

  it.each([
    [{ env: { S: "" }, flags: ["env:S"] }, "set but empty"],
    [{ flags: ["env:NOPE"] }, "environment variable NOPE is not set"],
    [{ env: { HOOKCLI_SECRET: "" } }, "HOOKCLI_SECRET is set but empty"],
    [{ flags: [""] }, "empty"],
    [{ flags: ["@missing.txt"] }, "no such file"],
    [{ flags: ["-", "-"], stdin: "x" }, "standard input is already used"],
  ])("refuse %j", async (options, message) => {
    await expect(secrets(options)).rejects.toThrow(message);
  });
});
