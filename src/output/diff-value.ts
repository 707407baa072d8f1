/** Characters of a value that are shown. */
const SHOWN = 120;
/** Characters before the first difference that are shown with it. */
const LEAD = 30;

/** A value cut to what a line can take; `whole`: not cut. */
export function shortened(text: string, whole = false): string {
  if (whole || text.length <= SHOWN) return text;
  return `${cut(text, 0, SHOWN)}… (${text.length} characters)`;
}

/** Two long values cut to where they begin to differ. */
export function shortenedPair(before: string, after: string): readonly [string, string] {
  if (before.length <= SHOWN && after.length <= SHOWN) return [before, after];
  let common = 0;
  while (common < before.length && common < after.length && before[common] === after[common]) common += 1;
  const from = common <= SHOWN / 2 ? 0 : common - LEAD;
  return [around(before, from), around(after, from)];
}

function around(text: string, from: number): string {
  const newline = text.endsWith("\n") ? "\n" : "";
  const inner = newline === "" ? text : text.slice(0, -1);
  const head = from === 0 ? "" : "…";
  if (inner.length <= from + SHOWN) return head + cut(inner, from, inner.length) + newline;
  return `${head}${cut(inner, from, from + SHOWN)}… (${inner.length} characters)${newline}`;
}

/** No half of a surrogate pair is shown. */
function cut(text: string, from: number, to: number): string {
  return text.slice(from, to).replaceAll(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}
