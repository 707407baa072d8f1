import type { Context } from "../context.js";

/** The pause before something is tried again that the store did not do, milliseconds. */
export const AGAIN_MS = 1_000;

export interface Insistence {
  /** Hears of each failure; what it throws ends all. */
  readonly tell: (error: unknown) => void;
  readonly sleep: Context["sleep"];
  /** Aborted when there is one more try at most. */
  readonly ending: AbortSignal;
}

/** Asks something of the store again and again while that is in trouble; `undefined`: it was to the end. */
export async function insist<Result>(
  ask: () => Result | Promise<Result>,
  { tell, sleep, ending }: Insistence,
): Promise<Result | undefined> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      tell(error);
      if (ending.aborted) return undefined;
      await sleep(AGAIN_MS, ending).catch(() => {});
    }
  }
}
