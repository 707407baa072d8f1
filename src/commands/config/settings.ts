import { relative } from "node:path";
import { loadConfig } from "../../config/config.js";
import { configSettings, type Origin, type Setting } from "../../config/settings.js";
import { providers } from "../../providers/index.js";
import type { Invocation } from "../command.js";

/** Each value that holds in this run, printable. Throws CliError 2. */
export async function readSettings({
  context,
  global,
}: Pick<Invocation<unknown>, "context" | "global">): Promise<Setting[]> {
  const config = await loadConfig(context, global);
  return configSettings({
    context,
    flags: global,
    config,
    providers: [...config.ownProviders, ...providers].map(({ name }) => name),
  });
}

/** A value as one would type it: a list with commas, a definition as JSON. */
export function valueText(value: unknown): string {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return JSON.stringify(value);
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** Where a value came from, for people: `--db`, `HOOKCLI_TARGET`, `hookcli.config.json:3`, `default`. */
export function originText(origin: Origin, cwd: string): string {
  if (origin.kind === "default") return "default";
  if (origin.kind !== "file") return origin.name;
  return `${shortPath(origin.path, cwd)}:${origin.line}`;
}

/** A path from the working directory when it lies in it. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") ? path : short;
}
