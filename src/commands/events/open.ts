import type { Context } from "../../context.js";
import type { Store } from "../../store/store.js";

/** Opens the store at `path` to read, and closes it when `use` has ended. Throws StoreError. */
export async function withStore(
  path: string,
  context: Context,
  use: (store: Store) => Promise<number>,
): Promise<number> {
  const { openStore } = await import("../../store/open.js");
  const store = await openStore({ path, context, readOnly: true });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
