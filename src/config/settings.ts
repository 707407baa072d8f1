import type { Context } from "../context.js";
import { conditionText } from "../events/condition.js";
import { REDACTED, redactHeaders, redactUrl } from "../events/redact.js";
import type { Config, ConfigFlags } from "./config.js";
import type { ConfigEntry } from "./file.js";
import { CONFIG_KEY_ROWS, type ConfigKey, type ConfigKeyName } from "./keys.js";
import { nonEmpty } from "./places.js";
import type { RouteSpec } from "./routes.js";
import { secretVariable } from "./secrets.js";
import { isPlace, isReference } from "./reference.js";

/** Where a value came from. */
export type Origin =
  | { readonly kind: "flag" | "variable"; readonly name: string }
  /** `at`: where in the file: `profiles.staging.target`. */
  | { readonly kind: "file"; readonly path: string; readonly line: number; readonly at: string }
  | { readonly kind: "default" };

/** One value that holds in this run. It can be printed: a secret is the reference to it, or `***`. */
export interface Setting {
  /** `target`, `secrets.stripe`. */
  readonly key: string;
  readonly value: unknown;
  readonly origin: Origin;
}

interface Run {
  readonly context: Context;
  readonly flags: ConfigFlags;
  readonly config: Config;
  /** The names of all providers. */
  readonly providers: readonly string[];
}

/** Each value that holds, in the order of the table of keys, and where it came from. */
export function configSettings(run: Run): Setting[] {
  const { profile } = run.config;
  const chosen: Setting[] =
    profile === undefined ? [] : [{ key: "profile", value: profile.name, origin: askedBy(profile.askedBy) }];
  return [...chosen, ...CONFIG_KEY_ROWS.flatMap(([key, row]) => settingsOf(key, row, run))];
}

function settingsOf(key: ConfigKeyName, row: ConfigKey, run: Run): Setting[] {
  if (key === "secrets") return run.providers.flatMap((provider) => providerSecret(provider, run));
  if (row.by === "header") return headerSettings(key, run.config);
  if (row.by === "definition") return definitionSettings(run.config);
  if (row.by === "route") return routeSettings(run.config);
  const { value, origin } = effective(key, row, run);
  return value === undefined ? [] : [{ key, value: printable(row, value), origin }];
}

/** The value that counts of a key with one value, as it was written. */
function effective(key: ConfigKeyName, row: ConfigKey, { context, flags, config }: Run): Omit<Setting, "key"> {
  const path = key === "db" ? config.dbPath : key === "fixtures" ? config.fixturesDir : undefined;
  if (key === "db" && flags.db !== undefined) return { value: path, origin: { kind: "flag", name: "--db" } };
  if (key === "secret" && context.env["HOOKCLI_SECRET"] !== undefined)
    return { value: "env:HOOKCLI_SECRET", origin: { kind: "variable", name: "HOOKCLI_SECRET" } };
  const text = row.variable === undefined ? undefined : nonEmpty(context.env[row.variable]);
  if (row.variable !== undefined && text !== undefined)
    return { value: path ?? text, origin: { kind: "variable", name: row.variable } };
  const entry = config.entries.find((candidate) => candidate.key === key);
  if (entry !== undefined) return { value: path ?? entry.json, origin: originOf(entry) };
  return { value: path ?? row.fallback, origin: { kind: "default" } };
}

/** What a provider's signatures would be checked with; nothing where it is the secret for all. */
function providerSecret(provider: string, { context, config }: Run): Setting[] {
  const key = `secrets.${provider}`;
  const entry = config.entries.find((candidate) => candidate.key === "secrets" && candidate.name === provider);
  const own = secretVariable(provider);
  const variable = [own, "HOOKCLI_SECRET"].find((name) => context.env[name] !== undefined);
  if (variable === own || (variable !== undefined && entry !== undefined))
    return [{ key, value: `env:${variable}`, origin: { kind: "variable", name: variable } }];
  const reference = entry === undefined ? undefined : config.secretOf(provider)?.reference;
  if (entry === undefined || reference !== entry.value) return [];
  return [{ key, value: printableSecret(String(entry.value)), origin: originOf(entry) }];
}

/** Definitions as they are written. */
function definitionSettings({ entries, ownProviders }: Config): Setting[] {
  const all = entries.filter(({ key }) => key === "providers");
  return ownProviders.flatMap(({ name }) => {
    const entry = all.find((candidate) => candidate.name === name);
    return entry === undefined ? [] : [{ key: `providers.${name}`, value: entry.json, origin: originOf(entry) }];
  });
}

function headerSettings(key: ConfigKeyName, { entries }: Config): Setting[] {
  const names = new Set<string>();
  const all = entries.filter((entry) => entry.key === key);
  return all.flatMap((entry) => {
    const { name = "", value } = entry;
    if (names.has(name.toLowerCase())) return [];
    names.add(name.toLowerCase());
    return [{ key: `${key}.${name}`, value: printableHeader(name, String(value)), origin: originOf(entry) }];
  });
}

/** Routes as they are written, but for what is a credential in them. */
function routeSettings({ listen }: Config): Setting[] {
  return listen.routes.map((entry) => {
    const { conditions, target, headers } = entry.value as RouteSpec;
    const shownHeaders = headers.map(({ name = "", value }) => [name, printableHeader(name, String(value))]);
    const shown = {
      ...(entry.json as object),
      match: conditions.length === 1 ? conditions.map(conditionText)[0] : conditions.map(conditionText),
      target: redactUrl(target),
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(shownHeaders) as unknown }),
    };
    return { key: `routes.${entry.name}`, value: shown, origin: originOf(entry) };
  });
}

function printableHeader(name: string, value: string): string {
  if (isReference(value)) return printableSecret(value);
  return redactHeaders([[name, value]])[0]?.[1] ?? REDACTED;
}

function printable({ kind }: ConfigKey, value: unknown): unknown {
  if (kind.isSecret === true) return printableSecret(String(value));
  return typeof value === "string" ? redactUrl(value) : value;
}

/** The reference to a secret tells where it is; a literal is the secret itself. */
function printableSecret(reference: string): string {
  return isPlace(reference) ? reference : REDACTED;
}

function originOf({ file, line, path }: ConfigEntry): Origin {
  return { kind: "file", path: file, line, at: path };
}

function askedBy(name: string): Origin {
  return { kind: name.startsWith("--") ? "flag" : "variable", name };
}
