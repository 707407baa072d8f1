import { startApp, type TestApp } from "./http-app.js";
import { startLocaltunnelServer, type LocaltunnelServer } from "./localtunnel-server.js";
import { createSandbox, runProgram, startListen, type ListenMessage, type RunningListen } from "./program.js";
import type { Sandbox } from "./program.js";

/** Takes what is to be done when a test is over. */
export type Finally = (cleanup: () => void | Promise<void>) => void;

/** A real tunnel service, an app, and a `listen` that joins them. */
export interface Tunnelled {
  readonly server: LocaltunnelServer;
  readonly app: TestApp;
  readonly sandbox: Sandbox;
  readonly listen: RunningListen;
  /** The public URL of the name that was asked for. */
  readonly url: string;
}

/** Starts all three; `name` is asked of the service. `env`: for `listen`, made of its sandbox. */
export async function startTunnelled(
  name: string,
  finish: Finally,
  options: { argv?: readonly string[]; env?: (sandbox: Sandbox) => Record<string, string> } = {},
): Promise<Tunnelled> {
  const server = await startServer(finish);
  const { app, sandbox } = await startAround(finish);
  const argv = [String(app.port), "--tunnel-host", server.host, "-s", name, ...(options.argv ?? [])];
  const listen = await listenIn(sandbox, argv, { finish, env: options.env?.(sandbox) ?? {} });
  return { server, app, sandbox, listen, url: publicUrl(name, server) };
}

export async function startServer(finish: Finally): Promise<LocaltunnelServer> {
  const server = await startLocaltunnelServer();
  finish(() => server.close());
  return server;
}

/** What stands around a `listen`: an app, and a folder of its own. */
export async function startAround(finish: Finally): Promise<{ app: TestApp; sandbox: Sandbox }> {
  const app = await startApp();
  finish(() => app.close());
  const sandbox = createSandbox();
  finish(() => sandbox.remove());
  return { app, sandbox };
}

/** Starts `listen --json` in a sandbox; killed when the test is over, if it still runs. */
export async function listenIn(
  sandbox: Sandbox,
  argv: readonly string[],
  { finish, env = {} }: { finish: Finally; env?: Record<string, string> },
): Promise<RunningListen> {
  const listen = await startListen(argv, { sandbox, env });
  finish(async () => void (await listen.stop("SIGKILL")));
  return listen;
}

/** The public URL of a name at a server on loopback. */
export function publicUrl(name: string, server: LocaltunnelServer): string {
  return `http://${name}.localhost:${server.port}`;
}

/** The states of the tunnel that `listen` has told, in order. */
export function tunnelStates(messages: readonly ListenMessage[]): unknown[] {
  return messages.filter(({ type }) => type === "tunnel").map((message) => message["state"]);
}

/** Everything in the store, oldest first, as `events list --json` shows it. */
export async function eventsIn(sandbox: Sandbox): Promise<readonly Record<string, unknown>[]> {
  const { code, stdout, stderr } = await runProgram(["events", "list", "--limit", "0", "--json"], { sandbox });
  if (code !== 0) throw new Error(`events list ended with ${code}: ${stderr}`);
  return (JSON.parse(stdout) as Record<string, unknown>[]).toReversed();
}
