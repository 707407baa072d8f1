import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replay } from "../../src/commands/replay.js";
import { send } from "../../src/commands/send.js";
import { runCli } from "../helpers/run.js";
import { hmac, openTestApp, type TestApp } from "../helpers/verifying-app.js";

const SECRET = "canary-secret-4711";

let app: TestApp;
let cwd = "";

beforeEach(async () => {
  app = await openTestApp(({ body, header }) => ({
    status: header("x-signature") === hmac(SECRET, [body]) ? 200 : 401,
  }));
  cwd = mkdtempSync(join(tmpdir(), "hookcli-examples-"));
});
afterEach(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

/** Runs a line of help as a shell would, with the app's port in place of the one in it. */
function runLine(line: string) {
  const [program, ...words] = [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
  expect(program).toBe("hookcli");
  const argv = words.map((word) => word.replace(/^(?:5000|3000)(?=\/|$)/, String(app.port)));
  return runCli(argv, { cwd, env: { S: SECRET, HOOKCLI_DB: join(cwd, "events.db") } });
}

describe("the examples in the help of send and replay", () => {
  it.each(send.examples.map(({ line }) => line))("%s", async (line) => {
    const { code, stdout } = await runLine(line);

    expect(code).toBe(0);
    expect(stdout).not.toBe("");
  });

  it.each(replay.examples.map(({ line }) => line))("%s", async (line) => {
    const answer = app.answer;
    app.answer = () => ({ status: 503 });
    await runLine("hookcli send message.created --to 5000/webhook --secret env:S");
    app.answer = answer;

    const { code, stdout } = await runLine(line);

    expect(stdout).toContain("200 OK");
    expect(code).toBe(0);
    expect(app.seen).toHaveLength(2);
  });

  it("show every option in the help", async () => {
    const { stdout } = await runCli(["send", "--help"]);

    for (const option of ["--set", "--tamper", "--duplicate", "--through-tunnel", "--curl", "Examples:"])
      expect(stdout).toContain(option);
  });
});
