import { parseDuration } from "../../config/values.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import type { BudgetOptions, ExplainOptions } from "../../signatures/explain.js";
import type { Explanation } from "../../signatures/explanation.js";
import type { VerifyCommandOptions } from "./options.js";

/** `50000` (hypotheses) or `5s`. Throws CliError 2. */
export function parseBudget(text: string): BudgetOptions {
  if (/^[1-9]\d{0,8}$/.test(text)) return { candidates: Number(text) };
  const ms = /^[\d.]+[a-z]+$/.test(text) ? parseDuration(text) : 0;
  if (ms > 0) return { ms };
  throw new CliError(`not a budget: ${text}`, { hint: "write how many hypotheses, as 50000, or how long, as 5s" });
}

/** Refuses a name that is none, whether there is something to explain or not. */
export async function demandFramework(name: string): Promise<void> {
  const { frameworks } = await import("../../signatures/frameworks.js");
  if (frameworks.includes(name)) return;
  throw new CliError(`no framework is named ${name}`, { hint: `one of ${frameworks.join(", ")}` });
}

/** Nobody who has a valid signature waits for the code that explains another. */
export async function explanationOf(
  verdict: { readonly valid: boolean },
  { options, context }: { readonly options: VerifyCommandOptions; readonly context: Context },
  given: () => ExplainOptions,
): Promise<Explanation | undefined> {
  if (verdict.valid || !options.explain) return undefined;
  const { explain } = await import("../../signatures/explain.js");
  const { budget, framework, tolerance } = options;
  const explanation = explain({
    ...given(),
    clock: context.monotonic,
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(budget === undefined ? {} : { budget }),
    ...(framework === undefined ? {} : { framework }),
  });
  // Nothing to compare: the verdict has said why.
  return explanation.cause === "incomplete" && explanation.hints.length === 0 ? undefined : explanation;
}
