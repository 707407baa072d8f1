import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { CliError } from "../../src/errors.js";
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
    [
      '{ "target": 5000 }',
      ':1: target: expected a target such as "5000/webhook" or "http://localhost:5000", found 5000',
    ],
    ['{ "target": "ftp://x" }', ":1: target: expected a target"],
    ['{\n  "targt": "5000"\n}', ":2: targt: unknown key"],
    ['{ "target": }', ":1: not valid JSON: value expected"],
    ["", ":1: not valid JSON: value expected"],
    ["[]", ":1: expected an object, found array"],
    ['{\n\n "secret": "whsec_abc" }', ":3: secret: a secret in a project's config must be env:NAME"],
    ['{ "secrets": { "stripe": "whsec_abc" } }', ":1: secrets.stripe: a secret in a project's config must be env:NAME"],
    ['{ "secrets": { "stripe": "@file" } }', ":1: secrets.stripe: a secret in a project's config must be env:NAME"],
    ['{ "secrets": "env:S" }', ":1: secrets: expected an object, found string"],
    ['{ "secrets": {\n "strpe": "env:S" } }', ":2: secrets.strpe: unknown provider strpe"],
    ['{ "provider": "githb" }', ":1: provider: unknown provider githb"],
    ['{ "headers": { "a b": "x" } }', ":1: headers.a b: expected the name of a header"],
    ['{ "headers": { "Authorization": "Bearer x" } }', ":1: headers.Authorization: a secret in a project's config"],
    ['{ "headers": { "X-Env": "a\\nb" } }', ":1: headers.X-Env: expected text that a header can carry, found string"],
    ['{ "port": 70000 }', ":1: port: expected a whole number from 0 to 65535, found 70000"],
    ['{ "keep": "many" }', ':1: keep: expected a whole number from 0 to 1000000000, found "many"'],
    ['{ "keepFor": "1 week" }', ':1: keepFor: expected a duration such as "500ms"'],
    ['{ "maxBody": "25 mb" }', ':1: maxBody: expected a size such as "512kb" or "25mb", or a number of bytes, found'],
    ['{ "events": "a,b" }', ':1: events: expected a list of text, found "a,b"'],
    ['{ "allowIp": ["10.0.0.0/64"] }', ":1: allowIp: expected a list of addresses such as 203.0.113.0/24"],
    ['{ "requireSignature": "yes" }', ':1: requireSignature: expected true or false, found "yes"'],
    ['{ "via": "ngrok" }', ":1: via: expected one of localtunnel, cloudflared, ssh, none"],
    ['{ "publicUrl": "hooks.example.com" }', ":1: publicUrl: expected an http or https URL"],
    ['{ "target": "1",\n "target": "2" }', ":2: target: stands twice, first in line 1"],
    ['{ "secrets": { "stripe": "env:A",\n "stripe": "env:B" } }', ":2: secrets.stripe: stands twice"],
    ['{ "__proto__": {} }', ":1: __proto__: unknown key"],
    ['{ "$schema": 1 }', ":1: $schema: expected text that is not empty, found 1"],
    ['{ "profiles": { "staging": 1 } }', ":1: profiles.staging: expected an object, found number"],
    ['{ "profiles": { "a b": {} } }', ":1: profiles.a b: expected a name of letters"],
    ['{ "profiles": {\n"staging": {\n"target": true } } }', ":3: profiles.staging.target: expected a target"],
    ['{ "profiles": { "a": { "profiles": {} } } }', ":1: profiles.a.profiles: unknown key"],
  ])("refuses %j with file, line and what was expected", async (text, message) => {
    write("hookcli.config.json", text);

    await expect(loadConfig(contextIn(folder), {})).rejects.toThrow(`hookcli.config.json${message}`);
  });

  it.each([
    [{ secrets: "hush-1" }, "secrets: expected an object, found string"],
    [{ secrets: ["hush-1"] }, "secrets: expected an object, found array"],
    [{ headers: "Authorization: Bearer hush-1" }, "headers: expected an object, found string"],
    [{ profiles: { a: "hush-1" } }, "profiles.a: expected an object, found string"],
    [{ target: { a: "hush-1" } }, "found object"],
    [{ target: "ftp://user:hush-1@localhost:5000" }, 'found "ftp://***@localhost:5000"'],
    [{ target: "http://user:hush-1@localhost:5000" }, 'found "http://***@localhost:5000"'],
    [{ provider: "whsec_hush-1" }, "provider: unknown provider ***"],
  ])("shows no value of %j that may be a secret", async (config, message) => {
    write("hookcli.config.json", JSON.stringify(config));

    const loading = loadConfig(contextIn(folder), {});

    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.not.toThrow("hush");
  });

  it("shows no password of a variable's URL", async () => {
    const loading = loadConfig(contextIn(folder, { HOOKCLI_TARGET: "http://user:hush@localhost:5000" }), {});

    await expect(loading).rejects.toThrow('found "http://***@localhost:5000"');
  });

  it("takes a header's lone - as its value, as the command line does", async () => {
    write("hookcli.config.json", '{ "headers": { "X-Dash": "-" } }');

    const { listen } = await loadConfig(contextIn(folder), {});

    expect(listen.headers).toMatchObject([{ name: "X-Dash", value: "-" }]);
  });

  it.each(["/etc/passwd", "../outside.json", "link.json", "."])(
    "has a project answer strangers with no file outside of its folder, as %s",
    async (respondBody) => {
      write("outside.json", "{}");
      write("app/hookcli.config.json", JSON.stringify({ respondBody }));
      symlinkSync(join(folder, "outside.json"), join(folder, "app/link.json"));

      await expect(loadConfig(contextIn(join(folder, "app")), {})).rejects.toThrow(
        ":1: respondBody: expected a file in the folder of this config",
      );
    },
  );

  it("lets a user's own config answer with any file", async () => {
    write("xdg/hookcli/config.json", '{ "respondBody": "/etc/hosts" }');

    expect((await loadConfig(contextIn(folder), {})).listen.respondBody).toBe("/etc/hosts");
  });

  it("refuses a file that is nested too deeply to be read", async () => {
    write("hookcli.config.json", "[".repeat(500_000));

    await expect(loadConfig(contextIn(folder), {})).rejects.toThrow("hookcli.config.json: nested too deeply");
  });

  it.each([
    '{ "secret": "whsec_canary" }',
    '{ "secrets": { "stripe": "canary" } }',
    '{ "headers": { "Authorization": "canary" } }',
    '{ "headers": { "X-Token": "canary\\n" } }',
  ])("never prints the secret that it refuses in %s", async (text) => {
    write("hookcli.config.json", text);

    const refused = await loadConfig(contextIn(folder), {}).catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(CliError);
    expect(JSON.stringify([String(refused), refused])).not.toContain("canary");
  });

  it.each([
    ["targt", "did you mean target?"],
    ["allow-ip", "did you mean allowIp"],
    ["allowRemote", "on the command line alone: --allow-remote"],
    ["profile", "did you mean profiles"],
    ["zzzzzz", "known are target, provider"],
  ])("tells what may be meant by the unknown key %s", async (key, hint) => {
    write("hookcli.config.json", JSON.stringify({ [key]: true }));

    await expect(loadConfig(contextIn(folder), {})).rejects.toMatchObject({
      hint: expect.stringContaining(hint) as string,
      exitCode: 2,
    });
  });

  it("checks variables as it checks the file", async () => {
    await expect(loadConfig(contextIn(folder, { HOOKCLI_VIA: "ngrok" }), {})).rejects.toThrow(
      'HOOKCLI_VIA: expected one of localtunnel, cloudflared, ssh, none, found "ngrok"',
    );
  });

  it("reads how many events are kept and for how long, and nothing where nothing is said", async () => {
    const bare = await loadConfig(contextIn(folder), {});
    write("hookcli.config.json", '{ "keep": 500, "keepFor": "2h" }');

    const config = await loadConfig(contextIn(folder), {});

    expect([bare.keep, bare.keepForMs]).toEqual([undefined, undefined]);
    expect([config.keep, config.keepForMs]).toEqual([500, 7_200_000]);
  });

  it("sees paths from the folder of their file", async () => {
    write("app/hookcli.config.json", '{ "db": "state/e.db", "fixtures": "../mine", "validate": "s.json" }');
    mkdirSync(join(folder, "app/src"));

    const config = await loadConfig(contextIn(join(folder, "app/src")), {});

    expect([config.dbPath, config.fixturesDir, config.listen.validate]).toEqual([
      join(folder, "app/state/e.db"),
      join(folder, "mine"),
      join(folder, "app/s.json"),
    ]);
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

describe("a profile", () => {
  const FILE = `{
    "target": "5000",
    "subdomain": "base",
    "secrets": { "stripe": "env:BASE_STRIPE", "github": "env:BASE_GITHUB" },
    "profiles": {
      "staging": { "target": "6000/hooks", "secrets": { "stripe": "env:STAGING_STRIPE" } },
      "general": { "secret": "env:GENERAL" }
    }
  }`;

  it("lies over the rest of its file", async () => {
    write("hookcli.config.json", FILE);

    const config = await loadConfig(contextIn(folder), { profile: "staging" });

    expect([config.target, config.subdomain]).toEqual(["6000/hooks", "base"]);
    expect(config.secretOf("stripe")?.reference).toBe("env:STAGING_STRIPE");
    expect(config.secretOf("github")?.reference).toBe("env:BASE_GITHUB");
    expect(config.secretOf("stripe")?.what).toBe(
      `profiles.staging.secrets.stripe in ${join(folder, "hookcli.config.json")}`,
    );
  });

  it("with a secret for all goes before the providers' own secrets beneath it", async () => {
    write("hookcli.config.json", FILE);

    const config = await loadConfig(contextIn(folder), { profile: "general" });

    expect(config.secretOf("stripe")?.reference).toBe("env:GENERAL");
  });

  it("is named by --profile, else by HOOKCLI_PROFILE, else there is none", async () => {
    write("hookcli.config.json", FILE);
    const context = contextIn(folder, { HOOKCLI_PROFILE: "staging" });

    expect((await loadConfig(context, {})).target).toBe("6000/hooks");
    expect((await loadConfig(context, { profile: "general" })).target).toBe("5000");
    expect((await loadConfig(contextIn(folder, { HOOKCLI_PROFILE: "" }), {})).target).toBe("5000");
  });

  it("of the user's file stands under the project's file", async () => {
    write("app/hookcli.config.json", '{ "target": "5000" }');
    write("xdg/hookcli/config.json", '{ "profiles": { "mine": { "target": "7000", "subdomain": "me" } } }');

    const config = await loadConfig(contextIn(join(folder, "app")), { profile: "mine" });

    expect([config.target, config.subdomain, config.profiles]).toEqual(["5000", "me", ["mine"]]);
  });

  it.each([
    ["stagng", "unknown profile stagng", "did you mean staging?"],
    ["constructor", "unknown profile constructor", "known are staging, general"],
    ["", "--profile is empty", undefined],
  ])("named %j that is not there is an error that lists the nearest", async (profile, message, hint) => {
    write("hookcli.config.json", FILE);

    await expect(loadConfig(contextIn(folder), { profile })).rejects.toMatchObject({ message, hint, exitCode: 2 });
  });

  it("cannot be named where no file has any", async () => {
    await expect(loadConfig(contextIn(folder), { profile: "staging" })).rejects.toThrow(
      "unknown profile staging: no config file has profiles",
    );
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
