import { Command, type Option } from "commander";
import { join } from "node:path";
import type { Context } from "../../context.js";
import type { CommandEntry } from "../command.js";
import { addGlobalOptions } from "../global-options.js";
import { commands } from "../index.js";

/** A command line up to the word at the cursor, read as far as it is typed. */
export interface Line {
  /** The command's names: `["events", "show"]`; empty before the first one. */
  readonly path: readonly string[];
  /** Its options and arguments, with those that every command has. */
  readonly command: Command;
  /** The commands that may be named next. */
  readonly subcommands: readonly CommandEntry[];
  readonly positionals: readonly string[];
  /** The option whose value stands at the cursor. */
  readonly awaiting: Option | undefined;
  /** Values of options by long name; `""` for one that takes none. */
  readonly given: ReadonlyMap<string, string>;
  /** After a lone `--`. */
  readonly ended: boolean;
}

/** `help` is the program's own, not one of the commands. */
const HELP: CommandEntry = {
  name: "help",
  summary: "help for a command or a topic",
  load: async () => ({
    examples: [],
    define: (command) => command.argument("[command]").argument("[subcommand]"),
  }),
};

/** Reads the words that stand before the cursor. What makes no sense is passed over: it is still being typed. */
export async function readLine(words: readonly string[], context: Pick<Context, "home">): Promise<Line> {
  const reading = new Reading([...commands, HELP], context.home);
  for (const word of words) await reading.take(plainWord(word));
  await reading.settle();
  return reading;
}

class Reading implements Line {
  readonly path: string[] = [];
  readonly positionals: string[] = [];
  readonly given = new Map<string, string>();
  command = addGlobalOptions(new Command()).option("--version", "print the version").option("-h, --help", "print help");
  subcommands: readonly CommandEntry[];
  awaiting: Option | undefined;
  ended = false;
  private settled = false;
  private readonly home: string;

  constructor(entries: readonly CommandEntry[], home: string) {
    this.subcommands = entries;
    this.home = home;
  }

  async take(word: string): Promise<void> {
    if (this.ended) return;
    if (this.awaiting !== undefined) {
      this.give(this.awaiting, word);
      this.awaiting = undefined;
    } else if (word === "--") this.ended = true;
    else if (word.startsWith("-") && word.length > 1) {
      await this.settle();
      this.takeOption(word);
    } else await this.takeWord(word);
  }

  private takeOption(word: string): void {
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const option = findOption(this.command, equals === -1 ? word : word.slice(0, equals));
    if (option === undefined) return;
    if (equals !== -1) this.give(option, word.slice(equals + 1));
    else if (option.required) this.awaiting = option;
    else this.give(option, "");
  }

  private async takeWord(word: string): Promise<void> {
    const entry = this.positionals.length === 0 ? findEntry(this.subcommands, word) : undefined;
    if (entry === undefined) {
      await this.settle();
      this.positionals.push(word);
      return;
    }
    this.path.push(entry.name);
    await this.enter(entry);
  }

  /** A group that does something by itself, as `events` lists, takes what its default takes where no other is named. */
  async settle(): Promise<void> {
    const byDefault = this.subcommands.find(({ isDefault }) => isDefault === true);
    if (byDefault === undefined || this.settled) return;
    this.settled = true;
    (await byDefault.load()).define?.(this.command);
  }

  private async enter(entry: CommandEntry): Promise<void> {
    const { define, subcommands = [] } = await entry.load();
    this.command = addGlobalOptions(new Command()).option("-h, --help", "print help");
    define?.(this.command);
    this.subcommands = subcommands;
    this.settled = false;
  }

  private give(option: Option, value: string): void {
    if (option.long === undefined) return;
    const isPath = value.startsWith("~/");
    this.given.set(option.long, isPath ? join(this.home, value.slice(2)) : value);
  }
}

/** An option by its long or short name. */
export function findOption(command: Command, name: string): Option | undefined {
  return command.options.find((option) => option.long === name || option.short === name);
}

/** A command by its name or an alias. */
export function findEntry(entries: readonly CommandEntry[], name: string): CommandEntry | undefined {
  return entries.find((entry) => entry.name === name || entry.aliases?.includes(name) === true);
}

/** Shells hand over words as they are typed: one pair of quotes around all of it, and backslashes, are taken off. */
function plainWord(word: string): string {
  const quoted = /^'([^']*)'$|^"([^"$`\\]*)"$/s.exec(word);
  return quoted === null ? word.replaceAll(/\\(.)/gs, "$1") : (quoted[1] ?? quoted[2] ?? "");
}
