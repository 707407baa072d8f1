import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readFileLimited } from "../../src/config/input.js";

const LIMITS = { what: "--body", limitBytes: 100 };

/** A pipe that is open for reading in this process, as one of the shell's is. */
function inheritedPipe(): { path: string; fd: number } {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-input-"));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  onTestFinished(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  return { path, fd };
}

describe.skipIf(process.platform === "win32")("a pipe that the shell has opened", () => {
  it("is empty when its writer has ended without a byte", async () => {
    const { path, fd } = inheritedPipe();
    closeSync(openSync(path, constants.O_WRONLY));

    expect(await readFileLimited(`/dev/fd/${fd}`, LIMITS)).toHaveLength(0);
  });
});
