import { Option } from "commander";
import { loadConfig } from "../../config/config.js";
import { EXIT } from "../../errors.js";
import { providerNamed } from "../../providers/index.js";
import { frameworks, frameworkTitle } from "../../signatures/frameworks.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { readyCommands } from "./ready.js";
import { pageLines, type RawBody } from "./page.js";
import { fixturesByProvider, rowJson } from "./row.js";

interface ShowOptions {
  readonly framework?: string;
}

/** `hookcli providers show`. */
export const show: CommandDefinition<ShowOptions> = {
  examples: [
    { line: "hookcli providers show stripe", about: "everything that is known of Stripe's webhooks" },
    {
      line: "hookcli providers show github --framework express",
      about: "and how an Express app gets the bytes to check",
    },
    { line: "hookcli providers show slack --json", about: "the row, for a program" },
  ],
  define: (command) => {
    command
      .argument("<provider>", "its name or an alias")
      .addOption(new Option("--framework <name>", "how the bytes of the body are had there").choices(frameworks));
  },
  run: runShow,
};

async function runShow({ args, options, context, global, output }: Invocation<ShowOptions>): Promise<number> {
  const config = await loadConfig(context, global);
  const provider = providerNamed(args[0] ?? "", config.ownProviders);
  const fixtures = (await fixturesByProvider(context, config)).get(provider.name) ?? [];
  const rawBody = options.framework === undefined ? undefined : await rawBodyIn(options.framework);
  if (output.json) {
    output.record({
      ...rowJson(provider, fixtures),
      commands: readyCommands(provider, fixtures),
      rawBody: rawBody ?? null,
    });
  } else await output.lines(pageLines(provider, { fixtures, rawBody, columns: output.columns }));
  return EXIT.done;
}

async function rawBodyIn(framework: string): Promise<RawBody | undefined> {
  const { recipeFor } = await import("../../signatures/recipes.js");
  const recipe = recipeFor(framework);
  if (recipe === undefined) return undefined;
  const { language, code, notes } = recipe;
  return { for: frameworkTitle(framework) ?? framework, language, code, notes };
}
