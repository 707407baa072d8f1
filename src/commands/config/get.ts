import { loadConfig } from "../../config/config.js";
import { CONFIG_KEYS } from "../../config/keys.js";
import { CliError, EXIT } from "../../errors.js";
import { providerNamed, type Provider } from "../../providers/index.js";
import { suggestion } from "../../providers/nearest.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { readSettings, valueText } from "./settings.js";

/** `hookcli config get`. */
export const get: CommandDefinition = {
  examples: [
    { line: "hookcli config get via", about: "the kind of tunnel" },
    { line: "hookcli config get db", about: "the file of the store" },
  ],
  define: (command) => command.argument("<key>", "a key of the config: target, secrets.stripe, profile ..."),
  run: runGet,
};

async function runGet({ args: [key = ""], context, global, output }: Invocation<unknown>): Promise<number> {
  requireKey(key, (await loadConfig(context, global)).ownProviders);
  const settings = await readSettings({ context, global });
  const one = settings.find((setting) => setting.key === key);
  if (one !== undefined) {
    output.result(valueText(one.value), one.value);
    return EXIT.done;
  }
  // All of `secrets`, or of `headers`.
  const under = settings.filter((setting) => setting.key.startsWith(`${key}.`));
  if (under.length === 0) {
    output.record(null);
    return EXIT.no;
  }
  const named = under.map((setting) => [setting.key.slice(key.length + 1), setting.value] as const);
  for (const [name, value] of named) output.line(`${name}=${valueText(value)}`);
  output.record(Object.fromEntries(named));
  return EXIT.done;
}

/** Throws CliError 2 for a key that no config can have. */
function requireKey(key: string, own: readonly Provider[]): void {
  const [first = "", ...rest] = key.split(".");
  const keys = ["profile", ...Object.keys(CONFIG_KEYS)];
  const takesName = first === "secrets" || first === "headers" || first === "providers" || first === "routes";
  if (!keys.includes(first) || (rest.length > 0 && !takesName))
    throw new CliError(`unknown key ${key}`, { hint: suggestion(key, keys) });
  if (first === "secrets" && rest.length > 0) providerNamed(rest.join("."), own);
}
