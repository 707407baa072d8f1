import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import * as esbuild from "esbuild";
import { rootDir } from "../../helpers/data.js";
import { compile, need, run } from "./program.js";

/** The two ends of the link: this computer, and where the tunnel service is. */
const ADDRESSES = { here: "10.77.0.1", there: "10.77.0.2" } as const;
type End = keyof typeof ADDRESSES;
export const SERVICE_ADDRESS: string = ADDRESSES.there;
export const SERVICE_PORT = 8100;
/** Whose names `here` knows to be at the other end. */
const DOMAIN = "tunnel.test";

/** What a link does with what it carries; 0: nothing. */
export interface LinkWeather {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly lossPercent: number;
  readonly reorderPercent: number;
  readonly bitsPerSecond: number;
}

export const FINE: LinkWeather = { delayMs: 0, jitterMs: 0, lossPercent: 0, reorderPercent: 0, bitsPerSecond: 0 };
export const CUT: LinkWeather = { ...FINE, lossPercent: 100 };

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Two network namespaces with nothing but a link between them. */
export interface Networks {
  /** What stands before a program's words to start it at an end. */
  wrap(end: End): readonly string[];
  /** Starts a program there; its output comes as lines. */
  start(end: End, words: readonly string[]): { readonly child: Child; readonly lines: AsyncIterableIterator<string> };
  setWeather(weather: LinkWeather): Promise<void>;
  /** A real localtunnel server at the other end; its URL, and the host of one of its names. */
  startService(name: string): Promise<{ readonly url: string; readonly host: string }>;
  /** Ends all that runs there; what the link says it did. */
  close(): Promise<string>;
}

/** Makes both; `name` is one of the service's, which `here` must find. */
export async function startNetworks(folder: string, name: string): Promise<Networks> {
  for (const program of ["unshare", "nsenter", "ip"]) need(program, "-V");
  const children: Child[] = [];
  const launch = (words: readonly string[]) => {
    const child = spawn(words[0] ?? "", words.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  };
  const holding = ["sh", "-c", "echo ready && exec cat"];
  const here = launch(["unshare", "--user", "--map-root-user", "--net", ...holding]);
  await here.lines.next();
  const inUser = ["nsenter", "-t", String(here.child.pid), "--user", "--preserve-credentials"];
  const there = launch([...inUser, "unshare", "--net", ...holding]);
  await there.lines.next();
  const pids = { here: String(here.child.pid), there: String(there.child.pid) };
  const inside = (end: End) => ["nsenter", "-t", pids[end], "--user", "--net", "--preserve-credentials"];

  const link = launch([...inUser, compile("link.c"), pids.here, pids.there]);
  await link.lines.next();
  for (const end of ["here", "there"] as const) {
    const [enter = "", ...words] = inside(end);
    for (const command of ["link set lo up", `address add ${ADDRESSES[end]}/24 dev link0`, "link set link0 up"])
      run(enter, [...words, "ip", ...command.split(" ")]);
  }
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, `127.0.0.1 localhost\n${ADDRESSES.there} ${DOMAIN} ${name}.${DOMAIN}\n`);
  const knowing = ["unshare", "--mount", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, hosts];
  const wrap = (end: End) => (end === "here" ? [...inside(end), ...knowing] : inside(end));
  return {
    wrap,
    start: (end, words) => launch([...wrap(end), ...words]),
    async setWeather({ delayMs, jitterMs, lossPercent, reorderPercent, bitsPerSecond }) {
      link.child.stdin.write(`${[delayMs, jitterMs, lossPercent, reorderPercent, bitsPerSecond].join(" ")}\n`);
      await link.lines.next();
    },
    async startService() {
      const bundle = await bundleService();
      const service = launch([
        ...inside("there"),
        process.execPath,
        bundle,
        ADDRESSES.there,
        String(SERVICE_PORT),
        DOMAIN,
      ]);
      await service.lines.next();
      return { url: `http://${DOMAIN}:${SERVICE_PORT}`, host: `${name}.${DOMAIN}:${SERVICE_PORT}` };
    },
    async close() {
      link.child.stdin.end();
      const { value: words = "" } = await link.lines.next();
      for (const child of children.toReversed()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      return String(words);
    },
  };
}

/** Its own start script does not run on Node 20, so it is bundled to CommonJS. */
async function bundleService(): Promise<string> {
  const outfile = join(rootDir, `node_modules/.cache/hookcli/tunnel-server-${process.pid}.cjs`);
  await esbuild.build({
    entryPoints: [join(import.meta.dirname, "tunnel-server.cjs")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
  });
  return outfile;
}
