import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootDir } from "../helpers/data.js";
import { type JsonProgram, type Outcome, runProgram, startJsonProgram } from "./process.js";
import type { Credentials, Row } from "./rows.js";

const binary = join(rootDir, "bin", "hookcli.js");

/** What these tests read of the public event object. */
export interface CapturedEvent {
  readonly id: string;
  readonly seq: number;
  readonly source: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly bodyText?: string;
  readonly bodyBase64?: string;
  readonly bodySha256: string;
  readonly provider: string | null;
  readonly signature: { readonly status: string; readonly reason?: string };
}

/** What these tests read of the lines of `listen --json`. */
export type ListenLine =
  | { readonly type: "ready"; readonly localUrl: string }
  | { readonly type: "event" | "attempt" | "tunnel" | "done" };

/** A folder with a store of its own, and the program run in it. */
export interface Workspace {
  /** Runs `hookcli ...args` to its end. */
  run(args: readonly string[], input?: Uint8Array | string): Promise<Outcome>;
  /** Starts `hookcli listen --no-tunnel --json ...args`; resolves when it is ready. */
  listen(args: readonly string[]): Promise<JsonProgram<ListenLine>>;
  /** All events of the store, oldest first. */
  events(): Promise<readonly CapturedEvent[]>;
  /** Ends what still runs and removes the folder. */
  close(): Promise<void>;
}

/** How hookcli is told the secret or the keys: words for the command lines, and files for the words. */
export interface Access {
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly sign: readonly string[];
  readonly check: readonly string[];
}

/** Secrets come from the provider's variable of the environment, keys from files. */
export function accessOf(row: Row, { secret, keys }: Credentials): Access {
  const scheme = row.scheme === undefined ? [] : ["--scheme", row.scheme];
  if (keys === undefined) {
    const name = `${row.provider.toUpperCase().replaceAll("-", "_")}_WEBHOOK_SECRET`;
    return { env: { [name]: secret ?? "" }, files: {}, sign: scheme, check: [] };
  }
  return {
    env: {},
    files: { "private.key": keys.privateKey, "public.key": keys.publicKey },
    sign: [...scheme, "--key", "@private.key"],
    check: ["--key", "@public.key"],
  };
}

export async function openWorkspace(access: Pick<Access, "env" | "files">): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), "hookcli-sdk-"));
  await Promise.all(
    Object.entries(access.files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })),
  );
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    HOOKCLI_DB: join(folder, "state", "events.db"),
    ...access.env,
  };
  const running: JsonProgram<ListenLine>[] = [];
  const run: Workspace["run"] = (args, input = "") => runProgram({ args: [binary, ...args], env, cwd: folder, input });

  return {
    run,
    listen: async (args) => {
      const program = startJsonProgram<ListenLine>({
        args: [binary, "listen", "--no-tunnel", "--json", ...args],
        env,
        cwd: folder,
      });
      running.push(program);
      await program.waitUntil((lines) => lines.some(({ type }) => type === "ready"));
      return program;
    },
    events: async () => {
      const { code, stdout, stderr } = await run(["events", "list", "--limit", "0", "--json"]);
      if (code !== 0) throw new Error(`events list ended with ${String(code)}: ${stderr}`);
      const events = JSON.parse(stdout) as readonly CapturedEvent[];
      return events.toSorted((a, b) => a.seq - b.seq);
    },
    close: async () => {
      await Promise.all(running.map((program) => program.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The built-in fixtures of a provider, as `send` takes them. */
export async function fixturesOf(provider: string): Promise<readonly string[]> {
  const files = await readdir(join(rootDir, "fixtures", provider));
  const fixtures = files.filter((file) => file.endsWith(".json"));
  return fixtures.map((file) => `${provider}/${file.slice(0, -".json".length)}`).toSorted();
}

/** A port that was free a moment ago, for an app that must know its public URL before the listener runs. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Runs `work` over the items, two at a time; results in the items' order. */
export async function twoAtATime<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await work(item);
  };
  await Promise.all([worker(), worker()]);
  return results;
}
