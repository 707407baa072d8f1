import type { IncomingMessage } from "node:http";

/** Bytes of a refused body that are read and dropped, so that a sender that is still sending sees the answer. */
const LINGER_BYTES = 64 * 1024 * 1024;

/** Reads and drops the rest of a refused body, within limits, then calls `done` once. */
export function dropRest(incoming: IncomingMessage, lingerMs: number, done: () => void): void {
  let left = LINGER_BYTES;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    done();
  };
  const timer = setTimeout(finish, lingerMs).unref();
  incoming.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) finish();
  });
  incoming.once("end", finish);
  incoming.once("error", finish);
  incoming.once("close", finish);
  incoming.resume();
}
