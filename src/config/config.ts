import { join, resolve } from "node:path";
import type { Context } from "../context.js";
import { CliError } from "../errors.js";
import { suggestion } from "../providers/nearest.js";
import type { Provider } from "../providers/provider.js";
import { readConfigFile, type ConfigEntry, type ConfigFile } from "./file.js";
import { CONFIG_KEYS, type ConfigKey, type ConfigKeyName, type ConfigValue } from "./keys.js";
import { configPlaces, gitRoot, nonEmpty, stateDir } from "./places.js";
import { redactUrl } from "../events/redact.js";

/** The global options that the configuration knows of, as given. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly db?: string | undefined;
  readonly profile?: string | undefined;
}

/** The configuration of one run: environment, project file, user file and defaults, in this order. */
export interface Config {
  /** The folder that events belong to: the config file's, else the git root, else the working directory. */
  readonly project: string;
  /** Absolute path of the store. */
  readonly dbPath: string;
  readonly target: string | undefined;
  readonly provider: string | undefined;
  readonly via: string | undefined;
  readonly tunnelHost: string | undefined;
  readonly subdomain: string | undefined;
  /** Absolute folder of the project's own fixtures, whether it exists or not. */
  readonly fixturesDir: string;
  /** How many events of a project are kept, and for how long; `undefined`: nothing is said. 0: no limit. */
  readonly keep: number | undefined;
  readonly keepForMs: number | undefined;
  /** The project's config file, when there is one. */
  readonly file: string | undefined;
  /** What `listen` reads for options that are not on its command line. */
  readonly listen: ListenConfig;
  /** The profiles of all files, and the one in use. */
  readonly profiles: readonly string[];
  readonly profile: Profile | undefined;
  /** The providers that the files define, as rows. */
  readonly ownProviders: readonly Provider[];
  /** All that the files say, what counts most first: each profile before the rest of its file. */
  readonly entries: readonly ConfigEntry[];
  /** The reference to a provider's secret (or to the one for all), and where it stands; never the secret. */
  secretOf(provider: string | undefined): { readonly reference: string; readonly what: string } | undefined;
}

/** A profile that was asked for, and by what: `--profile` or `HOOKCLI_PROFILE`. */
export interface Profile {
  readonly name: string;
  readonly askedBy: string;
}

/** Keys that are options of `listen` alone. Paths are absolute. */
const LISTEN_KEYS = [
  "publicUrl",
  "requireTunnel",
  "port",
  "events",
  "allowIp",
  "trustedProxy",
  "allowType",
  "require",
  "validate",
  "requireSignature",
  "maxBody",
  "hostHeader",
  "insecure",
  "timeout",
  "ack",
  "ackStatus",
  "queue",
  "retry",
  "retryDelays",
  "retrySpeed",
  "ordered",
  "concurrency",
  "dropDuplicates",
  "respond",
  "respondBody",
  "handshake",
  "register",
  "registerBody",
  "registerPath",
  "unregister",
  "requireRegister",
  "onUrl",
  "writeEnv",
  "readyFile",
  "wait",
  "failOn",
] as const satisfies readonly ConfigKeyName[];

/** What the files say of options of `listen`: sizes in bytes, durations in milliseconds. */
export type ListenConfig = {
  readonly [Name in (typeof LISTEN_KEYS)[number]]?: ConfigValue<Name>;
} & {
  readonly headers: readonly ConfigEntry[];
  readonly registerHeaders: readonly ConfigEntry[];
  /** The routes of the file or profile that counts most, their values as {@link RouteSpec}. */
  readonly routes: readonly ConfigEntry[];
};

/** Reads the configuration. Throws CliError 2. */
export async function loadConfig(context: Context, flags: ConfigFlags): Promise<Config> {
  const files = await readFiles(context, flags.config);
  const profile = chosenProfile(context, flags.profile);
  const entries = entriesOf(files, profile);
  const values = new Values(context, entries);
  const project = files.find(({ scope }) => scope === "project");
  const folder = project?.folder ?? gitRoot(context.cwd) ?? context.cwd;
  return {
    project: folder,
    dbPath: dbPath(context, flags.db, values),
    target: values.read("target"),
    provider: values.read("provider"),
    via: values.read("via"),
    tunnelHost: values.read("tunnelHost"),
    subdomain: values.read("subdomain"),
    fixturesDir: values.read("fixtures") ?? join(folder, "fixtures"),
    keep: values.read("keep"),
    keepForMs: values.read("keepFor"),
    file: project?.path,
    listen: listenConfig(values),
    profiles: profileNames(files),
    profile,
    ownProviders: ownProviders(values),
    entries,
    secretOf: (provider) => secretOf(provider, entries),
  };
}

async function readFiles(context: Context, flag: string | undefined): Promise<readonly ConfigFile[]> {
  const files: ConfigFile[] = [];
  // The user's own file first: a project may name what it defines.
  for (const place of configPlaces(context, flag).toReversed()) {
    const file = await readConfigFile(place, files.flatMap(definedIn));
    if (file !== undefined) files.unshift(file);
    else if (place.named !== undefined) throw new CliError(`no config file at ${place.named}`);
  }
  return files;
}

