import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rootDir } from "../helpers/data.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-clone-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a fresh clone", () => {
  it("does with the README's first command what the README says", () => {
    const command = "npm install && npx hookcli demo";
    const { PATH = "" } = process.env;
    const env = { PATH, HOME: process.env["HOME"] ?? folder };
    spawnSync("git", ["clone", "--quiet", rootDir, "clone"], { cwd: folder });

    const result = spawnSync("bash", ["-c", command], {
      cwd: join(folder, "clone"),
      env,
      encoding: "utf8",
      timeout: 300_000,
    });

    expect(readFileSync(join(rootDir, "README.md"), "utf8")).toContain(command);
    expect(result.stdout).toContain("its signature verifies");
    expect(result.stdout).not.toContain("FAIL");
    expect(result.status).toBe(0);
  });
});
