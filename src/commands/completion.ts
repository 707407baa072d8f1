import { Option, type Command } from "commander";
import { collect } from "../config/values.js";
import type { CommandDefinition, Invocation } from "./command.js";

/** What `completion` was asked for, parsed. */
export interface CompletionOptions {
  /** What is typed of the word at the cursor: a script asks what it may become. */
  readonly at?: string;
  /** The words before it. */
  readonly word: readonly string[];
}

/** How each shell is told of the script. */
const INSTALLING = `
To install:
  bash         hookcli completion bash > ~/.local/share/bash-completion/completions/hookcli
               or, in ~/.bashrc:  source <(hookcli completion bash)
  zsh          hookcli completion zsh > a folder of $fpath, as _hookcli
               or, in ~/.zshrc:  source <(hookcli completion zsh)
  fish         hookcli completion fish > ~/.config/fish/completions/hookcli.fish
  powershell   in $PROFILE:  hookcli completion powershell | Out-String | Invoke-Expression
`;

/** `hookcli completion`: a script that completes commands, options, events, fixtures, providers and profiles. */
export const completion: CommandDefinition<CompletionOptions> = {
  examples: [
    { line: "hookcli completion bash > hookcli.bash", about: "the script for bash; see above for its place" },
    { line: "hookcli completion fish > hookcli.fish", about: "the same for fish" },
  ],
  define,
  run: async (invocation: Invocation<CompletionOptions>) => {
    const { runCompletion } = await import("./completion/run.js");
    return runCompletion(invocation);
  },
};

function define(command: Command): void {
  command
    .argument("[shell]", "bash, zsh, fish or powershell")
    .addOption(new Option("--at <typed>", "what is typed of the word at the cursor").hideHelp())
    .addOption(new Option("--word <word>", "a word before it (repeatable)").argParser(collect).default([]).hideHelp())
    .addHelpText("after", INSTALLING);
}
