import { Option, type Command } from "commander";
import { parseInteger } from "../config/values.js";
import type { CommandDefinition, Example, Invocation } from "./command.js";
import { endingAtOnceBefore } from "./delivery/ending.js";
import { addDeliveryOptions, type DeliveryOptions } from "./delivery/options.js";
import { paceOptions } from "./delivery/pace.js";
import { shuffleOptions, type ShuffleOptions } from "./delivery/shuffle.js";
import { addSelectorOptions, type SelectorOptions } from "./selector-options.js";

/** What `replay` was asked for, parsed. */
export interface ReplayOptions extends DeliveryOptions, SelectorOptions, ShuffleOptions {
  readonly verbatim?: boolean;
  readonly resign?: boolean;
  readonly diff?: boolean;
  readonly count: number;
  readonly limit?: number;
  readonly rate?: number;
  readonly concurrency: number;
}

const examples: readonly Example[] = [
  { line: "hookcli replay last", about: "the newest event again, to where it went last" },
  {
    line: "hookcli replay 1 --to 3000/webhook --diff",
    about: "event 1 to another port, and how the answer differs from the first one",
  },
  {
    line: "hookcli replay --type 'message.*' --status 5xx --since 2h --rate 50/s --concurrency 8 --yes",
    about: "all message events of the last two hours that the app failed on, 50 a second, summed up at the end",
  },
  {
    line: "hookcli replay last --set data.content=again --secret env:S",
    about: "with one value changed, signed anew",
  },
];

/** `hookcli replay`: deliver captured events again. */
export const replay: CommandDefinition<ReplayOptions> = {
  examples,
  define,
  endsOnSignal: true,
  run: async (invocation: Invocation<ReplayOptions>) => {
    const { runReplay } = await import("./replay/run.js");
    return endingAtOnceBefore(invocation.context, (deliveriesBegin) => runReplay(invocation, deliveriesBegin));
  },
};

function define(command: Command): void {
  command.argument("[events...]", "12, evt_..., last, last~2 or 3..7");
  addDeliveryOptions(command);
  addSelectorOptions(command);
  for (const option of replayOptions()) command.addOption(option);
}

function replayOptions(): Option[] {
  return [
    new Option("--verbatim", "keep the captured signature, however old it is").conflicts("resign"),
    new Option("--resign", "sign anew in any case"),
    new Option("--limit <n>", "of all these the newest n alone; those of a filter go oldest first").argParser((text) =>
      parseInteger(text, { name: "--limit", min: 1, max: 1_000_000_000 }),
    ),
    new Option("--count <n>", "all of them n times over")
      .argParser((text) => parseInteger(text, { name: "--count", min: 1, max: 1_000_000 }))
      .default(1)
      .conflicts(["dryRun", "curl"]),
    ...paceOptions(),
    ...shuffleOptions({
      shuffle: "deliver all of them, and each time of --count, in random order",
      seed: "the order of the run that told this seed",
    }),
    new Option("--diff", "show how the answer differs from the first one"),
  ];
}
