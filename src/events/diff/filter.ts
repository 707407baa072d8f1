import { CliError } from "../../errors.js";
import { globMatches } from "../glob.js";
import type { BodyDiff } from "./body.js";
import type { JsonChange } from "./json.js";
import { pathText } from "./json-path.js";
import type { ListChange } from "./list.js";
import type { MessageDiff, PartDiff } from "./message.js";
import { PARTS, type Part } from "./parts.js";

/** What a comparison leaves out: a part, or in it what fits a pattern; `spelling`: how equal JSON is written. */
export type Ignored = { readonly part: Part; readonly pattern?: string } | { readonly part: "spelling" };

/** Parts of which single entries can be ignored, by the word before the colon. */
const BY_NAME: ReadonlyMap<string, readonly Part[]> = new Map([
  ["header", ["headers", "trailers"]],
  ["query", ["query"]],
  ["body", ["body"]],
]);

/** `header:date`, `query:page`, `body:data.*`, `body`, `spelling`. Throws CliError 2. */
export function parseIgnored(text: string): Ignored[] {
  if (text === "spelling") return [{ part: "spelling" }];
  const colon = text.indexOf(":");
  const parts = colon === -1 ? PARTS.filter((part) => part === text) : BY_NAME.get(text.slice(0, colon));
  if (parts !== undefined && parts.length > 0 && colon !== text.length - 1) {
    return parts.map((part) => (colon === -1 ? { part } : { part, pattern: text.slice(colon + 1) }));
  }
  throw new CliError(`--ignore takes a part or an entry of one, not ${text}`, {
    hint: `write header:NAME, query:NAME, body:data.id, spelling, or one of ${PARTS.join(", ")}`,
  });
}

/** A part's name, as `--only` takes it. Throws CliError 2. */
export function parsePart(text: string): Part {
  const part = PARTS.find((name) => name === text);
  if (part !== undefined) return part;
  throw new CliError(`--only takes ${PARTS.join(", ")}, not ${text}`);
}

/** The difference without what is to be left out. */
export function withoutIgnored(diff: MessageDiff, ignored: readonly Ignored[]): MessageDiff {
  return diff.flatMap((part) => {
    const rules = ignored.filter(
      (rule) => rule.part === part.part || (part.part === "body" && rule.part === "spelling"),
    );
    const rest = rules.reduce<PartDiff | undefined>((left, rule) => left && withoutOne(left, rule), part);
    return rest === undefined ? [] : [rest];
  });
}

function withoutOne(diff: PartDiff, rule: Ignored): PartDiff | undefined {
  if (rule.part === "spelling") return isSpellingAlone(diff) ? undefined : diff;
  const { pattern } = rule;
  if (pattern === undefined) return undefined;
  if ("changes" in diff) {
    const changes = diff.changes.filter((change) => !nameFits(change, pattern.toLowerCase()));
    return changes.length === 0 ? undefined : { ...diff, changes };
  }
  const body = diff.part === "body" ? withoutMembers(diff.body, pattern) : undefined;
  return diff.part === "body" && body !== undefined ? { ...diff, body } : undefined;
}

function isSpellingAlone(diff: PartDiff): boolean {
  return diff.part === "body" && diff.body.kind === "json" && diff.body.spelling !== undefined;
}

function withoutMembers(body: BodyDiff, pattern: string): BodyDiff | undefined {
  if (body.kind === "text" || body.kind === "binary" || (body.kind === "json" && body.spelling !== undefined))
    return body;
  if (body.kind === "form") {
    const changes = body.changes.filter((change) => !nameFits(change, pattern.toLowerCase()));
    return changes.length === 0 ? undefined : { kind: "form", changes };
  }
  const changes = body.changes.filter((change) => !pathFits(change, pattern));
  return changes.length === 0 ? undefined : { kind: "json", changes };
}

function nameFits(change: ListChange, pattern: string): boolean {
  return globMatches(pattern, (change.kind === "removed" ? change.before : change.after).name.toLowerCase());
}

/** True for the place itself and for all that lies beneath it. */
function pathFits({ path }: JsonChange, pattern: string): boolean {
  const text = pathText(path);
  return [pattern, `${pattern}.*`, `${pattern}[*`].some((glob) => globMatches(glob, text));
}

/** Headers that differ between any two messages and say nothing, in lower case. Signatures and ids of deliveries are known to the providers' rows. */
const FLEETING: ReadonlySet<string> = new Set([
  "age",
  "cf-ray",
  "connection",
  "content-length",
  "date",
  "hookcli-replay-of",
  "keep-alive",
  "traceparent",
  "tracestate",
  "x-amzn-trace-id",
  "x-correlation-id",
  "x-request-id",
  "x-request-start",
  "x-response-time",
  "x-runtime",
]);

/** True for a header that differs each time. `more`: names that do, in lower case. */
export function isFleeting(change: ListChange, more: ReadonlySet<string>): boolean {
  if (change.kind === "moved" || change.kind === "respelled") return false;
  const name = (change.kind === "removed" ? change.before : change.after).name.toLowerCase();
  return FLEETING.has(name) || more.has(name);
}

/** True when there is a difference beside headers that differ each time. */
export function saysSomething(diff: MessageDiff, fleeting: ReadonlySet<string>): boolean {
  return diff.some(
    (part) =>
      !(part.part === "headers" || part.part === "trailers") ||
      part.changes.some((change) => !isFleeting(change, fleeting)),
  );
}