function definedIn({ base, profiles }: ConfigFile): Provider[] {
  return [...base, ...[...profiles.values()].flat()].flatMap(({ key, value }) =>
    key === "providers" ? [value as Provider] : [],
  );
}

/** The first definition of each name. */
function ownProviders(values: Values): Provider[] {
  const byName = new Map<string, Provider>();
  for (const { name = "", value } of values.of("providers")) {
    // The reader of the file has put the row there.
    if (!byName.has(name)) byName.set(name, value as Provider);
  }
  return [...byName.values()];
}

function chosenProfile({ env }: Context, flag: string | undefined): Profile | undefined {
  if (flag === "") throw new CliError("--profile is empty");
  if (flag !== undefined) return { name: flag, askedBy: "--profile" };
  const name = nonEmpty(env["HOOKCLI_PROFILE"]);
  return name === undefined ? undefined : { name, askedBy: "HOOKCLI_PROFILE" };
}

/** What all files say. Throws CliError 2 for a profile that none of them has. */
function entriesOf(files: readonly ConfigFile[], profile: Profile | undefined): readonly ConfigEntry[] {
  if (profile !== undefined && !files.some(({ profiles }) => profiles.has(profile.name))) {
    const hint = suggestion(profile.name, profileNames(files)) ?? "hookcli config path shows which files are read";
    const none = profileNames(files).length === 0 ? ": no config file has profiles" : "";
    throw new CliError(`unknown profile ${profile.name}${none}`, { hint });
  }
  return files.flatMap(({ base, profiles }) => [...(profiles.get(profile?.name ?? "") ?? []), ...base]);
}

function profileNames(files: readonly ConfigFile[]): string[] {
  return [...new Set(files.flatMap(({ profiles }) => [...profiles.keys()]))];
}

/** The value that counts of each key. */
class Values {
  private readonly context: Context;
  private readonly entries: readonly ConfigEntry[];

  constructor(context: Context, entries: readonly ConfigEntry[]) {
    this.context = context;
    this.entries = entries;
  }

  /** That of the environment, else of the first file. Paths are absolute. Throws CliError 2 for a variable that is wrong. */
  read<Name extends ConfigKeyName>(name: Name): ConfigValue<Name> | undefined {
    const row: ConfigKey = CONFIG_KEYS[name];
    const entry = this.entries.find(({ key }) => key === name);
    const value = readVariable(row, this.context) ?? (entry === undefined ? undefined : valueOf(row, entry));
    // The table gave both the kind that made the value and the type of the key.
    return value as ConfigValue<Name> | undefined;
  }

  of(name: ConfigKeyName): readonly ConfigEntry[] {
    return this.entries.filter(({ key }) => key === name);
  }
}

function readVariable({ kind, variable, ...row }: ConfigKey, { env, cwd }: Context): unknown {
  const text = variable === undefined ? undefined : nonEmpty(env[variable]);
  if (text === undefined || row.by !== undefined) return undefined;
  const value = kind.read(text);
  if (value === undefined)
    throw new CliError(
      `${variable}: expected ${kind.expected}, found ${kind.isSecret === true ? "text" : JSON.stringify(redactUrl(text))}`,
    );
  return kind.isPath === true ? resolve(cwd, text) : value;
}

function valueOf({ kind }: ConfigKey, { value, file }: ConfigEntry): unknown {
  return kind.isPath === true ? resolve(file, "..", String(value)) : value;
}

function listenConfig(values: Values): ListenConfig {
  const found = LISTEN_KEYS.map((name) => [name, values.read(name)] as const);
  const given: Record<string, unknown> = Object.fromEntries(found.filter(([, value]) => value !== undefined));
  return {
    ...given,
    headers: values.of("headers"),
    registerHeaders: values.of("registerHeaders"),
    routes: routeEntries(values),
  };
}

function routeEntries(values: Values): readonly ConfigEntry[] {
  const all = values.of("routes");
  return all.filter(({ file, profile }) => file === all[0]?.file && profile === all[0]?.profile);
}

/** The provider's own secret, else the one for all, of the first profile or file that has either. */
function secretOf(provider: string | undefined, entries: readonly ConfigEntry[]) {
  const own = (entry: ConfigEntry) => provider !== undefined && entry.key === "secrets" && entry.name === provider;
  const first = entries.find((entry) => own(entry) || entry.key === "secret");
  if (first === undefined) return undefined;
  const beside = (entry: ConfigEntry) => entry.file === first.file && entry.profile === first.profile;
  const entry = entries.find((candidate) => own(candidate) && beside(candidate)) ?? first;
  return { reference: String(entry.value), what: `${entry.path} in ${entry.file}` };
}

function dbPath(context: Context, flag: string | undefined, values: Values): string {
  if (flag === "") throw new CliError("--db is empty");
  if (flag !== undefined) return resolve(context.cwd, flag);
  return values.read("db") ?? join(stateDir(context), "events.db");
}
