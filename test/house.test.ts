import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rootDir } from "./helpers/data.js";

/** What lint must say no to, one probe file each. */
const FORBIDDEN: readonly (readonly [what: string, file: string, code: string])[] = [
  ["events reads a file", "src/events/probe.ts", 'import "node:fs";'],
  ["events knows signatures", "src/events/probe.ts", 'import { x } from "../signatures/x.js"; x();'],
  ["events takes the context's value", "src/events/probe.ts", 'import { x } from "../context.js"; x();'],
  ["signatures knows providers", "src/signatures/probe.ts", 'import { x } from "../providers/x.js"; x();'],
  [
    "signatures knows providers' types",
    "src/signatures/probe.ts",
    'import type { X } from "../providers/x.js"; export type Y = X;',
  ],
  ["signatures uses a timer", "src/signatures/probe.ts", "setTimeout(() => {}, 1);"],
  ["providers fetches", "src/providers/probe.ts", 'void fetch("http://localhost");'],
  ["providers knows a room", "src/providers/probe.ts", 'import { x } from "../keys/x.js"; x();'],
  ["a room imports another", "src/deliver/probe.ts", 'import { x } from "../store/x.js"; x();'],
  ["a room imports output", "src/tunnel/probe.ts", 'import { x } from "../output/x.js"; x();'],
  ["a room imports a command", "src/store/probe.ts", 'import { x } from "../commands/x.js"; x();'],
  ["a room dials by itself", "src/tunnel/probe.ts", 'import { x } from "../proxies/x.js"; x();'],
  ["a room knows the listener", "src/receive/probe.ts", 'import { x } from "../listener/x.js"; x();'],
  ["the listener knows a command", "src/listener/probe.ts", 'import { x } from "../commands/x.js"; x();'],
  ["the listener opens a store", "src/listener.ts", 'import { x } from "./store/open.js"; x();'],
  ["a command imports undici", "src/commands/probe.ts", 'import { request } from "undici"; void request("x");'],
  ["the library imports a room", "src/index.ts", 'import { x } from "./store/x.js"; x();'],
  ["main skips cli", "src/main.ts", 'import { x } from "./store/x.js"; x();'],
  ["a command touches process", "src/commands/probe.ts", "process.exit(1);"],
  ["a room reads the clock", "src/receive/probe.ts", "export const at = Date.now();"],
  ["a room draws randomness", "src/receive/probe.ts", "export const x = Math.random();"],
  ["a command writes to stdout", "src/commands/probe.ts", 'declare const context: any; context.stdout.write("x");'],
  ["a room writes to stderr", "src/store/probe.ts", 'declare const context: any; context.stderr.write("x");'],
  ["anyone uses console", "src/store/probe.ts", 'console.log("x");'],
];

/** What lint must let pass. */
const ALLOWED: readonly (readonly [what: string, file: string, code: string])[] = [
  ["a room uses another's types", "src/deliver/probe.ts", 'import type { X } from "../store/x.js"; export type Y = X;'],
  ["a room uses signatures", "src/receive/probe.ts", 'import { x } from "../signatures/x.js"; x();'],
  [
    "a command imports a room inside its action",
    "src/commands/probe.ts",
    'export const run = () => import("../store/open.js");',
  ],
  [
    "output writes to stdout",
    "src/output/probe.ts",
    'export const w = (c: { stdout: { write(x: string): void } }) => c.stdout.write("x");',
  ],
];

describe("the layers of the house", () => {
  let folder: string;
  let index = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hookcli-house-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(FORBIDDEN)("lint refuses that %s", (_what, file, code) => {
    const result = lint(file, code);

    expect(result.stdout).toMatch(/no-restricted-(imports|globals|properties)|no-console/);
    expect(result.status).toBe(1);
  });

  it.each(ALLOWED)("lint lets pass that %s", (_what, file, code) => {
    const result = lint(file, code);

    expect(result.stdout).toContain("0 warnings and 0 errors");
    expect(result.status).toBe(0);
  });

  function lint(file: string, code: string) {
    const root = join(folder, String((index += 1)));
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(join(rootDir, ".oxlintrc.json"), join(root, ".oxlintrc.json"));
    writeFileSync(join(root, file), `${code}\n`);
    return spawnSync(join(rootDir, "node_modules/.bin/oxlint"), ["--deny-warnings"], { cwd: root, encoding: "utf8" });
  }
});

