import type { Context } from "../context.js";
import { CliError } from "../errors.js";
import type { HeaderList } from "../events/headers.js";
import { REDACTED, redactHeaders } from "../events/redact.js";
import type { Output } from "../output/output.js";
import type { ConfigEntry } from "./file.js";
import { resolveReference, warnOfLiteral } from "./secrets.js";
import { isReference } from "./reference.js";

/**
 * Headers of the command line with their values read: each may be a reference (`env:NAME`, `@file`), as any of them may be
 * a secret. The values become latin1, as in every {@link HeaderList}. Throws CliError 2.
 */
export async function resolveHeaders(
  headers: HeaderList,
  given: { context: Context; output: Output },
): Promise<HeaderList> {
  const resolved: [string, string][] = [];
  for (const [name, value] of headers) resolved.push([name, await resolveValue([name, value], given)]);
  return resolved;
}

/** Headers of config files with their values read, those of the file that counts most in place of others'. Throws CliError 2. */
export async function configuredHeaders(
  entries: readonly ConfigEntry[],
  given: { context: Context; output: Output },
): Promise<HeaderList> {
  const resolved = new Map<string, [string, string]>();
  for (const { name = "", value, path, file } of entries) {
    if (resolved.has(name.toLowerCase())) continue;
    const what = `${path} in ${file}`;
    const bytes = isReference(String(value))
      ? await resolveReference(String(value), { ...given, what, inFile: true })
      : Buffer.from(String(value), "latin1");
    resolved.set(name.toLowerCase(), [name, requireFieldValue(name, Buffer.from(bytes).toString("latin1"))]);
  }
  return [...resolved.values()];
}

async function resolveValue(
  [name, value]: readonly [string, string],
  given: { context: Context; output: Output },
): Promise<string> {
  const what = `--header ${name}`;
  if (isReference(value)) {
    const bytes = await resolveReference(value, { ...given, what });
    return requireFieldValue(name, Buffer.from(bytes).toString("latin1"));
  }
  if (value !== "" && redactHeaders([[name, value]])[0]?.[1] === REDACTED) warnOfLiteral({ ...given, what });
  return Buffer.from(value).toString("latin1");
}

/** Refuses (CliError 2) a latin1 value that the grammar of HTTP does not allow: RFC 9110, section 5.5. */
export function requireFieldValue(name: string, value: string): string {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(value)) {
    throw new CliError(`the value of header ${name} has a character that HTTP does not allow`);
  }
  return value;
}
