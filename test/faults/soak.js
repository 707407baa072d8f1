// The fault suite, longer: more crashes, an hour under load, and what only this one does (long/). What is set in the
// environment is kept. `npm run test:soak`
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const LONGER = {
  FAULTS_SUITE: "long",
  FAULTS_CRASHES: "200",
  FAULTS_DOWN_SECONDS: "60",
  FAULTS_ENDS: "50",
  FAULTS_SOAK_SECONDS: "3600",
};

const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
const { status } = spawnSync(
  process.execPath,
  [vitest, "run", "--project", "faults", "--project", "long", "--testTimeout", "7200000", ...process.argv.slice(2)],
  { stdio: "inherit", env: { ...LONGER, ...process.env } },
);
process.exitCode = status ?? 1;
