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

/** Keeps a row for the report, with the moment at which it was measured. */
export function record(row: FaultRow): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify({ ...row, at: new Date().toISOString() })}\n`);
}
