import type { CommandDefinition } from "./command.js";
import type { InitOptions } from "./init/run.js";

/** `hookcli init`: a config file and a fixture to begin with. */
export const init: CommandDefinition<InitOptions> = {
  examples: [
    { line: "hookcli init --yes", about: "a config file and a fixture, without questions" },
    { line: "hookcli init 5000/webhook --provider stripe --secret env:S --yes", about: "with answers of your own" },
  ],
  define: (command) => {
    command
      .argument("[target]", "where your app takes webhooks: 5000, 5000/webhook")
      .option("--provider <name>", "who sends the webhooks")
      .option("--secret <reference>", "the variable that holds the secret, as env:NAME")
      .option("--force", "write over a config file that is there");
  },
  run: async (invocation) => (await import("./init/run.js")).runInit(invocation),
};
