import type { CommandDefinition } from "./command.js";
import { defineSignatureOptions, defineSignOptions, type SignCommandOptions } from "./verify/options.js";
import { runSign } from "./verify/sign.js";

/** `hookcli sign`: the headers with which a provider would send a body. */
export const sign: CommandDefinition<SignCommandOptions> = {
  examples: [
    {
      line: "hookcli sign --provider stripe --secret env:S --body @body.json",
      about: "the Stripe-Signature header for a body, as of now",
    },
    {
      line: "hookcli sign --provider github --secret env:S --body @body.json --curl http://localhost:5000/webhook",
      about: "a curl command that sends the same bytes, signed",
    },
    {
      line: "hookcli sign --new-key discord --out discord.key && hookcli sign --provider discord --key @discord.key --body @body.json",
      about: "a pair of keys for tests: the public half is printed, the private half signs",
    },
  ],
  define: (command) => {
    defineSignatureOptions(command);
    defineSignOptions(command);
  },
  run: runSign,
};
