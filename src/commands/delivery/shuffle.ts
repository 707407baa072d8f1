import { Option } from "commander";
import { parseInteger } from "../../config/values.js";

/** Whether deliveries are put in random order, and what chance begins with. */
export interface ShuffleOptions {
  readonly shuffle?: boolean;
  readonly seed?: number;
}

const MAX_SEED = 2 ** 32 - 1;

/** `--shuffle` and `--seed`. */
export function shuffleOptions(words: { readonly shuffle: string; readonly seed: string }): Option[] {
  return [
    new Option("--shuffle", words.shuffle).conflicts(["dryRun", "curl"]),
    new Option("--seed <n>", words.seed).argParser((text) =>
      parseInteger(text, { name: "--seed", min: 0, max: MAX_SEED }),
    ),
  ];
}
