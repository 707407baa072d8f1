import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CliError } from "../errors.js";
import { CONFIG_KEYS } from "./keys.js";
import { readFileLimited } from "./input.js";

/** What a config file says, checked. Values of other keys than `secrets` are strings. */
export interface ConfigFile {
  readonly path: string;
  readonly folder: string;
  readonly strings: ReadonlyMap<string, string>;
  /** References by provider. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Who may see a file: a project's is meant to be committed, a user's is not. */
export type ConfigScope = "project" | "user";

/** A config file is small, bytes. */
const CONFIG_LIMIT_BYTES = 2 ** 20;

/** Reads and checks one config file. Throws CliError 2 with file, line and what was expected; `undefined` when there is none. */
export async function readConfigFile(path: string, scope: ConfigScope): Promise<ConfigFile | undefined> {
  if (!existsSync(path)) return undefined;
  const bytes = await readFileLimited(path, { what: "the config", limitBytes: CONFIG_LIMIT_BYTES });
  return checkConfig(path, Buffer.from(bytes).toString("utf8"), scope);
}

/** Checks the text of a config file: JSON with comments, known keys, right types, no secret's value in a project's file. */
async function checkConfig(path: string, text: string, scope: ConfigScope): Promise<ConfigFile> {
  const { parseTree, printParseErrorCode } = await import("jsonc-parser");
  const errors: { error: number; offset: number; length: number }[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const fail = (offset: number, message: string, hint?: string): never => {
    throw new CliError(`${path}:${lineOf(text, offset)}: ${message}`, { hint });
  };
  const first = errors[0];
  if (first !== undefined) fail(first.offset, `not valid JSON: ${spaced(printParseErrorCode(first.error))}`);
  if (tree?.type !== "object") return fail(0, "expected an object");
  const strings = new Map<string, string>();
  const secrets = new Map<string, string>();
  for (const property of tree.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (keyNode === undefined || valueNode === undefined) continue;
    const name = String(keyNode.value);
    const key = CONFIG_KEYS.find((row) => row.name === name);
    if (key === undefined) {
      return fail(
        keyNode.offset,
        `unknown key ${name}`,
        `known keys: ${CONFIG_KEYS.map((row) => row.name).join(", ")}`,
      );
    }
    if (key.kind === "secrets") {
      if (valueNode.type !== "object") return fail(valueNode.offset, `${name}: expected an object`);
      for (const entry of valueNode.children ?? []) {
        const [provider, reference] = entry.children ?? [];
        if (provider === undefined || reference?.type !== "string") {
          return fail(entry.offset, `${name}: expected a string for each provider`);
        }
        secrets.set(String(provider.value), secretReference(String(reference.value), reference.offset));
      }
    } else {
      if (valueNode.type !== "string") return fail(valueNode.offset, `${name}: expected a string`);
      const value = String(valueNode.value);
      strings.set(name, key.kind === "secret" ? secretReference(value, valueNode.offset) : value);
    }
  }
  return { path, folder: dirname(resolve(path)), strings, secrets };

  function secretReference(value: string, offset: number): string {
    if (scope === "project" && !/^env:[A-Za-z_][A-Za-z0-9_]*$/.test(value)) {
      return fail(offset, "a secret in a project's config must be env:NAME", "this file is meant to be committed");
    }
    return value;
  }
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function spaced(code: string): string {
  return code.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
