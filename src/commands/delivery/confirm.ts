import { createInterface } from "node:readline";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import type { Output } from "../../output/output.js";

/**
 * Asks before something is done many times. `--yes` answers; where nobody can be asked it is an error (2) that says so.
 */
export async function confirm(
  question: string,
  { yes, context, output }: { yes: boolean; context: Context; output: Output },
): Promise<boolean> {
  if (yes) return true;
  const { stdin } = context;
  if (stdin.isTTY !== true || output.json) throw new CliError(question, { hint: "pass --yes to go on" });
  output.note(`${question} [y/N]`);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return /^y(?:es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}
