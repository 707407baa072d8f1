import { isUtf8 } from "node:buffer";
import type { BodyDiff } from "../events/diff/body.js";
import { isFleeting } from "../events/diff/filter.js";
import type { JsonChange } from "../events/diff/json.js";
import { pathText, type JsonPath } from "../events/diff/json-path.js";
import type { Entry, ListChange } from "../events/diff/list.js";
import type { MessageDiff, PartDiff } from "../events/diff/message.js";
import type { TextChange } from "../events/diff/text.js";
import { binaryLines } from "./diff-binary.js";
import { shortened, shortenedPair } from "./diff-value.js";
import type { Line, Output } from "./output.js";
import { bold, dim, green, red, yellow } from "./style.js";

/** Changes of one part that are shown without `--verbose`. */
const MOST_CHANGES = 100;
/** What is told of two credentials that differ. */
const NOT_SHOWN = "  another value, not shown";

/** What is told of a header that does not count. */
const EACH_TIME = "differs each time";
/** What stands for a value that is there and empty. */
const EMPTY = "(empty)";
/** Two values of so many characters together stand on one line. */
const SHORT_PAIR = 60;

export interface DiffLook {
  /** Names of headers that differ each time and do not count, in lower case. */
  readonly fleeting: ReadonlySet<string>;
  /** These headers count too, and look so. */
  readonly strict: boolean;
  /** All changes, and values as long as they are. */
  readonly whole: boolean;
}

/** Prints how two messages differ, a part after the other. */
export function printDiff(output: Output, diff: MessageDiff, look: DiffLook): void {
  for (const part of diff) {
    output.line([bold(titleOf(part))]);
    let left = look.whole ? Number.POSITIVE_INFINITY : MOST_CHANGES;
    let hidden = 0;
    for (const lines of changesOf(part, look)) {
      left -= 1;
      if (left < 0) hidden += 1;
      else for (const line of lines) output.line(["  ", ...(typeof line === "string" ? [line] : line)]);
    }
    if (hidden > 0) output.line([dim(`  ${hidden} more; -v shows all`)]);
  }
}

const BODY_TITLES: Readonly<Record<BodyDiff["kind"], string>> = {
  json: "body (JSON, by path)",
  form: "body (form, by field)",
  text: "body (text, by line)",
  binary: "body (bytes)",
};

function titleOf(diff: PartDiff): string {
  if (diff.part !== "body") return diff.part;
  return diff.decoded === true ? `${BODY_TITLES[diff.body.kind]}, decoded` : BODY_TITLES[diff.body.kind];
}

/** The lines of each change. */
function* changesOf(diff: PartDiff, look: DiffLook): Iterable<readonly Line[]> {
  if (diff.part === "body") yield* bodyChanges(diff.body, look);
  else if ("changes" in diff) {
    const separator = diff.part === "query" ? "=" : ": ";
    for (const change of diff.changes) yield listLines(change, { look, separator, isHeader: diff.part !== "query" });
  } else if (diff.hidden === true) yield [[yellow("~ "), diff.after, NOT_SHOWN]];
  else yield wentAndCame("", diff.before, diff.after, look);
}

function* bodyChanges(body: BodyDiff, look: DiffLook): Iterable<readonly Line[]> {
  if (body.kind === "binary") yield binaryLines(body);
  if (body.kind === "text") for (const change of body.changes) yield textLines(change, look);
  if (body.kind === "form")
    for (const change of body.changes) yield listLines(change, { look, separator: "=", isHeader: false });
  if (body.kind !== "json") return;
  if (body.spelling !== undefined) yield [`the same JSON, written in other bytes: ${body.spelling}`];
  for (const change of body.changes) {
    const lines = jsonLines(change, look);
    if (lines.length > 0) yield lines;
  }
}

function jsonLines(change: JsonChange, look: DiffLook): Line[] {
  const path = pathOf(change.path, look);
  if (change.op === "replace") return wentAndCame(`${path}: `, change.before, change.after, look);
  if (change.op === "remove") {
    if (change.movedTo !== undefined) return [[yellow("~ "), `${path} moved to ${pathOf(change.movedTo, look)}`]];
    return [[red(`- ${path}: ${shortened(change.before, look.whole)}`)]];
  }
  // It was told where it was removed.
  if (change.movedFrom !== undefined) return [];
  return [[green(`+ ${path}: ${shortened(change.after, look.whole)}`)]];
}

function pathOf(path: JsonPath, { whole }: DiffLook): string {
  return shortened(pathText(path), whole) || "(all of it)";
}

