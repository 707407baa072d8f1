import { EXIT_CODE_TABLE } from "../../errors.js";
import type { Output } from "../../output/output.js";
import { printRows } from "./page.js";

/** `hookcli help exit-codes`. */
export function printExitCodes(output: Output): void {
  printRows(
    output,
    EXIT_CODE_TABLE.map(({ code, meaning }) => [String(code).padStart(3), meaning]),
  );
  output.record(EXIT_CODE_TABLE);
}
