import { connect, type Socket } from "node:net";

/** What came back on a raw connection until it was closed. */
export interface RawAnswer {
  readonly text: string;
  /** Status codes of all answers in the text, in order; 1xx among them. */
  readonly statuses: readonly number[];
}

/** Sends bytes as they are and collects what comes back until the other side closes, `done` says so, or `limitMs` is over. */
export async function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  options: { host?: string; limitMs?: number; done?: (text: string) => boolean; end?: boolean } = {},
): Promise<RawAnswer> {
  const socket = await openRaw(port, options.host);
  const text = await new Promise<string>((resolve) => {
    let received = "";
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(received);
    };
    const timer = setTimeout(finish, options.limitMs ?? 5_000);
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (options.done?.(received) === true) finish();
    });
    socket.once("end", finish).once("close", finish);
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    if (options.end === true) socket.end();
  });
  return { text, statuses: statusesOf(text) };
}

/** Opens a raw connection. Errors on it are ignored: tests look at what arrived. */
export async function openRaw(port: number, host: string = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port, host });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.on("error", () => undefined);
  return socket;
}

/** Status codes of the answers in a raw text. */
export function statusesOf(text: string): number[] {
  return [...text.matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
