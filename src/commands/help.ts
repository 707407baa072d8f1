import { ENVIRONMENT_TABLE } from "../config/keys.js";
import { EXIT_CODE_TABLE } from "../errors.js";
import type { Output } from "../output/output.js";
import { bold } from "../output/style.js";

/** A page of `hookcli help <topic>` that is not about one command. */
export interface HelpTopic {
  readonly name: string;
  readonly summary: string;
  readonly print: (output: Output) => void;
}

export const helpTopics: readonly HelpTopic[] = [
  { name: "exit-codes", summary: "what each exit code means", print: printExitCodes },
  { name: "environment", summary: "the environment variables that hookcli reads", print: printEnvironment },
];

function printExitCodes(output: Output): void {
  for (const { code, meaning } of EXIT_CODE_TABLE) output.line([bold(String(code).padStart(3)), `  ${meaning}`]);
  output.record(EXIT_CODE_TABLE);
}

function printEnvironment(output: Output): void {
  const width = Math.max(...ENVIRONMENT_TABLE.map((row) => row.name.length));
  for (const { name, about } of ENVIRONMENT_TABLE) output.line([bold(name.padEnd(width)), `  ${about}`]);
  output.record(ENVIRONMENT_TABLE);
}
