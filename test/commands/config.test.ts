import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configSchema } from "../../src/config/schema.js";
import type { Setting } from "../../src/config/settings.js";
import { providers } from "../../src/providers/index.js";
import { runCli } from "../helpers/run.js";

const PROJECT = `{
  // the app
  "target": "5000/webhook",
  "events": ["message.*", "user.joined"],
  "secrets": {
    "stripe": "env:STRIPE_SECRET",
    "github": "env:GITHUB_SECRET"
  },
  "headers": { "X-Env": "dev", "Authorization": "env:APP_TOKEN" },
  "profiles": {
    "staging": {
      "target": "6000",
      "maxBody": "1mb"
    }
  }
}`;
const USER = `{
  "secret": "whsec_canary",
  "secrets": { "slack": "canary", "gitlab": "@canary-free.txt", "discord": "literal:canary" },
  "headers": { "X-Api-Key": "canary", "x-env": "mine" },
  "tunnelHost": "https://me:canary@tunnel.example",
  "subdomain": "me"
}`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-config-"));
  mkdirSync(join(folder, "xdg/hookcli"), { recursive: true });
  writeFileSync(join(folder, "hookcli.config.json"), PROJECT);
  writeFileSync(join(folder, "xdg/hookcli/config.json"), USER);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function config(argv: readonly string[], env: Record<string, string> = {}) {
  return runCli(["config", ...argv], { cwd: folder, env: { XDG_CONFIG_HOME: join(folder, "xdg"), ...env } });
}

async function settings(argv: readonly string[] = [], env: Record<string, string> = {}) {
  const { stdout } = await config(["list", "--json", ...argv], env);
  const list = JSON.parse(stdout) as Setting[];
  return new Map(list.map(({ key, value, origin }) => [key, { value, origin }]));
}

function inFile(line: number, at: string, file = "hookcli.config.json") {
  return { kind: "file", path: join(folder, file), line, at };
}

describe("config list", () => {
  it("shows each value and the flag, variable, line of a file or default that it came from", async () => {
    const found = await settings(["--db", "x.db"], { HOOKCLI_VIA: "ssh", GITHUB_WEBHOOK_SECRET: "s" });

    expect(found.get("target")).toEqual({ value: "5000/webhook", origin: inFile(3, "target") });
    expect(found.get("events")).toEqual({ value: ["message.*", "user.joined"], origin: inFile(4, "events") });
    expect(found.get("secrets.stripe")).toEqual({
      value: "env:STRIPE_SECRET",
      origin: inFile(6, "secrets.stripe"),
    });
    expect(found.get("secrets.github")).toEqual({
      value: "env:GITHUB_WEBHOOK_SECRET",
      origin: { kind: "variable", name: "GITHUB_WEBHOOK_SECRET" },
    });
    expect(found.get("via")).toEqual({ value: "ssh", origin: { kind: "variable", name: "HOOKCLI_VIA" } });
    expect(found.get("db")).toEqual({ value: join(folder, "x.db"), origin: { kind: "flag", name: "--db" } });
    expect(found.get("subdomain")).toEqual({ value: "me", origin: inFile(6, "subdomain", "xdg/hookcli/config.json") });
    expect(found.get("maxBody")).toEqual({ value: "25mb", origin: { kind: "default" } });
    expect(found.has("provider")).toBe(false);
    expect(found.has("profile")).toBe(false);
  });

  it("prints one line for each, with the place", async () => {
    const { code, stdout } = await config([]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^target +5000\/webhook +hookcli\.config\.json:3$/m);
    expect(stdout).toMatch(/^events +message\.\*,user\.joined +hookcli\.config\.json:4$/m);
    expect(stdout).toMatch(/^timeout +30s +default$/m);
  });

  it("shows what the profile lays over the file, and who asked for it", async () => {
    const byFlag = await settings(["--profile", "staging"], { HOOKCLI_PROFILE: "nosuch" });
    const byVariable = await settings([], { HOOKCLI_PROFILE: "staging" });

    expect(byFlag.get("profile")).toEqual({ value: "staging", origin: { kind: "flag", name: "--profile" } });
    expect(byVariable.get("profile")?.origin).toEqual({ kind: "variable", name: "HOOKCLI_PROFILE" });
    expect(byFlag.get("target")).toEqual({ value: "6000", origin: inFile(12, "profiles.staging.target") });
    expect(byFlag.get("events")?.origin).toEqual(inFile(4, "events"));
  });

  it("tells that HOOKCLI_SECRET goes before the secrets of the files", async () => {
    const found = await settings([], { HOOKCLI_SECRET: "s", STRIPE_WEBHOOK_SECRET: "t" });

    expect(found.get("secret")?.value).toBe("env:HOOKCLI_SECRET");
    expect(found.get("secrets.github")?.value).toBe("env:HOOKCLI_SECRET");
    expect(found.get("secrets.stripe")?.value).toBe("env:STRIPE_WEBHOOK_SECRET");
  });

  it.each([["--json"], []])("prints no secret, only where it is %s", async (...flags) => {
    const env = { HOOKCLI_SECRET: "canary", APP_TOKEN: "canary", STRIPE_WEBHOOK_SECRET: "canary" };

    const plain = await config(["list", ...flags]);
    const full = await config(["list", ...flags], env);

    for (const { code, stdout, stderr } of [plain, full]) {
      expect(code).toBe(0);
      expect((stdout + stderr).replaceAll("canary-free", "")).not.toContain("canary");
    }
    expect(plain.stdout).toContain("@canary-free.txt");
    expect(plain.stdout).toContain("https://***@tunnel.example");
  });
});

