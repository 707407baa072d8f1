import type { Context } from "../../context.js";
import { CliError, EXIT } from "../../errors.js";
import type { Output } from "../../output/output.js";
import { startProgress } from "../../output/progress.js";
import { grouped } from "../../output/quantity.js";
import { StoreError } from "../../store/store.js";
import { endingOf, type Ending } from "./ending.js";
import { paced } from "./pace.js";
import { DeliveryReport } from "./report.js";
import { Tally } from "./tally.js";

/** What is done, and how fast. */
export interface Many<Item> {
  readonly items: Iterable<Item>;
  /** Deliveries in all. */
  readonly total: number;
  /** `replaying` and `replayed`. */
  readonly words: { readonly doing: string; readonly done: string };
  readonly options: { readonly rate?: number; readonly concurrency: number };
  /** Whether a summary follows. */
  readonly sumsUp: boolean;
  /** What chance began with, where that is repeatable. */
  readonly seed: number | undefined;
  readonly context: Context;
  readonly output: Output;
  /** Told when a signal does not end the command at once any more. */
  readonly deliveriesBegin: () => void;
}

/** Where deliveries are counted and told of, and how they end. */
export interface ManyParts {
  readonly tally: Tally;
  readonly report: DeliveryReport;
  readonly ending: Ending;
}

/**
 * Makes deliveries at a pace, with a bar on a terminal, until all are made or a signal comes, and sums up. Resolves to the exit
 * code: the signal's when one has come, else that of the worst answer.
 */
export async function deliverMany<Item>(
  many: Many<Item>,
  takerWith: (parts: ManyParts) => (item: Item) => Promise<void>,
): Promise<number> {
  const { items, total, words, options, context, output } = many;
  const { rate: perSecond, concurrency } = options;
  const startedMs = context.monotonic();
  const tally = new Tally(words.done);
  const progress = startProgress({ context, output, what: words.doing, total: () => total, format: grouped });
  const report = new DeliveryReport({ output, progress, total, concurrency });
  many.deliveriesBegin();
  const ending = endingOf(context, { several: total > 1, say: (text) => progress.above(() => output.note(text)) });
  const take = takerWith({ tally, report, ending });
  let failure: unknown;
  try {
    await paced(items, { concurrency, perSecond, context, stopping: ending.stopping }, async (item) => {
      await take(item);
      progress.at(tally.done);
      await output.drain();
    });
  } catch (error) {
    failure = error;
  }
  ending.over();
  report.over();
  const exitCode = failure === undefined ? (ending.exitCode() ?? tally.exitCode) : exitCodeOf(failure);
  if (many.sumsUp && !ending.isUnread()) {
    const extent = { elapsedMs: context.monotonic() - startedMs, total };
    output.note(tally.text(extent));
    output.record({ ...tally.json(extent, exitCode), ...(many.seed === undefined ? {} : { seed: many.seed }) });
  }
  if (failure !== undefined) throw failure;
  return exitCode;
}

function exitCodeOf(failure: unknown): number {
  if (failure instanceof CliError) return failure.exitCode;
  return failure instanceof StoreError ? EXIT.store : EXIT.usage;
}
