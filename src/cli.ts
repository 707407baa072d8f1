import { Command, CommanderError, Help, type Option } from "commander";
import type { CommandDefinition, CommandEntry, Example, GlobalOptions } from "./commands/command.js";
import { addGlobalOptions } from "./commands/global-options.js";
import { commands } from "./commands/index.js";
import { untilInterrupted } from "./commands/interrupted.js";
import { helpTopics } from "./commands/help.js";
import type { Context, Interrupted } from "./context.js";
import { CliError, EXIT } from "./errors.js";
import type { Output } from "./output/output.js";
import { createOutput } from "./output/terminal.js";
import { StoreError } from "./store/store.js";

/** The version of this build, put in by the bundler. */
declare const HOOKCLI_VERSION: string;

/**
 * Runs one command line (without the program's name) and resolves to its exit code. Every expected failure has become
 * text on stderr by then; it never rejects.
 */
export async function run(argv: readonly string[], context: Context): Promise<number> {
  const cut = argv.indexOf("--");
  const words = cut === -1 ? undefined : argv.slice(cut + 1);
  const run = new Run(context, words);
  try {
    return await run.start(cut === -1 ? argv : argv.slice(0, cut));
  } catch (error) {
    return await report(error, run, context);
  } finally {
    await run.output.drain();
  }
}

class Run {
  output: Output;
  /** The command whose arguments were wrong. */
  failed: Command | undefined;
  private exitCode: number = EXIT.done;
  private readonly context: Context;
  private readonly words: readonly string[] | undefined;
  private readonly unloaded = new Map<Command, CommandEntry["load"]>();

  constructor(context: Context, words: readonly string[] | undefined) {
    this.context = context;
    this.words = words;
    this.output = createOutput(context, { json: false, quiet: false, verbose: false, color: "auto" });
  }

  async start(argv: readonly string[]): Promise<number> {
    const program = this.program();
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: "user" });
    return this.exitCode;
  }

  private program(): Command {
    const { stdout } = this.context;
    const program: Command = new Command("hookcli");
    program
      .description("Webhooks on your machine: a public URL, capture, signed test events, replay, signature checks.")
      .exitOverride((error) => this.fail(error, program))
      .showSuggestionAfterError(false)
      .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: () => {}, outputError: () => {} })
      .configureHelp({
        showGlobalOptions: true,
        helpWidth: Math.min(stdout.columns ?? 100, 110),
        optionDescription: describeOption,
      })
      .version(HOOKCLI_VERSION, "--version", "print the version")
      .helpOption("-h, --help", "print help")
      .helpCommand(false);
    addGlobalOptions(program);
    this.addAll(program, commands);
    this.addHelp(program);
    const topics = helpTopics.map(({ name, summary }) => `  ${name.padEnd(27)}${summary}`).join("\n");
    program.addHelpText("after", `\nTopics of hookcli help:\n${topics}`);
    return program;
  }

  /** Adds what the help of `parent` tells of its commands; each is loaded before its arguments are parsed. */
  private addAll(parent: Command, entries: readonly CommandEntry[]): void {
    for (const entry of entries) this.add(parent, entry);
    parent.hook("preSubcommand", (_parent, command) => this.load(command));
  }

  private add(parent: Command, { name, aliases, summary, isDefault, ...entry }: CommandEntry): void {
    const command = parent
      .command(name, { isDefault: isDefault === true })
      .summary(summary)
      .description(summary);
    if (aliases !== undefined) command.aliases([...aliases]);
    command.exitOverride((error) => this.fail(error, command));
    this.unloaded.set(command, entry.load);
  }

  private fail(error: CommanderError, command: Command): never {
    this.failed = command;
    throw error;
  }

  private async load(command: Command): Promise<void> {
    const load = this.unloaded.get(command);
    if (load === undefined) return;
    this.unloaded.delete(command);
    const definition = await load();
    definition.define?.(command);
    command.addHelpText("after", () => examplesText(definition.examples));
    if (definition.subcommands !== undefined) this.addAll(command, definition.subcommands);
    if (definition.run !== undefined) {
      command.action(async () => {
        this.exitCode = await this.invoke(definition, command);
      });
    }
  }

  private async invoke(definition: CommandDefinition, command: Command): Promise<number> {
    const global = globalOptions(command);
    this.output = createOutput(this.context, global);
    const { words = [] } = this;
    if (words.length > 0 && definition.takesWords !== true)
      throw new CliError(`${command.name()} takes nothing after --`);
    if (this.words?.length === 0 && definition.takesWords === true)
      throw new CliError("there is no command after --", { hint: `hookcli ${command.name()} 5000 -- npm test` });
    const invocation = {
      args: command.args,
      options: command.opts() as never,
      global,
      words,
      context: this.context,
      output: this.output,
    };
    const running = definition.run?.(invocation) ?? Promise.resolve(EXIT.done);
    return definition.endsOnSignal === true ? running : untilInterrupted(running, this.context.signal);
  }

  private addHelp(program: Command): void {
    program
      .command("help")
      .summary("help for a command or a topic")
      .argument("[command]", "a command, or one of: " + helpTopics.map((topic) => topic.name).join(", "))
      .argument("[subcommand]")
      .action(async (name: string | undefined, subcommand: string | undefined, _options: unknown, self: Command) => {
        const topic = helpTopics.find((row) => row.name === name);
        if (topic !== undefined) {
          this.output = createOutput(this.context, globalOptions(self));
          return topic.print(this.output);
        }
        return (await this.find(program, [name, subcommand])).outputHelp();
      });
  }

  private async noHelp(name: string, command: Command): Promise<CliError> {
    const { likeHelp } = await import("./commands/mistyped.js");
    const topics = command.parent === null ? helpTopics.map((topic) => topic.name) : [];
    const hint = likeHelp(name, command, topics) ?? "hookcli help lists the commands";
    return new CliError(`no help for ${name}`, { hint });
  }

  /** The command that `hookcli help a b` means. */
  private async find(program: Command, path: readonly (string | undefined)[]): Promise<Command> {
    let found = program;
    for (const name of path) {
      if (name === undefined) break;
      const next = found.commands.find((command) => command.name() === name || command.aliases().includes(name));
      if (next === undefined) throw await this.noHelp(name, found);
      await this.load(next);
      found = next;
    }
    return found;
  }
}