describe("config get", () => {
  it.each([
    ["target", "5000/webhook\n"],
    ["events", "message.*,user.joined\n"],
    ["secrets.stripe", "env:STRIPE_SECRET\n"],
    ["secret", "***\n"],
    ["headers.X-Env", "dev\n"],
    ["headers", "X-Env=dev\nAuthorization=env:APP_TOKEN\nX-Api-Key=***\n"],
    ["maxBody", "25mb\n"],
  ])("prints %s alone", async (key, stdout) => {
    expect(await config(["get", key])).toMatchObject({ code: 0, stdout, stderr: "" });
  });

  it("prints it as JSON", async () => {
    expect((await config(["get", "events", "--json"])).stdout).toBe('["message.*","user.joined"]\n');
    expect((await config(["get", "port", "--json"])).stdout).toBe("0\n");
  });

  it("exits with 1, and prints nothing, when the key is not set", async () => {
    expect(await config(["get", "provider"])).toMatchObject({ code: 1, stdout: "", stderr: "" });
    expect(await config(["get", "provider", "--json"])).toMatchObject({ code: 1, stdout: "null\n" });
    expect(await config(["get", "secrets.square"], { HOOKCLI_CONFIG: "" })).toMatchObject({ code: 1, stdout: "" });
  });

  it.each([
    ["targt", "unknown key targt", "did you mean target"],
    ["target.x", "unknown key target.x", "did you mean target"],
    ["constructor", "unknown key constructor", "known are"],
    ["secrets.strip", "unknown provider: strip", "did you mean stripe"],
  ])("answers the unknown key %s with the nearest and 2", async (key, message, hint) => {
    const { code, stderr } = await config(["get", key]);

    expect(code).toBe(2);
    expect(stderr).toContain(`hookcli: error: ${message}\n`);
    expect(stderr).toContain(`hookcli: hint: ${hint}`);
  });
});

describe("config path", () => {
  it("shows the files in their order, and which exist", async () => {
    rmSync(join(folder, "xdg/hookcli/config.json"));

    const { code, stdout } = await config(["path", "--json"]);
    const text = await config(["path"]);

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      { scope: "project", path: join(folder, "hookcli.config.json"), exists: true },
      { scope: "user", path: join(folder, "xdg/hookcli/config.json"), exists: false },
    ]);
    expect(text.stdout).toBe(
      `project  ${join(folder, "hookcli.config.json")}\nuser     ${join(folder, "xdg/hookcli/config.json")}  not there\n`,
    );
  });

  it("names who named the file, and works when that is not there or cannot be read", async () => {
    writeFileSync(join(folder, "bad.json"), "{ nope");

    const missing = await config(["path", "--json"], { HOOKCLI_CONFIG: "nope.json" });
    const bad = await config(["path", "--json", "--config", "bad.json"]);

    expect(JSON.parse(missing.stdout)).toMatchObject([
      { path: join(folder, "nope.json"), exists: false, namedBy: "HOOKCLI_CONFIG" },
      {},
    ]);
    expect(JSON.parse(bad.stdout)).toMatchObject([
      { path: join(folder, "bad.json"), exists: true, namedBy: "--config" },
      {},
    ]);
  });
});

describe("config schema", () => {
  it("prints the JSON Schema", async () => {
    const expected = configSchema(providers.map(({ name }) => name));

    expect(JSON.parse((await config(["schema"])).stdout)).toEqual(expected);
    expect(JSON.parse((await config(["schema", "--json"])).stdout)).toEqual(expected);
  });
});
