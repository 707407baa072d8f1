import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A client of a peer as users start it. */
export interface RunningClient {
  kill(): Promise<void>;
}

/** How long a client may take to say that it is ready, milliseconds. */
const START_LIMIT_MS = 20_000;

/** Starts a client's program with Node; resolves when its output fits `ready`. */
export async function startClient(argv: readonly string[], ready: RegExp): Promise<RunningClient> {
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  await said(child, ready);
  return {
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function said(child: ChildProcess, ready: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => fail("in time"), START_LIMIT_MS);
    const fail = (when: string) => reject(new Error(`the client was not ready ${when}: ${text}`));
    child.once("exit", () => fail("before its end"));
    const look = (chunk: Buffer) => {
      if (text.length > 10_000) return;
      text += chunk.toString();
      if (!ready.test(text)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
  });
}
