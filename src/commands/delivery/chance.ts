import { createHash } from "node:crypto";
import type { Context } from "../../context.js";
import { randomShare } from "../../deliver/retry.js";
import { CliError } from "../../errors.js";
import { grouped } from "../../output/quantity.js";
import type { ShuffleOptions } from "./shuffle.js";

/** Where random bytes come from. */
export type Random = Context["random"];

/** The seed that was given, or a new one where one is needed; `undefined`: nothing has to be repeatable. */
export function seedOf({ shuffle, seed }: ShuffleOptions, random: Random): number | undefined {
  return seed ?? (shuffle === true ? Buffer.from(random(4)).readUInt32LE() : undefined);
}

/** Bytes that are the same for a seed and a use, on every computer. Not fit for secrets. */
export function seededRandom(seed: number, use: string): Random {
  let held = Buffer.alloc(0);
  let blocks = 0;
  return (length) => {
    while (held.length < length) {
      const block = createHash("sha256")
        .update(`${seed} ${use} ${(blocks += 1)}`)
        .digest();
      held = Buffer.concat([held, block]);
    }
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
}

/** All of `numbers`, `times` over, in an order that depends on the seed alone. Throws CliError 2 for more than `most`. */
export function inRandomOrder(
  numbers: readonly number[],
  by: { readonly times: number; readonly seed: number; readonly most: number },
): readonly number[] {
  const { times, seed, most } = by;
  const total = numbers.length * times;
  if (total > most) throw new CliError(`--shuffle takes up to ${grouped(most)} deliveries, not ${grouped(total)}`);
  const all = Array.from({ length: total }, (_, index) => numbers[index % numbers.length] ?? 0);
  const random = seededRandom(seed, "order");
  // Fisher and Yates: every order is as likely as any other.
  for (let index = total - 1; index > 0; index -= 1) {
    const other = Math.floor(randomShare(random) * (index + 1));
    const kept = all[index] ?? 0;
    all[index] = all[other] ?? 0;
    all[other] = kept;
  }
  return all;
}
