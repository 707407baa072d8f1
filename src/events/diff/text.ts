import { align } from "./align.js";

/** Lines that became others. Lines hold their newline; numbers count from 0. */
export interface TextChange {
  readonly line: number;
  readonly afterLine: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The lines that differ, in their order; the rest is the same on both sides. */
export function diffText(before: string, after: string): TextChange[] {
  const old = linesOf(before);
  const now = linesOf(after);
  const numbers = new Map<string, number>();
  const numberOf = (line: string) => numbers.get(line) ?? numbers.set(line, numbers.size).size - 1;
  const kept = align(old.map(numberOf), now.map(numberOf));
  const changes: TextChange[] = [];
  let [from, afterFrom] = [0, 0];
  for (let to = 0; to <= old.length; to += 1) {
    const afterTo = to === old.length ? now.length : (kept[to] ?? -1);
    if (afterTo === -1) continue;
    if (from < to || afterFrom < afterTo) {
      changes.push({
        line: from,
        afterLine: afterFrom,
        before: old.slice(from, to),
        after: now.slice(afterFrom, afterTo),
      });
    }
    from = to + 1;
    afterFrom = afterTo + 1;
  }
  return changes;
}

/** Split, as a regular expression would run out of room on a line of some megabytes. */
function linesOf(text: string): string[] {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  const whole = lines.map((line) => `${line}\n`);
  return last === "" ? whole : [...whole, last];
}
