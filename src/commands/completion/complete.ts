import type { Argument, Option } from "commander";
import type { Context } from "../../context.js";
import { findOption, type Line } from "./line.js";
import { NOTHING, values, withPrefix, type Candidate, type Reply } from "./reply.js";
import { argumentValues, optionValues, type Place } from "./values.js";

/** What may stand at the cursor, after the words of the line, for what is `typed` of it. */
export async function complete(line: Line, typed: string, context: Context): Promise<Reply> {
  const place: Place = { line, typed, context };
  if (line.ended) return NOTHING;
  if (line.awaiting !== undefined) return optionReply(line.awaiting, place);
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(typed) ?? [];
  if (name !== undefined && value !== undefined) {
    const option = findOption(line.command, name);
    if (option?.required !== true) return NOTHING;
    return withPrefix(await optionReply(option, { ...place, typed: value }), `${name}=`);
  }
  if (typed.startsWith("-")) return values(flags(line), typed);
  return named(line, place);
}

async function optionReply(option: Option, place: Place): Promise<Reply> {
  if (option.argChoices !== undefined) return values(option.argChoices, place.typed);
  return (await optionValues(option, place)) ?? NOTHING;
}

/** Subcommands where one may be named, and what the next argument takes. */
async function named(line: Line, place: Place): Promise<Reply> {
  const isFirst = line.positionals.length === 0;
  const commands = values(
    isFirst ? line.subcommands.map(({ name, summary }) => ({ value: name, about: summary })) : [],
    place.typed,
  );
  const argument = argumentAt(line);
  const reply = argument === undefined ? NOTHING : ((await argumentValues(argument, place)) ?? NOTHING);
  if (commands.kind !== "values" || commands.candidates.length === 0) return reply;
  if (reply.kind !== "values") return commands;
  return { ...reply, candidates: [...commands.candidates, ...reply.candidates] };
}

function argumentAt({ command, positionals }: Line): Argument | undefined {
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  return all[positionals.length] ?? (last?.variadic === true ? last : undefined);
}

/** The options that help tells of and that are not there already, unless they may be repeated. */
function flags({ command, given }: Line): Candidate[] {
  return command.options
    .filter((option) => !option.hidden && option.long !== undefined)
    .filter((option) => option.required || !given.has(option.long ?? ""))
    .map(({ long = "", description }) => ({ value: long, about: description }));
}
