import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { playDemo, type Step } from "../../src/commands/demo/play.js";
import { hookcliPath } from "../helpers/program.js";
import { runCli, testContext } from "../helpers/run.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-sabotage-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Plays the demo with a program in hookcli's place: a shell script that gets hookcli's arguments. */
async function playWith(script: string): Promise<{ ended: boolean; steps: Step[] }> {
  const program = join(folder, "hookcli");
  writeFileSync(
    program,
    `#!/bin/bash\nreal() { "${process.execPath}" "${hookcliPath}" "$@"; }\n${script}\nexec "${process.execPath}" "${hookcliPath}" "$@"\n`,
  );
  chmodSync(program, 0o755);
  const steps: Step[] = [];
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
  const ended = await playDemo({ ...testContext({ cwd: folder, env }), self: ["/bin/bash", program] }, (step) =>
    steps.push(step),
  );
  return { ended, steps };
}

function failed(steps: readonly Step[]): string[] {
  return steps.filter(({ ok }) => !ok).map(({ claim }) => claim);
}

describe("the demo", () => {
  it("shows nothing but the truth, and exits 0", async () => {
    const { code, stdout } = await runCli(["demo", "--json"], { env: { PATH: process.env["PATH"] ?? "" } });

    const steps = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Step);
    expect(failed(steps)).toEqual([]);
    expect(steps).toHaveLength(8);
    expect(code).toBe(0);
  });

  // Each script breaks one claim; `exec` replaces the shell so that signals reach the program.
  it.each([
    [
      "send does not sign",
      'case "$*" in "send message.created") exec "$0" send message.created --unsigned --expect 401;; esac',
      "a signed test event is accepted by the app",
    ],
    [
      "send sends nothing",
      'case "$*" in "send message.created") exit 0;; esac',
      "a signed test event is accepted by the app",
    ],
    [
      "--tamper tampers with nothing",
      'case "$*" in *--tamper*) real send message.created; exit $?;; esac',
      "one with a changed body is refused",
    ],
    [
      "the store knows other bytes",
      'case "$*" in "events list --json") real "$@" | sed "s/bodySha256\\":\\"..../bodySha256\\":\\"0000/g"; exit 0;; esac',
      "both are in the store, byte for byte as the app got them",
    ],
    [
      "replay sends another body",
      'case "$*" in "replay 1") real replay 1 --set data.id=other; exit 0;; esac',
      "the first one, replayed, is accepted again",
    ],
    ["replay does nothing", 'case "$*" in "replay 1") exit 0;; esac', "the first one, replayed, is accepted again"],
    [
      "verify says valid to nobody",
      'case "$*" in "verify --event 1") real verify --event 2; exit $?;; esac',
      "its signature verifies",
    ],
    [
      "verify says valid to all",
      'case "$*" in "verify --event 2") echo "valid: generic"; exit 0;; esac',
      "that of the changed one does not, and the reason is named",
    ],
    [
      "verify fails for another cause",
      'case "$*" in "verify --event 2") exit 1;; esac',
      "that of the changed one does not, and the reason is named",
    ],
  ])("fails when %s", async (_what, script, claim) => {
    const { steps } = await playWith(script);

    expect(failed(steps)).toContain(claim);
  });

  it("fails when listen does not start, and says why", async () => {
    const { ended, steps } = await playWith('case "$1" in listen) echo "hookcli: error: no" >&2; exit 5;; esac');

    expect(ended).toBe(false);
    expect(steps.at(-1)).toMatchObject({ ok: false, found: "hookcli: error: no" });
  });

  it("does not depend on how the user has configured hookcli", async () => {
    mkdirSync(join(folder, "hookcli"));
    writeFileSync(join(folder, "hookcli", "config.json"), '{"provider":"stripe","fixtures":"/nope","target":"1"}');
    const env = {
      PATH: process.env["PATH"] ?? "",
      XDG_CONFIG_HOME: folder,
      GENERIC_WEBHOOK_SECRET: "mine",
      HOOKCLI_TARGET: "1",
    };

    const { code, stdout } = await runCli(["demo"], { env });

    expect([code, stdout]).toEqual([0, expect.not.stringContaining("FAIL")]);
  });

  it("exits 1 when one claim is not true", async () => {
    const { code, stderr } = await runCli(["demo"], {
      env: { PATH: process.env["PATH"] ?? "", HOOKCLI_CONFIG: "/nope", NODE_OPTIONS: "--require=/nope" },
    });

    expect(code).toBe(1);
    expect(stderr).toContain("not true");
  });
});
