import { connect } from "node:net";
import { dialName, guardedLookup } from "./connect.js";
import type { Target } from "./deliverer.js";

/** Pauses between two looks at a port that refuses: the first, by what they grow, and the longest, milliseconds. */
const FIRST_PAUSE_MS = 100;
const GROWTH = 1.5;
const LONGEST_PAUSE_MS = 1_000;
/** A port that says nothing for so long takes no connections. */
const LOOK_MS = 2_000;

/** Whether something takes connections at a target's port. Nothing is sent. */
export function takesConnections({ hostname, port }: Pick<Target, "hostname" | "port">): Promise<boolean> {
  return new Promise((resolve) => {
    // What was judged when an event was delivered there is only looked at here.
    const lookup = guardedLookup({ allowRemote: true });
    const socket = connect({ host: dialName(hostname), port, lookup, autoSelectFamily: true });
    const end = (takes: boolean) => {
      socket.destroy();
      resolve(takes);
    };
    socket.setTimeout(LOOK_MS, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** Resolves when the look says that the port takes connections again; rejects when `signal` is aborted. */
export async function portBack(
  look: () => Promise<boolean>,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * GROWTH)) {
    await sleep(pauseMs, signal);
    if (await look()) return;
  }
}
