import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Context } from "../context.js";

/** The name of a project's config file. */
export const CONFIG_FILE_NAME = "hookcli.config.json";

/** Where a config file is looked for, and who said so. */
export interface ConfigPlace {
  readonly scope: "project" | "user";
  /** Absolute. */
  readonly path: string;
  /** `--config` or `HOOKCLI_CONFIG`: such a file must be there. */
  readonly namedBy?: string;
  /** As it was named. */
  readonly named?: string;
}

/**
 * The config files of a run, the one that counts most first. A project's that is nowhere upwards is looked for in the working
 * directory.
 */
export function configPlaces(context: Context, flag: string | undefined): readonly ConfigPlace[] {
  return [projectPlace(context, flag), { scope: "user", path: join(userConfigDir(context), "config.json") }];
}

function projectPlace({ cwd, env }: Context, flag: string | undefined): ConfigPlace {
  const variable = nonEmpty(env["HOOKCLI_CONFIG"]);
  const named = flag ?? variable;
  if (named !== undefined) {
    const namedBy = flag === undefined ? "HOOKCLI_CONFIG" : "--config";
    return { scope: "project", path: resolve(cwd, named), namedBy, named };
  }
  return { scope: "project", path: findUpwards(cwd, CONFIG_FILE_NAME) ?? join(cwd, CONFIG_FILE_NAME) };
}

/** The folder of the git repository around a folder. */
export function gitRoot(cwd: string): string | undefined {
  const git = findUpwards(cwd, ".git");
  return git === undefined ? undefined : dirname(git);
}

/** Where state is kept: XDG on Linux, the platform's own place on macOS and Windows. */
export function stateDir(context: Context): string {
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

function findUpwards(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The value of a variable; one that is set but empty counts as not set. */
export function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** The XDG specification: a path that is not absolute is to be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
