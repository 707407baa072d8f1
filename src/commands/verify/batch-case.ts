import { CliError } from "../../errors.js";
import type { HeaderList } from "../../events/headers.js";
import { parseKeys } from "../../signatures/key-set.js";
import type { Key } from "../../signatures/key.js";
import type { Settings, Tolerance } from "../../signatures/request.js";
import { headersFromJson } from "./headers.js";
import { parseTime, parseTolerance } from "./options.js";
import { hexBytes } from "./raw.js";

/** One line of `verify --batch`, checked. */
export interface BatchCase {
  readonly id: string | number | null | undefined;
  readonly provider: string | undefined;
  readonly scheme: string | undefined;
  readonly secrets: readonly Uint8Array[];
  readonly keys: readonly Key[];
  /** The bytes of `keyHex`: of a shared secret, or of a raw key. */
  readonly keyBytes: Uint8Array | undefined;
  readonly headers: HeaderList;
  /** As it stands: what is no hex is no signature, and a verdict. */
  readonly signatureHex: string | undefined;
  readonly body: Uint8Array;
  readonly url: string | undefined;
  readonly method: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number | undefined;
  readonly tolerance: Tolerance;
  readonly settings: Settings | undefined;
}

type Row = Readonly<Record<string, unknown>>;

const EMPTY = new Uint8Array();

/** The id of a line, also when the rest of it is bad. */
export function idOf(row: Row): BatchCase["id"] {
  const { id } = row;
  return typeof id === "string" || typeof id === "number" || id === null ? id : undefined;
}

/** Checks a parsed line. Throws CliError for what is not as it should be; never quotes a secret. */
export function readCase(row: Row, caches: CaseCaches): BatchCase {
  const { headers, now, tolerance } = row;
  const keyHex = text(row, "keyHex");
  return {
    id: idOf(row),
    provider: text(row, "provider"),
    scheme: text(row, "scheme"),
    secrets: secretsOf(row["secret"], caches),
    keys: keysOf(row["key"], caches),
    keyBytes: keyHex === undefined ? undefined : hexBytes(keyHex, "keyHex"),
    headers: headers === undefined ? [] : headersFromJson(headers, "headers"),
    signatureHex: text(row, "signatureHex"),
    body: bodyOf(row),
    url: text(row, "url"),
    method: text(row, "method")?.toUpperCase(),
    now: now === undefined ? undefined : parseTime(scalar(now, "now")),
    tolerance: tolerance === undefined ? undefined : parseTolerance(scalar(tolerance, "tolerance")),
    settings: settingsOf(row["settings"]),
  };
}

function settingsOf(value: unknown): Settings | undefined {
  if (value === undefined) return undefined;
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : undefined;
  if (entries === undefined || Array.isArray(value) || entries.some(([, text]) => typeof text !== "string"))
    throw new CliError("settings is not an object of strings");
  return Object.fromEntries(entries) as Settings;
}

/** Entries that a cache holds before it starts anew. */
const CACHE_ENTRIES = 1_000;

/** Secrets and keys repeat from line to line; parsing a key costs more than checking a signature. */
export class CaseCaches {
  private readonly secrets = new Map<string, Uint8Array>();
  private readonly keys = new Map<string, readonly Key[]>();

  secret(value: string): Uint8Array {
    return remember(this.secrets, value, (secret) => Buffer.from(secret));
  }

  keysOf(value: string): readonly Key[] {
    return remember(this.keys, value, parseKeys);
  }
}

function remember<Value>(cache: Map<string, Value>, name: string, make: (name: string) => Value): Value {
  const known = cache.get(name);
  if (known !== undefined) return known;
  if (cache.size >= CACHE_ENTRIES) cache.clear();
  const value = make(name);
  cache.set(name, value);
  return value;
}

function text(row: Row, name: string): string | undefined {
  const value = row[name];
  if (value === undefined || typeof value === "string") return value;
  throw new CliError(`${name} is not a string`);
}

function scalar(value: unknown, name: string): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new CliError(`${name} is neither a string nor a number`);
}

function secretsOf(value: unknown, caches: CaseCaches): readonly Uint8Array[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? (value as unknown[]) : [value]).map((secret) => {
    if (typeof secret !== "string") throw new CliError("secret is neither a string nor a list of strings");
    if (secret === "") throw new CliError("secret is empty");
    return caches.secret(secret);
  });
}

function keysOf(value: unknown, caches: CaseCaches): readonly Key[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? (value as unknown[]) : [value]).flatMap((key) => {
    if (typeof key === "string") return caches.keysOf(key);
    if (typeof key === "object" && key !== null) return caches.keysOf(JSON.stringify(key));
    throw new CliError("key is neither a string nor a JWK");
  });
}

function bodyOf(row: Row): Uint8Array {
  const plain = text(row, "body");
  const encoded = text(row, "bodyBase64");
  if (plain !== undefined && encoded !== undefined) throw new CliError("body and bodyBase64 are both given");
  if (plain !== undefined) return Buffer.from(plain);
  if (encoded === undefined || encoded === "") return EMPTY;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) throw new CliError("bodyBase64 is not base64");
  return bytes;
}
