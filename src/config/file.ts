import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Node } from "jsonc-parser";
import { CliError } from "../errors.js";
import { isToken } from "../events/headers.js";
import { suggestion } from "../providers/nearest.js";
import { readFileLimited } from "./input.js";
import { CONFIG_KEYS, FILE_KEYS, type ConfigKey, type ConfigKeyName } from "./keys.js";
import { text, type ValueKind } from "./kinds.js";
import type { ConfigPlace } from "./places.js";
import type { Provider } from "../providers/provider.js";
import { projectProblem } from "./project-rules.js";
import { readRoute, type RouteReading } from "./routes.js";
import { redactUrl } from "../events/redact.js";

/** One value of a config file. */
export interface ConfigEntry {
  readonly key: ConfigKeyName;
  /** The profile that it stands in. */
  readonly profile: string | undefined;
  /** The provider, the header or the number of the route, for a key that has a value for each. */
  readonly name: string | undefined;
  /** For a definition the row that it makes, for a route what it says. */
  readonly value: unknown;
  /** As it is written in the file. */
  readonly json: unknown;
  /** Where it stands: `profiles.staging.secrets.stripe`. */
  readonly path: string;
  readonly file: string;
  readonly line: number;
}

/** What a config file says, checked. */
export interface ConfigFile {
  readonly path: string;
  readonly folder: string;
  readonly scope: ConfigPlace["scope"];
  readonly base: readonly ConfigEntry[];
  readonly profiles: ReadonlyMap<string, readonly ConfigEntry[]>;
}

/** A config file is small, bytes. */
const CONFIG_LIMIT_BYTES = 2 ** 20;
/** How much of a wrong value an error shows, characters. */
const SHOWN_LENGTH = 60;
/** A name that a shell takes without quotes. */
export const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Reads and checks one config file. `beside`: providers that another file defines. Throws CliError 2 with file, line, path and what
 * was expected; `undefined` when there is none.
 */
export async function readConfigFile(
  place: ConfigPlace,
  beside: readonly Provider[] = [],
): Promise<ConfigFile | undefined> {
  if (!existsSync(place.path)) return undefined;
  const bytes = await readFileLimited(place.path, { what: "the config", limitBytes: CONFIG_LIMIT_BYTES });
  return checkConfig(place, Buffer.from(bytes).toString("utf8"), beside);
}

/** Checks the text of a config file: JSON with comments, known keys, right values, no secret's value in a project's file. */
export async function checkConfig(
  place: Pick<ConfigPlace, "path" | "scope">,
  content: string,
  beside: readonly Provider[] = [],
): Promise<ConfigFile> {
  const { parseTree, getNodeValue, printParseErrorCode, findNodeAtLocation } = await import("jsonc-parser");
  const errors: { error: number; offset: number; length: number }[] = [];
  const tree = parsed();
  const reading = new Reading(place, content, getNodeValue);
  const [first] = errors;
  if (first !== undefined) reading.fail(first.offset, `not valid JSON: ${spaced(printParseErrorCode(first.error))}`);
  const file = reading.file(tree);
  const own = await reading.compileDefinitions(findNodeAtLocation);
  await reading.checkProviders([...own, ...beside]);
  return file;

  function parsed(): Node | undefined {
    try {
      return parseTree(content.replace(/^\ufeff/, " "), errors, { allowTrailingComma: true });
    } catch (error) {
      // The parser calls itself for each level.
      if (error instanceof RangeError) throw new CliError(`${place.path}: nested too deeply`);
      throw error;
    }
  }
}

interface Property {
  readonly name: string;
  /** Where it stands: `profiles.staging.target`. */
  readonly path: string;
  readonly offset: number;
  readonly node: Node;
}

/** Which keys may stand somewhere. */
interface Place {
  readonly known: readonly string[];
  readonly profile: string | undefined;
}

/** One reading of one file: it knows where everything stands. */
class Reading {
  private readonly place: Pick<ConfigPlace, "path" | "scope">;
  private readonly text: string;
  private readonly valueOf: (node: Node) => unknown;
  /** Names of providers, which are checked at the end: their rows are heavy. */
  private readonly providerNames: Omit<Property, "node">[] = [];
  /** Definitions, which are compiled at the end: most files have none. */
  private readonly definitions: { readonly property: Property; readonly entry: Writable<ConfigEntry> }[] = [];

