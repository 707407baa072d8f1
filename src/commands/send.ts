import { Option, type Command } from "commander";
import { fieldText, parseDuration, parseInteger, tokenText } from "../config/values.js";
import type { CommandDefinition, Example, Invocation } from "./command.js";
import { addDeliveryOptions, TAMPERINGS, type DeliveryOptions, type Tampering } from "./delivery/options.js";

/** What `send` was asked for, parsed. */
export interface SendOptions extends DeliveryOptions {
  readonly data?: string;
  readonly type?: string;
  readonly contentType?: string;
  readonly method: string;
  readonly provider?: string;
  readonly timestamp?: string;
  readonly unsigned?: boolean;
  readonly tamper?: Tampering;
  readonly stale?: number;
  readonly duplicate: number;
  readonly throughTunnel?: boolean;
}

/** Most deliveries that `--duplicate` makes. */
const MAX_DUPLICATES = 1_000;

const examples: readonly Example[] = [
  {
    line: "hookcli send message.created --to 5000/webhook --secret env:S",
    about: "a signed test event, straight to an app",
  },
  {
    line: "hookcli send stripe/invoice.paid --set data.object.amount_paid=4200 --to 5000 --secret env:S --dry-run",
    about: "see the request that would go out, with one value changed",
  },
  {
    line: `hookcli send --data '{"action":"opened"}' --provider github --type issues.opened --to 5000 --secret env:S --curl`,
    about: "your own body, signed as GitHub does, as a curl command",
  },
  {
    line: "hookcli send message.created --tamper body --to 5000/webhook --secret env:S",
    about: "prove that the app refuses what was changed on the way",
  },
];

/** `hookcli send`: make a signed test event and send it. */
export const send: CommandDefinition<SendOptions> = {
  examples,
  define,
  run: async (invocation: Invocation<SendOptions>) => {
    const { runSend } = await import("./send/run.js");
    return runSend(invocation);
  },
};

function define(command: Command): void {
  command.argument(
    "[event]",
    "a fixture: message.created, stripe/invoice.paid, a path that ends in .json; or a handshake: slack/handshake",
  );
  addDeliveryOptions(command);
  for (const option of sendOptions()) command.addOption(option);
}

function sendOptions(): Option[] {
  return [
    new Option("--data <body>", "this body in place of a fixture: @file, - or the text itself"),
    new Option("--type <type>", "the event's type, for headers that carry it").argParser(fieldText("--type")),
    new Option("--content-type <type>", "the content type; a form type makes a form of a fixture").argParser(
      fieldText("--content-type"),
    ),
    new Option("--method <method>", "the HTTP method").argParser(tokenText("--method")).default("POST"),
    new Option("--provider <name>", "sign as this provider does (default: the fixture's folder)"),
    new Option("--timestamp <text>", "sign exactly this timestamp").argParser(fieldText("--timestamp")),
    new Option("--unsigned", "send without a signature"),
    new Option("--tamper <what>", "make it wrong after signing").choices([...TAMPERINGS]),
    new Option("--stale <age>", "sign with a timestamp that is this old").argParser(parseDuration),
    new Option("--duplicate <n>", "deliver it n times with the same id")
      .argParser((text) => parseInteger(text, { name: "--duplicate", min: 1, max: MAX_DUPLICATES }))
      .default(1),
    new Option("--through-tunnel", "send to the listener's public URL"),
  ];
}