/** As commander does, but a list that is empty is no default worth telling. */
function describeOption(option: Option): string {
  return new Help().optionDescription(option).replace(/ \(default: (?:\[\]|none)\)$/, "");
}

function globalOptions(command: Command): GlobalOptions {
  const all: Record<string, unknown> = command.optsWithGlobals();
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return {
    json: all["json"] === true || all["format"] === "json",
    color: all["color"] === "always" || all["color"] === "never" ? all["color"] : "auto",
    quiet: all["quiet"] === true,
    verbose: all["verbose"] === true,
    yes: all["yes"] === true,
    db: text(all["db"]),
    config: text(all["config"]),
    profile: text(all["profile"]),
  };
}

function examplesText(examples: readonly Example[]): string {
  if (examples.length === 0) return "";
  return `\nExamples:\n${examples.map(({ line, about }) => `  # ${about}\n  ${line}\n`).join("")}`;
}

/** An error as text on stderr; its exit code. */
async function report(
  error: unknown,
  { output, failed }: Pick<Run, "output" | "failed">,
  context: Context,
): Promise<number> {
  if (error instanceof CommanderError) return reportUsage(error, output, failed);
  if (context.signal.aborted && !(error instanceof CliError) && !(error instanceof StoreError)) {
    return (context.signal.reason as Interrupted).exitCode;
  }
  const stack = context.env["HOOKCLI_DEBUG"] === "1" && error instanceof Error ? error.stack : undefined;
  if (error instanceof CliError) output.error(error.message, error.hint);
  else if (error instanceof StoreError) output.error(error.message, error.hint);
  else {
    const message = error instanceof Error ? error.message : String(error);
    output.error(`unexpected: ${message}`, "this is a bug in hookcli; HOOKCLI_DEBUG=1 shows where");
  }
  if (stack !== undefined) for (const line of stack.split("\n")) output.note(line);
  if (error instanceof CliError) return error.exitCode;
  return error instanceof StoreError ? EXIT.store : EXIT.usage;
}

/** Commander's own findings in our form. Help and version are no errors. */
async function reportUsage(error: CommanderError, output: Output, failed: Command | undefined): Promise<number> {
  if (error.exitCode === 0) return EXIT.done;
  const { usageError } = await import("./commands/mistyped.js");
  const { message, hint } = usageError(error, failed ?? new Command("hookcli"));
  output.error(message, hint);
  return EXIT.usage;
}