describe("commands", () => {
  const HEAVY_ROOMS =
    /^import (?!type )[^;]*from "[./]*\/(receive|deliver|tunnel|programs|fixtures|relay|inspector|check|doctor|store)\/(?!store\.js)/gm;

  it.each(readdirSync(join(rootDir, "src/commands")).filter((name) => name.endsWith(".ts")))(
    "%s imports heavy rooms inside its action only",
    (name) => {
      const code = readFileSync(join(rootDir, "src/commands", name), "utf8");

      expect(code.match(HEAVY_ROOMS)).toBeNull();
    },
  );
});

interface Metafile {
  readonly outputs: Record<
    string,
    {
      bytes: number;
      entryPoint?: string;
      imports: { path: string; kind: string }[];
      inputs: Record<string, unknown>;
    }
  >;
}

describe("the bundle", () => {
  const HEAVY = ["undici", "ws", "localtunnel", "axios", "ajv", "picomatch", "jsonc-parser", "cross-spawn"];

  it("keeps undici, ws, localtunnel and SQLite out of what every start loads, and that under 200 kB", () => {
    const { outputs } = JSON.parse(readFileSync(join(rootDir, "dist/meta.json"), "utf8")) as Metafile;
    const closure = staticClosure(outputs, "dist/main.cjs");

    const inputs = closure.flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
    const external = closure.flatMap(
      (name) =>
        outputs[name]?.imports.filter((item) => item.kind === "import-statement").map((item) => item.path) ?? [],
    );
    const bytes = closure.reduce((sum, name) => sum + (outputs[name]?.bytes ?? 0), 0);

    for (const name of HEAVY) expect(inputs.filter((input) => input.includes(`node_modules/${name}/`))).toEqual([]);
    expect(external.filter((path) => path.includes("sqlite"))).toEqual([]);
    expect(bytes).toBeLessThan(200_000);
  });

  it.each([
    ["events/list", ["providers/services", "signatures/verify"]],
    ["events/shown-event", ["signatures/verify", "signatures/key"]],
  ])("loads for %s nothing of %j, which would be felt in each start", (command, without) => {
    const { outputs } = JSON.parse(readFileSync(join(rootDir, "dist/meta.json"), "utf8")) as Metafile;
    const of = (path: string) =>
      Object.keys(outputs).filter((name) => name.endsWith(".cjs") && outputs[name]?.entryPoint === path);
    const [entry = ""] = of(`src/commands/${command}.ts`);

    const inputs = staticClosure(outputs, entry).flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
    expect(inputs).toContain("src/events/redact.ts");
    for (const path of without) expect(inputs).not.toContain(`src/${path}.ts`);
  });

  it("has one runtime dependency, and no script that runs on a user's install", () => {
    const manifest = JSON.parse(readFileSync(join(rootDir, "package.json"), "utf8")) as Record<
      string,
      Record<string, string>
    >;

    expect(Object.keys(manifest["dependencies"] ?? {})).toEqual(["@photostructure/sqlite"]);
    for (const name of ["preinstall", "install", "postinstall"]) expect(manifest["scripts"]).not.toHaveProperty(name);
  });

  it("contains no old axios, http-proxy or request, and a ws without known holes", () => {
    const lock = JSON.parse(readFileSync(join(rootDir, "package-lock.json"), "utf8")) as {
      packages: Record<string, { version?: string }>;
    };
    const versions = (name: string) =>
      Object.entries(lock.packages)
        .filter(([path]) => path.endsWith(`node_modules/${name}`))
        .map(([, item]) => item.version ?? "");

    expect(versions("http-proxy")).toEqual([]);
    expect(versions("request")).toEqual([]);
    for (const version of versions("axios")) expect(Number(version.split(".")[0])).toBeGreaterThanOrEqual(1);
    for (const version of versions("ws")) {
      const [major = 0, minor = 0] = version.split(".").map(Number);
      expect(major * 1000 + minor).toBeGreaterThanOrEqual(8021);
    }
  });
});

function staticClosure(outputs: Metafile["outputs"], entry: string): string[] {
  const seen = new Set<string>();
  const waiting = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const item of outputs[name]?.imports ?? []) {
      if (item.kind === "import-statement" && outputs[item.path] !== undefined) waiting.push(item.path);
    }
  }
  return [...seen];
}

describe("docs/architecture.md", () => {
  it("names every folder of src", () => {
    const text = readFileSync(join(rootDir, "docs/architecture.md"), "utf8");
    const folders = readdirSync(join(rootDir, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());

    expect(folders.map(({ name }) => name).filter((name) => !text.includes(`\n  ${name}/ `))).toEqual([]);
  });
});
