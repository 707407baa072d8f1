import type { Command, CommanderError } from "commander";
import { CliError } from "../errors.js";
import { nearest, suggestion } from "../providers/nearest.js";

/** An error and what to do about it. */
export interface UsageError {
  readonly message: string;
  readonly hint: string;
}

/** Names that a hint tells at most. */
const HINTED = 2;

/** What commander found wrong with the arguments of a command, in our form: with the nearest of what there is. */
export function usageError(error: CommanderError, command: Command): UsageError {
  // What stands after = may be a secret.
  const message = withoutFrame(error.message).replace(/^(unknown option '-[^=']*)=[^]*'$/, "$1'");
  const path = commandPath(command);
  const lists = `${path} --help lists ${command.commands.length > 0 ? "commands and options" : "options"}`;
  const quoted = /'([^]*)'/.exec(message)?.[1] ?? "";
  if (error.code === "commander.unknownOption") return { message, hint: likeOption(quoted, command) ?? lists };
  if (error.code === "commander.invalidArgument") return { message, hint: likeChoice(message) ?? lists };
  if (error.code === "commander.unknownCommand") return { message, hint: likeCommand(quoted, command) ?? lists };
  const group = command.parent;
  const [word] = command.args;
  if (error.code !== "commander.excessArguments" || group === null || word === undefined || !isDefault(command, group))
    return { message, hint: lists };
  // A word that is no command of the group was taken for an argument of the one that the group alone means.
  return {
    message: `unknown command '${word}'`,
    hint: likeCommand(word, group) ?? `${commandPath(group)} --help lists commands and options`,
  };
}

/**
 * Refuses (CliError 2) a first word that was taken for an argument of the command that a group alone means, and is nearly
 * another command of the group: `fixtures shwo`. To be called while that command is defined: before options of the meant one
 * are refused. `isArgument`: what the default command takes; `words`: of those, what may have been meant too.
 */
export function refuseMistypedSubcommand(
  group: Command | null,
  { isArgument = () => false, words = [] }: { isArgument?: (word: string) => boolean; words?: readonly string[] } = {},
): void {
  const word = group?.args[0];
  if (group === null || word === undefined || !/^[a-z][a-z-]*$/i.test(word)) return;
  const names = namesOf(group);
  if (names.includes(word) || isArgument(word)) return;
  const like = nearest(word, [...names, ...words], HINTED);
  if (like.length > 0) throw new CliError(`unknown command '${word}'`, { hint: suggestion(word, like) });
}

/** The hint for a word that is no topic and no command. */
export function likeHelp(word: string, command: Command, topics: readonly string[]): string | undefined {
  const like = nearest(word, [...namesOf(command), ...topics], HINTED);
  return like.length === 0 ? undefined : suggestion(word, like);
}

function likeOption(flag: string, command: Command): string | undefined {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const options = at.createHelp().visibleOptions(at);
    names.push(...options.flatMap(({ long }) => long?.slice("--".length) ?? []));
  }
  const wanted = flag.replace(/^-+/, "");
  if (wanted.length < 2) return undefined;
  const like = nearest(wanted, names, HINTED);
  return like.length === 0 ? undefined : `did you mean ${like.map((name) => `--${name}`).join(" or ")}?`;
}

/** Of `option '--as <form>' argument 'hra' is invalid. Allowed choices are ndjson, har`. */
function likeChoice(message: string): string | undefined {
  const [, given = "", choices] = /argument '([^]*)' is invalid\. Allowed choices are ([^]*)$/.exec(message) ?? [];
  const like = choices === undefined ? [] : nearest(given, choices.split(", "), HINTED);
  return like.length === 0 ? undefined : suggestion(given, like);
}

function likeCommand(word: string, group: Command): string | undefined {
  const like = nearest(word, namesOf(group), HINTED);
  return like.length === 0 ? undefined : suggestion(word, like);
}

function namesOf(command: Command): string[] {
  return command.commands.flatMap((child) => [child.name(), ...child.aliases()]);
}

function isDefault(command: Command, group: Command): boolean {
  return group.args[0] !== command.name() && !command.aliases().includes(group.args[0] ?? "");
}

/** `hookcli events list`. */
function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}

/** Commander's sentence without `error: `, capital and full stop. */
function withoutFrame(message: string): string {
  const sentence = message.replace(/^error: /, "").replace(/\.$/, "");
  return sentence.slice(0, 1).toLowerCase() + sentence.slice(1);
}
