import type { Finding } from "../../doctor/finding.js";
import { CliError } from "../../errors.js";
import { nearest } from "../../providers/nearest.js";

/** The rows that `--only` and `--skip` leave, in the order of the table. Throws CliError 2 for names that there are not. */
export function chooseFindings(
  findings: readonly Finding[],
  { only, skip }: { readonly only: readonly string[]; readonly skip: readonly string[] },
): readonly Finding[] {
  const names = findings.map(({ name }) => name);
  const unknown = [...only, ...skip].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const like = nearest(unknown, names, 3);
    throw new CliError(`doctor has no finding ${unknown}`, {
      hint: like.length > 0 ? `did you mean ${like.join(" or ")}?` : `there are ${names.join(", ")}`,
    });
  }
  const chosen = findings.filter(({ name }) => (only.length === 0 || only.includes(name)) && !skip.includes(name));
  if (chosen.length > 0) return chosen;
  throw new CliError("--only and --skip leave nothing to look at");
}
