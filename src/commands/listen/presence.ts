import type { ListenerRow, Store } from "../../store/store.js";

/** How often the row is renewed, milliseconds. */
const HEARTBEAT_MS = 5_000;

/** The row by which `send` and `replay` find this listener. */
export interface Presence {
  /** Writes the row anew, as after a change of the public URL. */
  renew(): void;
  end(): Promise<void>;
}

/** Announces this process in the store, and renews the row until the end. A store in trouble is not reported here. */
export async function announceListener(store: Store, row: () => Omit<ListenerRow, "heartbeatAt">): Promise<Presence> {
  const save = () => store.saveListener(row()).catch(() => {});
  await save();
  const timer = setInterval(() => void save(), HEARTBEAT_MS);
  return {
    renew: () => void save(),
    async end() {
      clearInterval(timer);
      await store.removeListener(row().pid).catch(() => {});
    },
  };
}
