import type { Output } from "../../output/output.js";
import { bold } from "../../output/style.js";

/** A name and what it means. */
export type Row = readonly [name: string, meaning: string];

/** Prints rows in two columns, the names in bold. */
export function printRows(output: Output, rows: readonly Row[], indent = ""): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, meaning] of rows) output.line([indent, bold(name.padEnd(width)), `  ${meaning}`]);
}

/** Prints a part of a page: its title, then sentences. */
export function printPart(output: Output, title: string, lines: readonly string[]): void {
  output.line([bold(title)]);
  for (const line of lines) output.line(`  ${line}`);
}
