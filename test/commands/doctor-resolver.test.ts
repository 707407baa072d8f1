import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { runCli } from "../helpers/run.js";

/** A resolver that never answers. */
vi.mock("node:dns/promises", () => ({ lookup: () => new Promise(() => {}) }));

it("does not wait for a resolver that does not answer, and asks it once", { timeout: 9_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-doctor-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const argv = ["doctor", "http://app.example.test:5000", "--only", "app-port", "--via", "none"];

  const startedAt = performance.now();
  const { code, stdout } = await runCli(argv, {
    cwd: folder,
    env: { HOOKCLI_DB: join(folder, "events.db"), XDG_CONFIG_HOME: folder },
  });

  expect(stdout).toContain("app.example.test does not resolve to an address");
  expect(code).toBe(1);
  expect(performance.now() - startedAt).toBeLessThan(5_500);
});
