import { Option } from "commander";
import { EXIT } from "../../errors.js";
import { providerNamed } from "../../providers/index.js";
import { frameworks, rawBodyFix } from "../../signatures/frameworks.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { readyCommands } from "./ready.js";
import { pageLines } from "./page.js";
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
  const provider = providerNamed(args[0] ?? "");
  const fixtures = (await fixturesByProvider(context, global)).get(provider.name) ?? [];
  const rawBody = options.framework === undefined ? undefined : rawBodyFix(options.framework);
  if (output.json) {
    output.record({
      ...rowJson(provider, fixtures),
      commands: readyCommands(provider, fixtures),
      rawBody: rawBody ?? null,
    });
  } else await output.lines(pageLines(provider, { fixtures, rawBody, columns: output.columns }));
  return EXIT.done;
}
