import { connect, isIP, type Socket } from "node:net";
import { errorCodeOf, sentenceOf } from "./failure.js";

/** What became of a connection. `silent`: nothing refused it and nothing came, which is how firewalls drop. */
export type Knock =
  | { readonly outcome: "open" }
  | { readonly outcome: "refused" | "silent" | "failed"; readonly reason: string };

export interface Door {
  /** An address, or a name. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Makes a TCP connection and closes it again. Never rejects. */
export async function knock(door: Door): Promise<Knock> {
  try {
    (await openSocket(door)).destroy();
    return { outcome: "open" };
  } catch (error) {
    return judge(error);
  }
}

/** A TCP connection. Rejects with a system error, with ETIMEDOUT when nothing came in time. */
export function openSocket({ host, port, timeoutMs, signal }: Door): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Node gives each address of a name 250 ms, which a distant one needs for itself.
    const families = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: Math.ceil(timeoutMs / 2) };
    const socket = connect({ host, port, noDelay: true, ...(isIP(host) === 0 ? families : {}) });
    const late = (): void => fail(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
    const timer = setTimeout(late, timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", late);
    };
    const fail = (error: Error): void => {
      settle();
      reject(error);
      socket.destroy();
    };
    signal.addEventListener("abort", late, { once: true });
    if (signal.aborted) late();
    // It stays: a connection that is closed right away may still fail.
    socket.on("error", fail);
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
  });
}

function judge(error: unknown): Knock {
  const code = errorCodeOf(error);
  const outcome = code === "ECONNREFUSED" ? "refused" : code === "ETIMEDOUT" ? "silent" : "failed";
  return { outcome, reason: sentenceOf(error) };
}