  constructor(place: Pick<ConfigPlace, "path" | "scope">, text: string, valueOf: (node: Node) => unknown) {
    this.place = place;
    this.text = text;
    this.valueOf = valueOf;
  }

  fail(offset: number, message: string, hint?: string): never {
    throw new CliError(`${this.place.path}:${this.lineOf(offset)}: ${message}`, { hint });
  }

  file(tree: Node | undefined): ConfigFile {
    const known = [...Object.keys(CONFIG_KEYS), ...Object.keys(FILE_KEYS)];
    const base: ConfigEntry[] = [];
    const profiles = new Map<string, readonly ConfigEntry[]>();
    for (const property of this.properties(tree, "")) {
      if (property.name === "$schema") this.value(property, text);
      else if (property.name === "profiles") {
        for (const profile of this.properties(property.node, property.path)) {
          profiles.set(profile.name, this.profile(profile));
        }
      } else base.push(...this.entries(property, { known, profile: undefined }));
    }
    const { path, scope } = this.place;
    return { path, folder: dirname(path), scope, base, profiles };
  }

  /** Makes the rows of what the user has defined. */
  async compileDefinitions(find: (root: Node, path: (string | number)[]) => Node | undefined): Promise<Provider[]> {
    if (this.definitions.length === 0) return [];
    const { compileProvider, DefinitionError } = await import("../providers/own/compile.js");
    return this.definitions.map(({ property, entry }) => {
      try {
        const provider = compileProvider(property.name, entry.value);
        entry.value = provider;
        return provider;
      } catch (error) {
        if (!(error instanceof DefinitionError)) throw error;
        const { at, problem, hint } = error;
        const nodes = at.map((_, index) => find(property.node, at.slice(0, index + 1)));
        const offset =
          at.length === 0 ? property.offset : (nodes.findLast((node) => node !== undefined) ?? property.node).offset;
        return this.fail(offset, `${[property.path, ...at].join(".")}: ${problem}`, hint);
      }
    });
  }

  /** Refuses providers that nobody knows. */
  async checkProviders(own: readonly Provider[]): Promise<void> {
    if (this.providerNames.length === 0) return;
    const { providers } = await import("../providers/index.js");
    const known = [...own, ...providers].map((row) => row.name);
    for (const { name, path, offset } of this.providerNames) {
      if (!known.includes(name))
        this.fail(offset, `${path}: unknown provider ${redactUrl(name)}`, suggestion(name, known));
    }
  }

  private profile({ name, path, node, offset }: Property): ConfigEntry[] {
    if (!PROFILE_NAME.test(name)) this.fail(offset, `${path}: expected a name of letters, digits, ., _ and -`);
    const known = Object.keys(CONFIG_KEYS);
    return this.properties(node, path).flatMap((property) => this.entries(property, { known, profile: name }));
  }

  /** The value of one key of the table, or its values by name. */
  private entries(property: Property, { known, profile }: Place): ConfigEntry[] {
    const { name: key, node, path, offset } = property;
    if (!isKey(key)) return this.fail(offset, `${path}: unknown key`, unknownHint(key, known));
    const row: ConfigKey = CONFIG_KEYS[key];
    if (row.by === undefined) {
      const entry = this.entry(property, row);
      if (key === "provider") this.providerNames.push({ name: String(entry.value), path, offset: node.offset });
      return [{ ...entry, key, profile, name: undefined }];
    }
    if (row.by === "route") return this.routes(property, { key, profile });
    return this.properties(node, path).map((one) => {
      if (row.by === "definition") return this.definition(one, { key, profile });
      if (row.by === "header" && !isToken(one.name))
        this.fail(one.offset, `${one.path}: expected the name of a header`);
      if (row.by === "provider" && !this.isElsewhere(one.name)) this.providerNames.push(one);
      return { ...this.entry(one, row), key, profile, name: one.name };
    });
  }

