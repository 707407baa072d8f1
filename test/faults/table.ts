import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { rootDir } from "../helpers/data.js";

/** Where rows are gathered, one a line; `report.js` prints the newest of each. */
const path = join(rootDir, "node_modules/.cache/hookcli/faults.jsonl");

/** A line of the table "fault, acknowledged, lost". */
export interface FaultRow {
  /** Groups the rows of one fault, in the order of the table. */
  readonly id: string;
  readonly fault: string;
  readonly system: string;
  readonly sent: number;
  readonly acknowledged: number;
  readonly lost: number;
  /** What else is to be known of the run. */
  readonly note: string;
}

/** The end of the row before, or the start of the file's tests. */
let lastMs = performance.now();

/** Keeps a row for the report, with the suite, what it took, and the moment at which it was measured. */
export function record(row: FaultRow): void {
  const tookSeconds = Math.round((performance.now() - lastMs) / 1000);
  lastMs = performance.now();
  const suite = process.env["FAULTS_SUITE"] ?? "short";
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify({ ...row, suite, tookSeconds, at: new Date().toISOString() })}\n`);
}
