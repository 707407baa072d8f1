import { fileURLToPath } from "node:url";
import { startJsonProgram } from "./process.js";

/** What an app says of one request: the hash of the body it was given, and whether the provider's SDK accepted it. */
export interface AppRecord {
  readonly accepted: boolean;
  readonly size: number;
  readonly sha256: string;
}

export interface App {
  readonly port: number;
  /** Resolves with all records so far, at least `count`. */
  records(count: number): Promise<readonly AppRecord[]>;
  close(): Promise<void>;
}

type Line = AppRecord | { readonly ready: true; readonly port: number };

/** Starts `apps/<name>.js` on a free port of 127.0.0.1. */
export async function startApp(name: string, env: Readonly<Record<string, string>>): Promise<App> {
  const file = fileURLToPath(new URL(`apps/${name}.js`, import.meta.url));
  const program = startJsonProgram<Line>({ args: [file], env: { PATH: process.env["PATH"], ...env } });
  const [first] = await program.waitUntil((lines) => lines.length > 0);
  if (first === undefined || !("port" in first)) throw new Error(`${name} did not say its port`);
  return {
    port: first.port,
    records: async (count) => {
      const lines = await program.waitUntil((printed) => printed.length > count);
      return lines.filter((line) => "sha256" in line);
    },
    close: async () => {
      await program.stop();
    },
  };
}