/** Two values on one line where they are short, else one below the other. */
function wentAndCame(what: string, before: string, after: string, { whole }: DiffLook): Line[] {
  const [was, is] = whole ? [before, after] : shortenedPair(before, after);
  if (was.length + is.length <= SHORT_PAIR)
    return [[yellow("~ "), what, red(was || EMPTY), " -> ", green(is || EMPTY)]];
  return [[red(`- ${what}${was || EMPTY}`)], [green(`+ ${what}${is || EMPTY}`)]];
}

interface ListLook {
  readonly look: DiffLook;
  readonly separator: string;
  readonly isHeader: boolean;
}

function listLines(change: ListChange, { look, separator, isHeader }: ListLook): Line[] {
  const text = (entry: Entry) => entryText(entry, { separator, isHeader });
  if (isHeader && !look.strict && isFleeting(change, look.fleeting)) return fleetingLines(change, look, text);
  return listChangeLines(change, look, text);
}

/** What differs each time is told without the signs of what counts. */
function fleetingLines(change: ListChange, { whole }: DiffLook, text: (entry: Entry) => string): Line[] {
  const line = (what: string): Line => [dim(`~ ${what}  (${EACH_TIME})`)];
  if (change.kind === "removed") return [line(`${shortened(text(change.before), whole).trimEnd()}, gone`)];
  if (change.kind === "added") return [line(`${shortened(text(change.after), whole).trimEnd()}, new`)];
  const { before, after, hidden } = change;
  if (hidden) return [line(`${text(after)}${NOT_SHOWN}`)];
  const name = before.name === after.name ? text({ ...after, value: "" }) : "";
  const values = [text(before).slice(name.length) || EMPTY, text(after).slice(name.length) || EMPTY] as const;
  const [was, is] = whole ? values : shortenedPair(...values);
  if (was.length + is.length <= SHORT_PAIR) return [line(`${name}${was} -> ${is}`)];
  return [[dim(`~ ${name}${was}`)], [dim(`  ${" ".repeat(Math.max(0, name.length - 3))}-> ${is}  (${EACH_TIME})`)]];
}

function listChangeLines(change: ListChange, look: DiffLook, text: (entry: Entry) => string): Line[] {
  if (change.kind === "removed") return [[red(`- ${shortened(text(change.before), look.whole).trimEnd()}`)]];
  if (change.kind === "added") return [[green(`+ ${shortened(text(change.after), look.whole).trimEnd()}`)]];
  const { kind, before, after, hidden } = change;
  if (kind === "moved")
    return [[yellow("~ "), shortened(text(after), look.whole), `  moved: ${before.index + 1} -> ${after.index + 1}`]];
  if (kind === "respelled")
    return [[yellow("~ "), red(before.name), " -> ", green(after.name), "  the name's case alone"]];
  if (hidden) return [[yellow("~ "), text(after), NOT_SHOWN]];
  const named = before.name === after.name && before.value !== null && after.value !== null;
  if (!named) return wentAndCame("", text(before), text(after), look);
  const name = text({ ...after, value: "" });
  return wentAndCame(name, text(before).slice(name.length), text(after).slice(name.length), look);
}

/** Header values are bytes as a rule of ASCII, else most likely of UTF-8. */
function entryText({ name, value }: Entry, { separator, isHeader }: Omit<ListLook, "look">): string {
  if (value === null) return name;
  const bytes = Buffer.from(value, "latin1");
  return `${name}${separator}${isHeader && isUtf8(bytes) ? bytes.toString("utf8") : value}`;
}

function textLines({ line, afterLine, before, after }: TextChange, { whole }: DiffLook): Line[] {
  const most = whole ? Number.POSITIVE_INFINITY : MOST_CHANGES;
  const [was, is] =
    !whole && before.length === 1 && after.length === 1
      ? shortenedPair(before[0] ?? "", after[0] ?? "").map((text) => [text])
      : [before, after];
  return [
    [dim(`@@ line ${line + 1} -> ${afterLine + 1}`)],
    ...oneSided("- ", was ?? [], { most, whole }).map((text) => [red(text)]),
    ...oneSided("+ ", is ?? [], { most, whole }).map((text) => [green(text)]),
  ];
}

function oneSided(sign: string, lines: readonly string[], { most, whole }: { most: number; whole: boolean }): string[] {
  const shown = lines.slice(0, most).map((text) => {
    const line = lineText(text, whole);
    // An empty line has its sign alone.
    return line === "" ? sign.trimEnd() : sign + line;
  });
  return lines.length > most ? [...shown, `${sign}... ${lines.length - most} lines more`] : shown;
}

function lineText(line: string, whole: boolean): string {
  return line.endsWith("\n")
    ? shortened(line.slice(0, -1), whole)
    : `${shortened(line, whole)}  (no newline at the end)`;
}
