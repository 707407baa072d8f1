import { Option } from "commander";
import { parseInteger } from "../../config/values.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";

/** How many deliveries go out. */
export interface Pace {
  /** Under way at a time. */
  readonly concurrency: number;
  /** Begun in a second; `undefined`: as many as there is room for. */
  readonly perSecond?: number | undefined;
}

/** Most deliveries at a time. */
const MAX_CONCURRENCY = 512;
/** Most deliveries in a second: what is faster is not held to a beat by any timer. */
const MAX_PER_SECOND = 10_000;

/** `--rate` and `--concurrency`. */
export function paceOptions(): Option[] {
  return [
    new Option("--rate <rate>", "begin no more than this many: 50/s, 30/m").argParser(parseRate),
    new Option("--concurrency <n>", "deliveries at a time")
      .argParser((text) => parseInteger(text, { name: "--concurrency", min: 1, max: MAX_CONCURRENCY }))
      .default(1),
  ];
}

/** Reads `50/s`, `0.5/s`, `30/m`, or `50`, in deliveries a second. Throws CliError 2. */
export function parseRate(text: string): number {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)(?:\/([sm]))?$/.exec(text);
  const perSecond = Number(match?.[1] ?? 0) / (match?.[2] === "m" ? 60 : 1);
  if (perSecond > 0 && perSecond <= MAX_PER_SECOND) return perSecond;
  throw new CliError(`not a rate: ${text}`, { hint: "write it as 50/s or 30/m" });
}

/**
 * Does one thing after another, at this pace. Rejects with the first that fails, once those under way have ended. After
 * `stopping` no more begin.
 */
export async function paced<Item>(
  items: Iterable<Item>,
  by: Pace & { readonly context: Pick<Context, "monotonic" | "sleep">; readonly stopping?: AbortSignal },
  take: (item: Item) => Promise<void>,
): Promise<void> {
  const { concurrency, perSecond, context, stopping } = by;
  const iterator = items[Symbol.iterator]();
  const startedAt = context.monotonic();
  let begun = 0;
  let hasFailed = false;
  const mayGoOn = () => !hasFailed && stopping?.aborted !== true;
  const work = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true && mayGoOn(); next = iterator.next()) {
      const dueAt = startedAt + (perSecond === undefined ? 0 : (begun * 1000) / perSecond);
      begun += 1;
      const waitMs = dueAt - context.monotonic();
      // A wait that is broken off is over.
      if (waitMs > 0) await context.sleep(waitMs, stopping).catch(() => {});
      if (!mayGoOn()) return;
      await take(next.value).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: concurrency }, work));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
