import type { CommandDefinition } from "./command.js";
import { defineSignatureOptions, defineVerifyOptions, type VerifyCommandOptions } from "./verify/options.js";
import { runVerify } from "./verify/run.js";

/** `hookcli verify`: is the signature of a request right, and if not, why. */
export const verify: CommandDefinition<VerifyCommandOptions> = {
  examples: [
    {
      line: "hookcli verify --secret env:S --tolerance off --request @request.http",
      about: "a whole raw HTTP request, however old; the provider is found by its headers",
    },
    {
      line: "hookcli sign --provider github --secret env:S --body @body.json | hookcli verify --secret env:S --headers - --body @body.json",
      about: "headers and body from two places, the secret from the environment",
    },
    {
      line: "hookcli verify --secret env:S --signature $(openssl dgst -sha256 -hmac \"$S\" -r body.json | cut -d ' ' -f 1) < body.json",
      about: "your own service: hex HMAC-SHA256 of the body",
    },
    {
      line: `echo '{"id":1,"scheme":"hmac-sha256","secret":"k","body":"hi","signatureHex":"233f8e9a13f278f19758a015d82f51e6e27966f1efc29d2cffb5d1a45ae9dc4c"}' | hookcli verify --batch`,
      about: "many cases at once, one JSON object a line",
    },
  ],
  define: (command) => {
    defineSignatureOptions(command);
    defineVerifyOptions(command);
  },
  run: runVerify,
};
