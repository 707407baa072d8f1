import { configSchema } from "../../config/schema.js";
import { EXIT } from "../../errors.js";
import { providers } from "../../providers/index.js";
import type { CommandDefinition, Invocation } from "../command.js";

/** `hookcli config schema`. */
export const schema: CommandDefinition = {
  examples: [
    { line: "hookcli config schema > schema.json", about: "a copy for an editor" },
    { line: "hookcli config schema --json", about: "on one line" },
  ],
  run: runSchema,
};

async function runSchema({ output }: Invocation<unknown>): Promise<number> {
  const document = configSchema(providers.map(({ name }) => name));
  output.block(JSON.stringify(document, null, 2));
  output.record(document);
  return EXIT.done;
}
