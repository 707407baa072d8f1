import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { rootDir } from "../helpers/data.js";
import { createSandbox, runProgram, startListen } from "../helpers/program.js";
import { startLedgerApp } from "./ledger.js";
import { record } from "./table.js";

const RATE = 2_000;
const SECONDS = 30;
const MB = 1e6;
/** Deliveries to one target at a time: the default of `--concurrency`. */
const CONCURRENCY = 8;

/** What test/bench/steady-load.js prints. */
interface Offered {
  readonly ok: number;
  readonly failed?: string;
  readonly p99Ms: number;
}

it(`hookcli listen --ack takes ${RATE} requests/s for ${SECONDS} s before an app that takes one a second`, async () => {
  const sandbox = createSandbox();
  const app = await startLedgerApp();
  let open = 0;
  let most = 0;
  app.answer = (_request, response) => {
    most = Math.max(most, (open += 1));
    // Each of the deliveries at a time waits its turn, so that the app takes one a second.
    setTimeout(() => {
      open -= 1;
      response.end("ok");
    }, 1_000 * CONCURRENCY);
  };
  const words = [String(app.port), "--no-tunnel", "--ack", "--ack-status", "200", "--keep", "0"];
  const listen = await startListen(words, { sandbox });
  const resident = (key: string) =>
    1024 *
    Number(
      new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${listen.child.pid}/status`, "utf8"))?.[1],
    );
  const before = resident("VmRSS");
  const { port } = new URL(listen.localUrl);
  const generator = join(rootDir, "test/bench/steady-load.js");
  const { stdout } = await promisify(execFile)(process.execPath, [generator, port, String(RATE), String(SECONDS)]);
  const { ok, failed, p99Ms } = JSON.parse(stdout) as Offered;
  const grown = (resident("VmHWM") - before) / MB;
  await listen.stop("SIGKILL");
  const stats = await runProgram(["events", "stats", "--json"], { sandbox });
  const { events: stored } = JSON.parse(stats.stdout) as { events: number };
  await app.down();
  sandbox.remove();

  record({
    id: "R11",
    fault: `${RATE} requests/s for ${SECONDS} s before an app that takes one a second`,
    system: "hookcli listen --ack",
    sent: RATE * SECONDS,
    acknowledged: ok,
    lost: ok - stored,
    note: `p99 ${p99Ms} ms, memory grew by ${Math.round(grown)} MB at most, ${most} deliveries at a time`,
  });
  expect(failed).toBeUndefined();
  expect(ok).toBe(RATE * SECONDS);
  expect(stored).toBe(RATE * SECONDS);
  expect(most).toBeLessThanOrEqual(CONCURRENCY);
  expect(grown).toBeLessThan(150);
  expect(p99Ms).toBeLessThan(250);
});
