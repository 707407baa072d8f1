import { ENVIRONMENT_TABLE } from "../../config/keys.js";
import type { Output } from "../../output/output.js";
import { printRows } from "./page.js";

/** `hookcli help environment`. */
export function printEnvironment(output: Output): void {
  printRows(
    output,
    ENVIRONMENT_TABLE.map(({ name, about }) => [name, about]),
  );
  output.record(ENVIRONMENT_TABLE);
}
