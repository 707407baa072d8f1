import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "../helpers/run.js";
import { openTestApp, type TestApp } from "../helpers/verifying-app.js";

let app: TestApp;
let cwd = "";

beforeEach(async () => {
  app = await openTestApp();
  cwd = mkdtempSync(join(tmpdir(), "hookcli-hidden-"));
  writeFileSync(join(cwd, "tenant.txt"), "canary-of-file\n");
});
afterEach(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

const HEADERS = ["-H", "X-Mine: env:MINE", "-H", "x-tenant: @tenant.txt", "-H", "X-Plain: literal:env"];

function run(argv: readonly string[]) {
  const env = { HOOKCLI_SECRET: "s", HOOKCLI_DB: join(cwd, "events.db"), MINE: "canary-of-variable" };
  return runCli([...argv, "--to", `${app.port}/webhook`], { cwd, env });
}

describe.each([
  ["send", ["send", "message.created"]],
  ["replay", ["replay", "1"]],
])("%s with headers whose values stand in a variable or a file", (_name, argv) => {
  beforeEach(async () => {
    await run(["send", "message.created"]);
    app.seen.length = 0;
  });

  it("sends their values", async () => {
    await run([...argv, ...HEADERS]);

    const [{ header } = { header: () => undefined }] = app.seen;
    expect(["x-mine", "x-tenant", "x-plain"].map(header)).toEqual(["canary-of-variable", "canary-of-file", "env"]);
  });

  it.each([["--dry-run"], ["--curl"], ["--dry-run", "--json"], ["--curl", "--json"]])(
    "prints none of them with %s %s, unless asked to",
    async (...flags) => {
      const { stdout, stderr } = await run([...argv, ...HEADERS, ...flags]);
      const shown = await run([...argv, ...HEADERS, ...flags, "--show-secrets"]);

      expect(stdout + stderr).not.toContain("canary");
      expect(stdout).toMatch(/X-Plain(?:: |",")env/);
      expect(shown.stdout).toContain("canary-of-variable");
      expect(shown.stdout).toContain("canary-of-file");
    },
  );
});

describe("the curl command of send", () => {
  it("takes them from variables that it names", async () => {
    const { stdout, stderr } = await run(["send", "--data", "{}", ...HEADERS, "--curl"]);

    expect(stderr).toContain("set HOOKCLI_HEADER_X_MINE, HOOKCLI_HEADER_X_TENANT to the secret");
    expect(stdout).toContain(`-H 'X-Mine: '"$HOOKCLI_HEADER_X_MINE"`);
  });
});
