import { CliError, EXIT } from "../../errors.js";
import type { Invocation } from "../command.js";
import type { CompletionOptions } from "../completion.js";
import { complete } from "./complete.js";
import { readLine } from "./line.js";
import { replyText } from "./reply.js";

/** `hookcli completion`: prints a script, or answers one. */
export async function runCompletion(invocation: Invocation<CompletionOptions>): Promise<number> {
  const { args, options, context, output } = invocation;
  if (options.at !== undefined) {
    output.block(await answer(options.at, options.word, context));
    return EXIT.done;
  }
  const [shell] = args;
  const { SCRIPTS } = await import("./scripts.js");
  const names = Object.keys(SCRIPTS).join(", ");
  if (shell === undefined) throw new CliError("no shell is named", { hint: `one of ${names}` });
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) throw new CliError(`no completion for ${shell}`, { hint: `one of ${names}` });
  if (output.json) output.record({ shell, script });
  else output.block(script);
  return EXIT.done;
}

/** Whoever types is not to be disturbed: whatever fails, there is nothing to complete. */
async function answer(typed: string, words: readonly string[], context: Invocation<never>["context"]): Promise<string> {
  try {
    return replyText(await complete(await readLine(words, context), typed, context));
  } catch {
    return "";
  }
}
