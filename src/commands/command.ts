import type { Command } from "commander";
import type { Context } from "../context.js";
import type { Output } from "../output/output.js";

/** An example that `--help` shows. Every one is run by a test. */
export interface Example {
  /** The whole line, as typed: starts with `hookcli` or with what feeds it. */
  readonly line: string;
  /** What it does, in a few words. */
  readonly about: string;
  /** A program or a service that the example needs; such examples are counted, not run. */
  readonly needs?: string;
}

/** Options that every command has. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly yes: boolean;
  /** `--db`, as given. */
  readonly db: string | undefined;
  /** `--config`, as given. */
  readonly config: string | undefined;
  /** `--profile`, as given. */
  readonly profile: string | undefined;
}

/** What an action gets. `words`: the arguments after a lone `--`, which commander never sees. */
export interface Invocation<Options> {
  readonly args: readonly string[];
  readonly options: Options;
  readonly global: GlobalOptions;
  readonly words: readonly string[];
  readonly context: Context;
  readonly output: Output;
}

/** What the help of its parent tells of a command. The rest of it is loaded when a command line names it. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly load: () => Promise<CommandDefinition>;
  /** What its group does when no subcommand is named, as `events` alone lists. */
  readonly isDefault?: boolean;
}

/**
 * One command: options, examples and action in one file. `define` adds arguments and options to a commander command;
 * `run` imports its heavy rooms itself and returns the exit code.
 */
export interface CommandDefinition<Options = never> {
  readonly examples: readonly Example[];
  readonly define?: (command: Command) => void;
  readonly run?: (invocation: Invocation<Options>) => Promise<number>;
  /** True: the command ends by itself when `context.signal` is aborted. Others are left at once. */
  readonly endsOnSignal?: boolean;
  /** True: what follows a lone `--` is a command line for it. */
  readonly takesWords?: boolean;
  /** Those of a group such as `events`. */
  readonly subcommands?: readonly CommandEntry[];
}
