import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { REDACTED, redactHeaders } from "../events/redact.js";
import type { ConfigKey } from "./keys.js";
import { service } from "./kinds.js";
import { isReference } from "./reference.js";

/** What a project's file must not say: it is committed, and perhaps somebody else has written it. */
export interface ProjectProblem {
  readonly message: string;
  readonly hint?: string;
}

/** A secret that a file which is committed may name. */
export const PROJECT_SECRET = /^env:[A-Za-z_][A-Za-z0-9_]*$/;

/** Why a value cannot stand in a project's file; `undefined`: it can. `name`: the header, for headers. */
export function projectProblem(
  { kind, by }: ConfigKey,
  { name, value, folder }: { readonly name: string; readonly value: string; readonly folder: string },
): ProjectProblem | undefined {
  if (kind.isInside === true && !isInside(folder, value))
    return { message: `expected a file in the folder of this config, found ${JSON.stringify(value)}` };
  if (kind.isCommand === true)
    return {
      message: "a command in a project's config would run on every computer that has a copy of it",
      hint: "a user's own config may have one, and the command line: --on-url",
    };
  if (kind.isSecret !== true || PROJECT_SECRET.test(value)) return undefined;
  if (by === "header" && !isReference(value) && !isCredential(name, value)) return undefined;
  if (kind === service) {
    return {
      message: "where the public URL is told must be env:NAME in a project's config",
      hint: "who runs it says where the URL and its tokens go; a user's own config may hold the URL",
    };
  }
  return {
    message: "a secret in a project's config must be env:NAME",
    hint: "this file is meant to be committed; a user's own config may hold a secret",
  };
}

function isCredential(name: string, value: string): boolean {
  return redactHeaders([[name, value]])[0]?.[1] === REDACTED;
}

/** Whether a path is below a folder, symbolic links followed. */
function isInside(folder: string, path: string): boolean {
  const top = realPath(folder);
  const way = relative(top, realPath(resolve(top, path)));
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Without symbolic links, as far as it is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
