import { CliError } from "../errors.js";
import { globMatches } from "./glob.js";
import { headerValues, isToken, type HeaderList } from "./headers.js";
import { REDACTED, redactHeaders } from "./redact.js";

/** What can be asked of an event: its type, its path, a header, its provider, or a field of its JSON body. Made by `parseCondition`. */
export type Condition =
  | { readonly kind: "type" | "provider"; readonly globs: readonly string[] }
  | { readonly kind: "path"; readonly glob: string }
  | { readonly kind: "header"; readonly name: string; readonly glob: string }
  | { readonly kind: "body"; readonly field: string; readonly glob: string };

/** What a condition is asked about. */
export interface ConditionSubject {
  readonly eventType: string | null;
  readonly provider: string | null;
  /** Raw, with the query, latin1. */
  readonly path: string;
  readonly headers: HeaderList;
  /** The JSON value of the body; `undefined` when it is none. Read once it is asked for. */
  readonly body: () => unknown;
}

/** What may stand before the first colon. What begins with none of these is a list of types: those may have colons. */
const KINDS = ["type", "provider", "path", "header", "body"] as const;
type Kind = (typeof KINDS)[number];

const HINT =
  "write invoice.*, path:/stripe, provider:stripe, header:x-github-event=push or body:data.kind=refund, with * and ? for any characters";

/**
 * Reads `invoice.*,customer.*` (or `type:...`), `provider:stripe`, `path:/stripe/*`, `header:x-github-event=push`, or
 * `body:data.kind=refund`. Throws CliError 2. `what`: what it stands in, for errors.
 */
export function parseCondition(text: string, what: string): Condition {
  const { kind, rest } = kindOf(text);
  if (kind === "type" || kind === "provider") return { kind, globs: listOf(rest, { text, what }) };
  if (kind === "path") return { kind, glob: latin1(pathGlob(rest, what)) };
  const equals = rest.indexOf("=");
  const name = equals === -1 ? rest : rest.slice(0, equals);
  if (name === "") throw bad(what, `${kind}: names no ${kind === "header" ? "header" : "field"}`);
  if (equals === -1) throw bad(what, `${kind}:${name} has no value`, `for any value write ${kind}:${name}=*`);
  const glob = rest.slice(equals + 1);
  if (kind === "body") return { kind, field: fieldName(name, what), glob };
  if (!isToken(name)) throw bad(what, `${JSON.stringify(name)} is not the name of a header`);
  return { kind, name, glob: latin1(glob) };
}

/** How many `=` of `match=rest` belong to the match: those of a header and of a field stand between name and value. */
export function equalsWithin(text: string): number {
  const { kind } = kindOf(text);
  return kind === "header" || kind === "body" ? 1 : 0;
}

/** A condition as it is written; what a header that is a credential must hold is `***`. */
export function conditionText(condition: Condition): string {
  if ("globs" in condition) return `${condition.kind === "type" ? "" : "provider:"}${condition.globs.join(",")}`;
  if (condition.kind === "path") return `path:${condition.glob}`;
  if (condition.kind === "body") return `body:${condition.field}=${condition.glob}`;
  return `header:${condition.name}=${redacted(condition.name, condition.glob)}`;
}

/** Whether it holds for an event. */
export function conditionHolds(condition: Condition, subject: ConditionSubject): boolean {
  const globs = "globs" in condition ? condition.globs : [condition.glob];
  return valuesAt(condition, subject).some((value) => globs.some((glob) => globMatches(glob, value)));
}

/** What differs, for people: `type is ping`, `there is no header x-github-event`; `undefined`: it holds. */
export function difference(condition: Condition, subject: ConditionSubject): string | undefined {
  if (conditionHolds(condition, subject)) return undefined;
  const values = valuesAt(condition, subject);
  if (values.length === 0) return absence(condition, subject);
  if (condition.kind === "header") {
    return `${condition.name} is ${values.map((value) => redacted(condition.name, value)).join(" and ")}`;
  }
  if (condition.kind === "body") return `${condition.field} is ${JSON.stringify(values[0])}`;
  return `${condition.kind} is ${values[0]}`;
}

/** The values that a condition looks at. */
function valuesAt(condition: Condition, subject: ConditionSubject): readonly string[] {
  const { kind } = condition;
  if (kind === "header") return headerValues(subject.headers, condition.name);
  if (kind === "body") return present(scalarAt(subject.body(), condition.field.split(".")));
  if (kind === "path") return [subject.path.split("?", 1)[0] ?? ""];
  return present(kind === "type" ? subject.eventType : subject.provider);
}

function present(value: string | null | undefined): readonly string[] {
  return value === null || value === undefined ? [] : [value];
}

function absence(condition: Condition, subject: ConditionSubject): string {
  const { kind } = condition;
  if (kind === "header") return `there is no header ${condition.name}`;
  if (kind === "body")
    return subject.body() === undefined ? "the body is not JSON" : `the body has no ${condition.field}`;
  return kind === "type" ? "it has no type" : "its provider is not known";
}

function kindOf(text: string): { kind: Kind; rest: string } {
  const colon = text.indexOf(":");
  const word = text.slice(0, Math.max(colon, 0));
  const kind = KINDS.find((known) => known === word.toLowerCase());
  return kind === undefined ? { kind: "type", rest: text } : { kind, rest: text.slice(colon + 1) };
}

function listOf(rest: string, { text, what }: { text: string; what: string }): string[] {
  const items = rest.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) {
    throw bad(what, items.length === 1 ? "there is nothing to match" : `an item of ${JSON.stringify(text)} is empty`);
  }
  return items;
}

function pathGlob(rest: string, what: string): string {
  if (rest.startsWith("/") || rest.startsWith("*")) return rest;
  throw bad(what, `the path ${JSON.stringify(rest)} does not begin with /`);
}

function fieldName(name: string, what: string): string {
  if (name.split(".").includes("")) throw bad(what, `the field ${JSON.stringify(name)} has an empty step`);
  return name;
}

/** Headers and paths are compared as the bytes that they are. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function redacted(name: string, value: string): string {
  return redactHeaders([[name, value]])[0]?.[1] ?? REDACTED;
}

/** Own properties only; strings as they are, other scalars in JSON's writing. */
function scalarAt(value: unknown, steps: readonly string[]): string | undefined {
  let current = value;
  for (const step of steps) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string, unknown>)[step];
  }
  if (typeof current === "string") return current;
  return typeof current === "object" && current !== null ? undefined : JSON.stringify(current);
}

function bad(what: string, why: string, hint: string = HINT): CliError {
  return new CliError(`${what}: ${why}`, { hint });
}
