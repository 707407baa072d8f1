import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** An app of another language that runs. */
export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Finds the port in what the server prints, as a group. Where no group takes part `port` counts. */
  readonly says: RegExp;
  readonly port?: number;
}

/** How long a server may take until it listens, milliseconds. */
const startLimitMs = 60_000;

/** Starts a server and waits until it says its port. Rejects when the program is missing or ends. */
export async function startServer({ command, args, env, cwd, says, port }: ServerOptions): Promise<Server> {
  const { PATH = "", HOME = "/tmp" } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, PYTHONDONTWRITEBYTECODE: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const found = new Promise<number>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${command} ${args.join(" ")} ${why}: ${printed}`));
    const timer = setTimeout(() => fail("did not say its port"), startLimitMs);
    const look = (chunk: Buffer): void => {
      printed += chunk.toString("utf8");
      const match = says.exec(printed);
      if (match === null) return;
      clearTimeout(timer);
      resolve(Number(match.slice(1).find((group) => group !== undefined) ?? port));
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.on("error", (error) => fail(error.message));
    child.on("exit", (code) => fail(`ended with ${code}`));
  });
  return {
    port: await found,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

/** A port on which nobody listens, for servers that cannot choose one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
