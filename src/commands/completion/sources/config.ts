import { loadConfig, type Config } from "../../../config/config.js";
import { CONFIG_KEYS } from "../../../config/keys.js";
import type { Candidate } from "../reply.js";
import type { Place } from "../values.js";

/** The configuration that the line would have. */
export function configOf({ line: { given }, context }: Pick<Place, "line" | "context">): Promise<Config> {
  return loadConfig(context, { config: given.get("--config"), db: given.get("--db"), profile: given.get("--profile") });
}

/** The profiles of the config files. */
export async function profileNames({ line, context }: Place): Promise<readonly string[]> {
  return (await loadConfig(context, { config: line.given.get("--config") })).profiles;
}

/** The keys that a config may have. */
export function configKeys(): Candidate[] {
  return Object.entries(CONFIG_KEYS).map(([value, { about }]) => ({ value, about }));
}
