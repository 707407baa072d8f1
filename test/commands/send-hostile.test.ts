import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataPath, hasData } from "../helpers/data.js";
import { runCli } from "../helpers/run.js";
import { openTestApp, type TestApp } from "../helpers/verifying-app.js";

let app: TestApp;
let cwd = "";

beforeAll(async () => {
  app = await openTestApp();
  cwd = mkdtempSync(join(tmpdir(), "hookcli-hostile-"));
});
afterAll(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

const list = (name: string) =>
  hasData ? (JSON.parse(readFileSync(dataPath("hostile", name), "utf8")) as string[]) : [];
const run = (argv: readonly string[]) =>
  runCli(argv, { cwd, env: { HOOKCLI_SECRET: "s", HOOKCLI_DB: join(cwd, "events.db") } });

/** What a terminal would act on: all of C0 but newline and tab, DEL, C1, and the bidirectional controls. */
const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

describe.skipIf(!hasData)("send and replay on hostile words (skipped without HOOKCLI_TEST_DATA)", () => {
  // Options of the command line are no names.
  const names = list("names.json").filter((name) => !name.startsWith("-"));

  it.each(names)("refuse the name %j with exit code 2 and print nothing that a terminal acts on", async (name) => {
    const results = [
      await run(["send", name, "--to", String(app.port)]),
      await run(["replay", name, "--to", String(app.port)]),
    ];

    expect(results.map(({ code }) => code)).toEqual([2, 2]);
    expect(results.map(({ stdout }) => stdout).join("")).toBe("");
    expect(ACTIVE.test(results.map(({ stderr }) => stderr).join(""))).toBe(false);
    expect(app.seen).toHaveLength(0);
  });

  it.each(list("set_overrides.json"))(
    "take --set %j as a plain key or refuse it with exit code 2",
    async (assignment) => {
      const { code, stdout } = await run([
        "send",
        "--data",
        "{}",
        "--set",
        assignment,
        "--to",
        String(app.port),
        "--dry-run",
      ]);

      expect([0, 2]).toContain(code);
      expect(stdout === "").toBe(code === 2);
      expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    },
  );
});
