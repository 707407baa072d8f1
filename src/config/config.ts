import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Context } from "../context.js";
import { CliError } from "../errors.js";
import { readConfigFile, type ConfigFile } from "./file.js";
import { CONFIG_KEYS } from "./keys.js";

/** The name of a project's config file. */
const CONFIG_FILE_NAME = "hookcli.config.json";

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
  /** The project's config file, when there is one. */
  readonly file: string | undefined;
  /** The reference to a provider's secret (or to the one for all), and where it stands; never the secret. */
  secretOf(provider: string | undefined): { readonly reference: string; readonly what: string } | undefined;
}

/** Reads the configuration. Throws CliError 2. */
export async function loadConfig(
  context: Context,
  global: { config?: string | undefined; db?: string | undefined },
): Promise<Config> {
  const files = await readFiles(context, global.config);
  const project = files.project;
  const layers = [project, files.user].filter((file) => file !== undefined);
  const read = (name: string) => valueOf(name, context, layers);
  const folder = project?.folder ?? gitRoot(context.cwd) ?? context.cwd;
  return {
    project: folder,
    dbPath: dbPath(context, global.db, layers),
    target: read("target"),
    provider: read("provider"),
    via: read("via"),
    tunnelHost: read("tunnelHost"),
    subdomain: read("subdomain"),
    fixturesDir: pathValue("fixtures", layers) ?? join(folder, "fixtures"),
    file: project?.path,
    secretOf: (provider) => secretOf(provider, layers),
  };
}

async function readFiles(context: Context, flag: string | undefined) {
  const named = flag ?? nonEmpty(context.env["HOOKCLI_CONFIG"]);
  const path = named === undefined ? findUpwards(context.cwd, CONFIG_FILE_NAME) : resolve(context.cwd, named);
  const project = path === undefined ? undefined : await readConfigFile(path, "project");
  if (named !== undefined && project === undefined) throw new CliError(`no config file at ${named}`);
  const user = await readConfigFile(join(userConfigDir(context), "config.json"), "user");
  return { project, user };
}

function valueOf(name: string, context: Context, layers: readonly ConfigFile[]): string | undefined {
  const variable = CONFIG_KEYS.find((key) => key.name === name)?.variable;
  const fromEnvironment = variable === undefined ? undefined : nonEmpty(context.env[variable]);
  return fromEnvironment ?? layers.find((file) => file.strings.has(name))?.strings.get(name);
}

function pathValue(name: string, layers: readonly ConfigFile[]): string | undefined {
  const file = layers.find((layer) => layer.strings.has(name));
  const value = file?.strings.get(name);
  return file === undefined || value === undefined ? undefined : resolve(file.folder, value);
}

function secretOf(provider: string | undefined, layers: readonly ConfigFile[]) {
  for (const file of layers) {
    const own = provider === undefined ? undefined : file.secrets.get(provider);
    if (own !== undefined) return { reference: own, what: `secrets.${provider ?? ""} in ${file.path}` };
    const general = file.strings.get("secret");
    if (general !== undefined) return { reference: general, what: `secret in ${file.path}` };
  }
  return undefined;
}

function dbPath(context: Context, flag: string | undefined, layers: readonly ConfigFile[]): string {
  const named = flag ?? nonEmpty(context.env["HOOKCLI_DB"]);
  if (named === "") throw new CliError("--db is empty");
  if (named !== undefined) return resolve(context.cwd, named);
  return pathValue("db", layers) ?? join(stateDir(context), "events.db");
}

/** Where state is kept: XDG on Linux, the platform's own place on macOS and Windows. */
function stateDir(context: Context): string {
  const { env, home, platform } = context;
  if (platform === "darwin") return join(home, "Library", "Application Support", "hookcli");
  if (platform === "win32") return join(nonEmpty(env["LOCALAPPDATA"]) ?? join(home, "AppData", "Local"), "hookcli");
  return join(absolute(env["XDG_STATE_HOME"]) ?? join(home, ".local", "state"), "hookcli");
}

function userConfigDir(context: Context): string {
  const { env, home, platform } = context;
  if (platform === "win32") return join(nonEmpty(env["APPDATA"]) ?? join(home, "AppData", "Roaming"), "hookcli");
  return join(absolute(env["XDG_CONFIG_HOME"]) ?? join(home, ".config"), "hookcli");
}

function gitRoot(cwd: string): string | undefined {
  const git = findUpwards(cwd, ".git");
  return git === undefined ? undefined : dirname(git);
}

function findUpwards(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** The XDG specification: a path that is not absolute is to be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