  /** The routes of a list, each an entry of its own. */
  private routes({ node, path }: Property, of: Pick<ConfigEntry, "key" | "profile">): ConfigEntry[] {
    if (node.type !== "array") return this.fail(node.offset, `${path}: expected a list of routes, found ${node.type}`);
    const reading: RouteReading = {
      properties: (object, parent) => this.properties(object, parent),
      // The kind that is asked for is the one that has read it.
      value: <Value>(property: Property, kind: ValueKind<Value>) => this.value(property, kind) as Value,
      header: (one) => {
        if (!isToken(one.name)) this.fail(one.offset, `${one.path}: expected the name of a header`);
        return { ...this.entry(one, CONFIG_KEYS.headers), ...of, name: one.name };
      },
      fail: (offset, message, hint) => this.fail(offset, message, hint),
    };
    return (node.children ?? []).map((child, index) => {
      const name = String(index);
      const route = { name, path: `${path}.${name}`, offset: child.offset, node: child };
      const value = readRoute(route, reading);
      return {
        ...of,
        name,
        value,
        json: this.valueOf(child),
        path: route.path,
        file: this.place.path,
        line: this.lineOf(child.offset),
      };
    });
  }

  private definition(property: Property, { key, profile }: Pick<ConfigEntry, "key" | "profile">): ConfigEntry {
    const entry = { ...this.entry(property, CONFIG_KEYS.providers), key, profile, name: property.name };
    this.definitions.push({ property, entry });
    return entry;
  }

  /** A user's own file goes with every project, and may have the secret of a provider that one of them defines. */
  private isElsewhere(name: string): boolean {
    return this.place.scope === "user" && OWN_NAME.test(name);
  }

  private entry(property: Property, row: ConfigKey): Pick<ConfigEntry, "value" | "json" | "path" | "file" | "line"> {
    const value = this.value(property, row.kind);
    const { name, path, node, offset } = property;
    if (this.place.scope === "project") {
      const problem = projectProblem(row, { name, value: String(node.value), folder: dirname(this.place.path) });
      if (problem !== undefined) this.fail(node.offset, `${path}: ${problem.message}`, problem.hint);
    }
    return { value, json: this.valueOf(node), path, file: this.place.path, line: this.lineOf(offset) };
  }

  private value({ path, node }: Property, kind: ValueKind<unknown>): unknown {
    const json = this.valueOf(node);
    const value = kind.read(json);
    if (value !== undefined) return value;
    return this.fail(
      node.offset,
      `${path}: expected ${kind.expected}, found ${kind.isSecret === true ? node.type : shown(node, json)}`,
    );
  }

  private properties(node: Node | undefined, parent: string): Property[] {
    if (node?.type !== "object") {
      const where = parent === "" ? "" : `${parent}: `;
      const found = node === undefined ? "nothing" : node.type;
      return this.fail(node?.offset ?? 0, `${where}expected an object, found ${found}`);
    }
    const lines = new Map<string, number>();
    return (node.children ?? []).flatMap(({ children = [] }) => {
      const [keyNode, valueNode] = children;
      if (keyNode === undefined || valueNode === undefined) return [];
      const { value, offset } = keyNode;
      const name = String(value);
      const path = parent === "" ? name : `${parent}.${name}`;
      const first = lines.get(name);
      if (first !== undefined) this.fail(offset, `${path}: stands twice, first in line ${first}`);
      lines.set(name, this.lineOf(offset));
      return [{ name, path, offset, node: valueNode }];
    });
  }

  private lineOf(offset: number): number {
    return this.text.slice(0, offset).split("\n").length;
  }
}

type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

/** What providers of one's own are called. */
const OWN_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

function isKey(name: string): name is ConfigKeyName {
  return Object.hasOwn(CONFIG_KEYS, name);
}

function unknownHint(name: string, known: readonly string[]): string | undefined {
  if (/^allow-?remote$/i.test(name))
    return "targets beyond this computer are allowed on the command line alone: --allow-remote";
  const camel = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return suggestion(camel, known);
}

/** A wrong value as far as it can be no secret: one that is short, and no list of others. */
function shown({ type }: Node, json: unknown): string {
  if (type === "object" || type === "array") return type;
  const whole = JSON.stringify(typeof json === "string" ? redactUrl(json) : json) ?? "nothing";
  return whole.length > SHOWN_LENGTH ? `${whole.slice(0, SHOWN_LENGTH)}...` : whole;
}

function spaced(code: string): string {
  return code.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
