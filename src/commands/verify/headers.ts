import { readInput } from "../../config/input.js";
import { resolveHeaders } from "../../config/headers.js";
import { parseHeaderLine } from "../../config/values.js";
import type { Context } from "../../context.js";
import { CliError } from "../../errors.js";
import type { HeaderList } from "../../events/headers.js";
import type { Output } from "../../output/output.js";

/** More headers than this are not read, bytes. */
const HEADERS_LIMIT_BYTES = 2 ** 20;

/** Headers given as `Name: value`. A value may be a reference (`env:NAME`, `@file`), as any header's value may be a secret. */
export function headersFromFlags(
  flags: readonly string[],
  given: { context: Context; output: Output },
): Promise<HeaderList> {
  return resolveHeaders(flags.map(parseHeaderLine), given);
}

/** Headers from a file: JSON (an object, or pairs), or lines. Throws CliError 2. */
export async function headersFromFile(text: string, context: Context): Promise<HeaderList> {
  const bytes = Buffer.from(await readInput(text, { context, what: "--headers", limitBytes: HEADERS_LIMIT_BYTES }));
  const start = bytes.toString("latin1").trimStart();
  if (start.startsWith("{") || start.startsWith("["))
    return headersFromJson(parseJson(bytes.toString("utf8")), "--headers");
  return bytes
    .toString("latin1")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map(parseHeaderLine);
}

/** `{"Name": "value" or ["value", ...]}` or `[["Name", "value"], ...]`. `what` names it in errors. */
export function headersFromJson(value: unknown, what: string): HeaderList {
  if (Array.isArray(value)) return value.map((pair) => pairFrom(pair, what));
  if (typeof value !== "object" || value === null)
    throw new CliError(`${what}: headers are an object or a list of pairs`);
  const headers: (readonly [string, string])[] = [];
  for (const [name, values] of Object.entries(value)) {
    if (!Array.isArray(values)) headers.push(headerPair(name, values, what));
    else for (const one of values) headers.push(headerPair(name, one, what));
  }
  return headers;
}

function pairFrom(pair: unknown, what: string): readonly [string, string] {
  const [name, value]: unknown[] = Array.isArray(pair) && pair.length === 2 ? pair : [];
  if (typeof name !== "string") throw new CliError(`${what}: a header is a pair of name and value`);
  return headerPair(name, value, what);
}

function headerPair(name: string, value: unknown, what: string): readonly [string, string] {
  if (typeof value === "number" || typeof value === "boolean") return [name, String(value)];
  if (typeof value !== "string") throw new CliError(`${what}: the value of header ${name} is not a string`);
  // Headers are latin1, as in the event object; text beyond that can only be UTF-8.
  return [name, /[^\u0000-\u00ff]/.test(value) ? Buffer.from(value).toString("latin1") : value];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError("--headers is not valid JSON", { cause });
  }
}
