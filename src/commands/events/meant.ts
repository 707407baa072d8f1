import type { Command } from "commander";
import { CliError } from "../../errors.js";
import { parseEventName } from "../../events/selector.js";
import { nearest } from "../../providers/nearest.js";

/** Commands that a hint names at most. */
const HINTED = 2;

/**
 * Refuses a first word that names no event but is nearly one of the group's commands, as in `events shwo last`: without
 * a command's name the words are those of the default one. Throws CliError 2.
 */
export function refuseMistypedCommand(group: Command | null): void {
  const word = group?.args[0];
  if (group === null || word === undefined || !/^[a-z][a-z-]*$/i.test(word)) return;
  const names = group.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  if (names.includes(word) || namesEvent(word)) return;
  const like = nearest(word, [...names, "last"], HINTED).map((name) => `hookcli ${group.name()} ${name}`);
  if (like.length === 0) return;
  throw new CliError(`neither a command nor an event: ${word}`, { hint: `did you mean ${like.join(" or ")}?` });
}

function namesEvent(word: string): boolean {
  try {
    parseEventName(word);
    return true;
  } catch {
    return false;
  }
}
