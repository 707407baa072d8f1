import { prettyJson } from "./pretty-json.js";
import { safeText } from "./safe-text.js";

/** Fields that are shown. */
const MOST_FIELDS = 1_000;

/**
 * The fields of an urlencoded form, decoded, one below the other: `name = value`. A value that is JSON, as in Slack's
 * `payload`, is indented; further lines of a value stand under it, so that no value looks like another field.
 */
export function prettyForm(text: string): { readonly text: string; readonly hiddenFields: number } {
  const lines: string[] = [];
  let count = 0;
  for (const [field] of text.matchAll(/[^&]+/g)) {
    count += 1;
    if (count <= MOST_FIELDS) lines.push(fieldText(field));
  }
  return { text: lines.join("\n"), hiddenFields: count - lines.length };
}

function fieldText(field: string): string {
  const equals = field.indexOf("=");
  if (equals === -1) return safeText(decoded(field));
  const value = decoded(field.slice(equals + 1));
  return `${safeText(decoded(field.slice(0, equals)))} = ${indented(valueText(value))}`;
}

function valueText(value: string): string {
  return (/^\s*[[{]/.test(value) ? prettyJson(value) : undefined) ?? value;
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}

/** Bytes that are no UTF-8 stay percent-encoded. */
function decoded(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  return spaced.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
