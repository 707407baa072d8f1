import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

/** How each runner is started in a user's project, as docs/testing.md tells. */
const RUNNERS = [
  { name: "vitest", tests: 3, args: ["node_modules/vitest/vitest.mjs", "run", "--root", "vitest"] },
  {
    name: "jest",
    tests: 2,
    args: ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--rootDir", "jest", "--detectOpenHandles"],
  },
] as const;

describe("the listener in the runners that people have", () => {
  /** A user's project: the examples, and what they import installed. */
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hookcli-runners-"));
    cpSync(join(here, "examples"), folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    mkdirSync(join(folder, "node_modules/@jest"), { recursive: true });
    const install = (name: string, from: string) => symlinkSync(from, join(folder, "node_modules", name));
    install("hookcli", root);
    install("vitest", join(root, "node_modules/vitest"));
    install("jest", join(here, "node_modules/jest"));
    install("@jest/globals", join(here, "node_modules/@jest/globals"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(RUNNERS)("$name runs the example, and ends by itself", ({ args, tests }) => {
    const ended = run(args);

    expect(ended.output).toMatch(new RegExp(`Tests:? +${tests} passed`));
    expect(ended.output).not.toMatch(/did not exit|open handle|close timed out|Unhandled/i);
    expect([ended.status, ended.signal]).toEqual([0, null]);
  });

  test.each(RUNNERS)("$name shows what did arrive when the event that is waited for did not", ({ name, args }) => {
    const file = join(folder, name, "shop.test.js");
    const right = readFileSync(file, "utf8");
    writeFileSync(file, right.replace('type: "order.paid", path', 'type: "order.refunded", path'));

    const ended = run(args);

    writeFileSync(file, right);
    expect(ended.output).toContain("no event with type order.refunded, path /orders within 3000 ms; 1 arrived:");
    expect(ended.output).toContain("#1 order.paid  POST /orders");
    expect(ended.output).toMatch(/shop\.test\.js:\d+/);
    expect(ended.status).toBe(1);
  });

  test.each(["vitest/shop.test.js", "jest/jest.config.js"])("docs/testing.md shows %s as it is", (file) => {
    const page = readFileSync(join(root, "docs/testing.md"), "utf8");

    expect(page).toContain(readFileSync(join(here, "examples", file), "utf8").trim());
  });

  test("a test in CommonJS gets the library by import()", () => {
    const file = join(folder, "jest/old.test.cjs");
    writeFileSync(file, COMMON_JS);

    const ended = run([...RUNNERS[1].args, "--testMatch", "**/*.test.cjs"]);

    rmSync(file);
    expect(ended.output).toMatch(/Tests: +1 passed/);
  });

  function run(args: readonly string[]) {
    const { PATH = "" } = process.env;
    const ended = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: "utf8",
      env: { PATH, HOME: folder, NO_COLOR: "1" },
      timeout: 60_000,
    });
    return { status: ended.status, signal: ended.signal, output: ended.stdout + ended.stderr };
  }
});

const COMMON_JS = `
test("opens", async () => {
  const { createListener } = await import("hookcli/listener");
  const hook = await createListener();
  await hook.close();
});
`;
