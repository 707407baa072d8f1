import type { CommandDefinition, CommandEntry } from "../../src/commands/command.js";
import { commands } from "../../src/commands/index.js";

/** A command as a user names it (`["events", "list"]`), with its definition. */
export interface ListedCommand {
  readonly path: readonly string[];
  readonly definition: CommandDefinition;
}

/** Every command and subcommand. */
export async function allCommands(
  entries: readonly CommandEntry[] = commands,
  parent: readonly string[] = [],
): Promise<ListedCommand[]> {
  const found: ListedCommand[] = [];
  for (const entry of entries) {
    const path = [...parent, entry.name];
    const definition = await entry.load();
    found.push({ path, definition }, ...(await allCommands(definition.subcommands ?? [], path)));
  }
  return found;
}
