import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import type { Output } from "../../output/output.js";
import { splitWords } from "../../programs/words.js";

/** Longest that the command of `--on-url` may take, milliseconds. */
const ON_URL_MS = 60_000;

/** The words of a command that is run without a shell. Throws CliError 2. */
export function commandWords(text: string, option: string, platform: NodeJS.Platform): readonly string[] {
  const words = splitWords(text, platform);
  if (words === undefined) throw new CliError(`${option} has a quotation that does not end: ${text}`);
  if (words[0] === undefined || words[0] === "") throw new CliError(`${option} is empty`);
  return words;
}

/** Runs the command of `--on-url` with the URLs in its environment; its failure is a warning. */
export async function runOnUrl(
  words: readonly string[],
  variables: Readonly<Record<string, string>>,
  { context, output }: { readonly context: Context; readonly output: Output },
): Promise<void> {
  const { startProgram, exitCodeOf } = await import("../../programs/start.js");
  const [command = "", ...args] = words;
  const program = startProgram({
    command,
    args,
    env: { ...context.env, ...variables },
    cwd: context.cwd,
    output: "stderr",
    errorOutput: "inherit",
    ownGroup: true,
  });
  const over = new AbortController();
  const stop = () => void program.stop();
  context.signal.addEventListener("abort", stop, { once: true });
  context.sleep(ON_URL_MS, over.signal).then(stop, () => undefined);
  const end = await program.ended;
  over.abort();
  context.signal.removeEventListener("abort", stop);
  if (end.kind === "failed") output.warn(`--on-url: cannot start ${command}: ${end.message}`);
  else if (exitCodeOf(end) !== 0) output.warn(`--on-url: ${command} ended with ${exitCodeOf(end)}`);
}
