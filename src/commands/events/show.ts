import { loadConfig } from "../../config/config.js";
import { CliError, EXIT } from "../../errors.js";
import { eventToJson } from "../../events/event-json.js";
import { parseSelectors } from "../../events/selector.js";
import { printEvent } from "../../output/event-page.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { withStore } from "./open.js";
import { addSecretOptions, withoutSecrets, type SecretOptions } from "./secret-options.js";

interface ShowOptions extends SecretOptions {
  readonly allProjects?: boolean;
  readonly body?: boolean;
}

/** `hookcli events show`. */
export const show: CommandDefinition<ShowOptions> = {
  examples: [
    { line: "hookcli events show last", about: "the newest event" },
    { line: "hookcli events show last --body > body.json", about: "its exact body" },
    { line: "hookcli events show last --json", about: "all of it, for a program" },
  ],
  define: (command) => {
    command
      .argument("<event>", "its number, its id or the beginning of it, last, last~2")
      .option("--body", "the exact bytes of the body alone")
      .option("--all-projects", "look at the events of all projects");
    addSecretOptions(command);
  },
  run: runShow,
};

async function runShow({ args, options, context, global, output }: Invocation<ShowOptions>): Promise<number> {
  const config = await loadConfig(context, global);
  const where = { project: config.project, now: context.now() };
  const selection = parseSelectors(args, { allProjects: options.allProjects }, where);
  if (options.body === true && output.json) throw new CliError("--body and --json exclude each other");
  return withStore(config.dbPath, context, async (store) => {
    const { resolveEvent } = await import("../../store/resolve.js");
    const event = resolveEvent(store, selection);
    const shown = withoutSecrets(event, options);
    if (options.body === true) await output.bytes(event.body);
    else if (output.json) output.record(eventToJson(shown));
    else printEvent(output, shown, context.now());
    return EXIT.done;
  });
}
