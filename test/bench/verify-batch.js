// `hookcli verify --batch` against a bare node:crypto loop over the same lines: whole processes, start included.
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BARE = fileURLToPath(new URL("verify-batch-bare.js", import.meta.url));
const HOOKCLI = fileURLToPath(new URL("../../bin/hookcli.js", import.meta.url));
const BODY_BYTES = 2_048;

/**
 * Runs both, interleaved ABAB.
 *
 * @param {{ lines?: number, rounds?: number, hookcli?: string }} [options] `hookcli`: the program's entry
 * @returns {Promise<{ name: string, unit: string, aim: string, met: boolean, ratio: number,
 *   rows: { what: string, median: number, lowest: number, highest: number }[] }>}
 */
export async function benchVerifyBatch({ lines = 40_000, rounds = 5, hookcli = HOOKCLI } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-bench-"));
  try {
    const file = join(folder, "cases.ndjson");
    writeFileSync(file, cases(lines));
    const contenders = [
      { what: "hookcli verify --batch", args: [hookcli, "verify", "--batch"], rates: [] },
      { what: "bare node:crypto loop", args: [BARE], rates: [] },
    ];
    for (let round = 0; round < rounds; round += 1) {
      for (const { args, rates } of contenders) rates.push(lines / (await seconds(args, file, lines)));
    }
    const rows = contenders.map(({ what, rates }) => ({ what, ...summary(rates) }));
    const ratio = rows[0].median / rows[1].median;
    const aim = "at least half the rate of a bare node:crypto loop";
    return { name: "verify --batch", unit: `cases/s (${BODY_BYTES} B bodies)`, aim, met: ratio >= 0.5, ratio, rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** GitHub deliveries, each with a body and a secret of its own few. */
function cases(lines) {
  const text = [];
  for (let index = 0; index < lines; index += 1) {
    const secret = `secret-${index % 10}`;
    const body = JSON.stringify({ action: "opened", number: index, title: "x".repeat(BODY_BYTES - 60) });
    const signature = createHmac("sha256", secret).update(body).digest("hex");
    const headers = {
      "User-Agent": "GitHub-Hookshot/0000000",
      "Content-Type": "application/json",
      "X-GitHub-Event": "pull_request",
      "X-GitHub-Delivery": `delivery-${index}`,
      "X-Hub-Signature-256": `sha256=${signature}`,
    };
    text.push(JSON.stringify({ id: index, provider: "github", secret, headers, body }), "\n");
  }
  return text.join("");
}

/** Wall time of one process; every case must come out valid. */
function seconds(args, file, lines) {
  return new Promise((resolve, reject) => {
    const input = openSync(file, "r");
    const started = performance.now();
    const child = spawn(process.execPath, args, { stdio: [input, "pipe", "inherit"] });
    closeSync(input);
    let printed = "";
    let valid = 0;
    child.stdout.setEncoding("latin1");
    child.stdout.on("data", (text) => {
      const parts = (printed + text).split("\n");
      printed = parts.pop() ?? "";
      valid += parts.filter((line) => line.includes('"valid":true')).length;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0 || valid !== lines)
        reject(new Error(`${args.join(" ")}: code ${code}, ${valid} of ${lines} valid`));
      else resolve((performance.now() - started) / 1000);
    });
  });
}

function summary(rates) {
  const sorted = rates.toSorted((a, b) => a - b);
  const round = (value) => Math.round(value ?? 0);
  return {
    median: round(sorted[Math.floor(sorted.length / 2)]),
    lowest: round(sorted[0]),
    highest: round(sorted.at(-1)),
  };
}
