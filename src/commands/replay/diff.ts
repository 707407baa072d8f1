import { isUtf8 } from "node:buffer";
import type { HeaderList } from "../../events/headers.js";
import { redactHeaders } from "../../events/redact.js";

/** An answer as far as it is compared. */
export interface Answer {
  readonly status: number | null;
  readonly error: string | null;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** One line of a comparison: `-` was, `+` is. */
export interface DiffLine {
  readonly sign: "-" | "+";
  readonly text: string;
}

/** Differ with every answer and say nothing. */
const FLEETING = new Set(["date", "age", "x-request-id", "x-response-time", "keep-alive", "connection"]);

/** Above this many lines bodies are compared as sets of lines at equal places only. */
const MAX_LINES = 1_000;

/** How `after` differs from `before`: status, headers, lines of the body. Empty: not at all. */
export function diffAnswers(before: Answer, after: Answer): DiffLine[] {
  return [
    ...changed(statusLine(before), statusLine(after)),
    ...diffLines(headerLines(before.headers), headerLines(after.headers)),
    ...diffLines(bodyLines(before.body), bodyLines(after.body)),
  ];
}

function changed(before: string, after: string): DiffLine[] {
  return before === after
    ? []
    : [
        { sign: "-", text: before },
        { sign: "+", text: after },
      ];
}

function statusLine({ status, error }: Answer): string {
  return status === null ? `no answer (${error ?? "unknown"})` : `status ${status}`;
}

function headerLines(headers: HeaderList): string[] {
  return redactHeaders(headers)
    .filter(([name]) => !FLEETING.has(name.toLowerCase()))
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .toSorted();
}

function bodyLines(body: Uint8Array): string[] {
  if (body.length === 0) return [];
  return isUtf8(body) ? Buffer.from(body).toString().split("\n") : [`base64 ${Buffer.from(body).toString("base64")}`];
}

/** The longest common subsequence stays; what is left of each side is shown in its order. */
function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const head = commonLength(before, after);
  const tail = commonLength(before.slice(head).toReversed(), after.slice(head).toReversed());
  const old = before.slice(head, before.length - tail);
  const now = after.slice(head, after.length - tail);
  if (Math.max(old.length, now.length) > MAX_LINES) {
    return changed(`${old.length} lines`, `${now.length} other lines`);
  }
  return walk(old, now, lengths(old, now));
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

/** `table[i][j]`: length of the longest common subsequence of what follows i in `a` and j in `b`. */
function lengths(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = table[i] ?? [];
    const below = table[i + 1] ?? [];
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

function walk(a: readonly string[], b: readonly string[], table: readonly number[][]): DiffLine[] {
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))) {
      lines.push({ sign: "-", text: a[i] ?? "" });
      i += 1;
    } else {
      lines.push({ sign: "+", text: b[j] ?? "" });
      j += 1;
    }
  }
  return lines;
}
