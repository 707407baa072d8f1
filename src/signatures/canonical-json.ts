import { byCodeUnits } from "./form.js";

/** Deeper bodies are nobody's events, and would overflow the stack. */
const MAX_DEPTH = 500;

/** A JSON value in the canonical form of RFC 8785: no blanks, keys sorted by UTF-16 code units, numbers as JavaScript writes them. */
export function canonicalJson(value: unknown, depth = 0): string | undefined {
  if (value === undefined || depth > MAX_DEPTH) return undefined;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const items = Array.isArray(value) ? arrayItems(value, depth) : objectItems(value, depth);
  if (items.includes(undefined)) return undefined;
  return Array.isArray(value) ? `[${items.join(",")}]` : `{${items.join(",")}}`;
}

function arrayItems(values: readonly unknown[], depth: number): (string | undefined)[] {
  return values.map((value) => canonicalJson(value, depth + 1));
}

function objectItems(object: object, depth: number): (string | undefined)[] {
  const entries = Object.entries(object).toSorted(([a], [b]) => byCodeUnits(a, b));
  return entries.map(([key, value]) => {
    const text = canonicalJson(value, depth + 1);
    return text === undefined ? undefined : `${JSON.stringify(key)}:${text}`;
  });
}
