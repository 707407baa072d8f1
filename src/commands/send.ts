import { Option, type Command } from "commander";
import { endingAtOnceBefore } from "./delivery/ending.js";
import { fieldText, parseDuration, parseInteger, tokenText } from "../config/values.js";
import type { CommandDefinition, Example, Invocation } from "./command.js";
import { addDeliveryOptions, TAMPERINGS, type DeliveryOptions, type Tampering } from "./delivery/options.js";
import { paceOptions } from "./delivery/pace.js";
import { retryOptions } from "./delivery/retries.js";
import { shuffleOptions, type ShuffleOptions } from "./delivery/shuffle.js";

/** What `send` was asked for, parsed. */
export interface SendOptions extends DeliveryOptions, ShuffleOptions {
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
  readonly retry?: number;
  /** Milliseconds. */
  readonly retryDelays?: readonly number[];
  readonly retrySpeed?: number;
  readonly count: number;
  readonly rate?: number;
  readonly concurrency: number;
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
    line: `hookcli send --data '{"action":"opened"}' --provider github --type issues.opened --to 5000 --secret env:S --dry-run`,
    about: "your own body, signed as GitHub does: see the request that would go out",
  },
  {
    line: "hookcli send message.created --to 5000/webhook --secret env:S --count 20 --rate 50/s --retry 3",
    about: "20 events, each sent up to three times more until the app takes it",
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
  endsOnSignal: true,
  run: async (invocation: Invocation<SendOptions>) => {
    const { runSend } = await import("./send/run.js");
    return endingAtOnceBefore(invocation.context, (deliveriesBegin) => runSend(invocation, deliveriesBegin));
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
    new Option(
      "--stale <age>",
      "sign with a timestamp that is this old; beyond the tolerance (5m) the app has to refuse it",
    ).argParser(parseDuration),
    new Option("--duplicate <n>", "deliver it n times with the same id")
      .argParser((text) => parseInteger(text, { name: "--duplicate", min: 1, max: MAX_DUPLICATES }))
      .default(1),
    ...retryOptions(),
    new Option("--count <n>", "send n events, each with ids and a signature of its own")
      .argParser((text) => parseInteger(text, { name: "--count", min: 1, max: 1_000_000 }))
      .default(1)
      .conflicts(["dryRun", "curl", "edit"]),
    ...paceOptions(),
    ...shuffleOptions({
      shuffle: "send the events of --count, and their duplicates, in random order",
      seed: "make the same ids, random values and order as the run that told this seed",
    }),
    new Option("--through-tunnel", "send to the listener's public URL"),
  ];
}
