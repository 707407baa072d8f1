import { isUtf8 } from "node:buffer";
import type { FieldPath } from "./scheme.js";

/** Bodies over this are not read as JSON: signatures and event types of larger ones stand elsewhere or nowhere. */
export const MAX_JSON_BYTES = 4 * 1024 * 1024;

/** A JSON body, or `undefined` when it is none, not UTF-8, or over the limit. Never throws; a byte order mark is skipped. */
export function parseJsonBody(body: Uint8Array): unknown {
  if (body.length === 0 || body.length > MAX_JSON_BYTES || !isUtf8(body)) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8");
  try {
    return JSON.parse(text.startsWith("\u{FEFF}") ? text.slice(1) : text) as unknown;
  } catch {
    return undefined;
  }
}

/** The same where its fields are signed: none when an object has two members of one name, of which the app may read the other. */
export function parseSignedJson(body: Uint8Array): unknown {
  const value = parseJsonBody(body);
  return value === undefined || hasRepeatedNames(Buffer.from(body).toString("utf8")) ? undefined : value;
}

/** Of text that is JSON. */
function hasRepeatedNames(text: string): boolean {
  const open: Set<string>[] = [];
  let last = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === '"') {
      const start = at;
      at += 1;
      while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
      last = text.slice(start, at + 1);
    } else if (character === "{" || character === "[") open.push(new Set());
    else if (character === "}" || character === "]") open.pop();
    else if (character === ":") {
      const name = last.includes("\\") ? String(JSON.parse(last)) : last.slice(1, -1);
      if (open.at(-1)?.has(name) === true) return true;
      open.at(-1)?.add(name);
    }
  }
  return false;
}

/** A value inside a JSON body, own properties only; `undefined` when a step leads nowhere. */
export function fieldAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

/** A scalar as text: strings as they are, numbers and booleans in JSON's writing; `undefined` for anything else. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}
