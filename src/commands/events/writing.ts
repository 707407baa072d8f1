import type { Context } from "../../context.js";
import type { Store } from "../../store/store.js";

/** With less free room than this a file stays as it is: events to come will take it. */
export const WORTH_FREEING_BYTES = 1_000_000;

/** How many events went, and what that did to the file. */
export interface Removal {
  readonly removed: number;
  /** Bytes that the file gave back. */
  readonly freedBytes: number;
  /** Bytes in the file that are free for events to come. */
  readonly freeBytes: number;
}

/** Opens the store to write, removes by `remove`, and gives the room back to the file system. Throws StoreError. */
export async function removeFrom(
  path: string,
  context: Context,
  remove: (store: Store) => Promise<number>,
): Promise<Removal> {
  const { openStore } = await import("../../store/open.js");
  const store = await openStore({ path, context });
  try {
    const removed = await remove(store);
    const freedBytes = store.room().freeBytes < WORTH_FREEING_BYTES ? 0 : await store.shrink();
    return { removed, freedBytes, freeBytes: store.room().freeBytes };
  } finally {
    await store.close();
  }
}
