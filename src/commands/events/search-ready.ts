import type { Context } from "../../context.js";
import type { Selection } from "../../events/selector.js";
import type { Output } from "../../output/output.js";
import { startProgress } from "../../output/progress.js";
import type { Store } from "../../store/store.js";

/** Events that a search reads itself rather than wait for the index: about a quarter of a second. */
const SCANNED_EVENTS = 20_000;

/**
 * Before a `--grep` over a store of which much is not in the index, such as one of an older hookcli or after a long import:
 * brings the index up to date where the store can be written. A search is right without it, and slower.
 */
export async function searchReady(
  store: Store,
  { grep }: Pick<Selection, "grep">,
  { context, output }: { context: Context; output: Output },
): Promise<void> {
  if (grep === undefined) return;
  const total = store.unindexed();
  if (total <= SCANNED_EVENTS) return;
  const progress = startProgress({ context, output, what: "indexing for --grep", total: () => total });
  const { catchUp } = await import("../../store/catch-up.js");
  try {
    await catchUp(store.path, {
      isStopped: () => context.signal.aborted,
      onProgress: (left) => progress.at(total - left),
    });
  } finally {
    progress.end();
  }
}
