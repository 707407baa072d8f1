import { isUtf8 } from "node:buffer";
import { CliError } from "../errors.js";
import type { BodyFields } from "./body-fields.js";
import { parsePath } from "./field-path.js";
import { globMatches } from "./glob.js";
import { headerValues, isToken, type HeaderList } from "./headers.js";
import { REDACTED, redactHeaders } from "./redact.js";
import { isOneSlip } from "./slip.js";

/** What can be asked of an event: its type, its path, a header, its provider, or a field of its JSON body. Made by `parseCondition`. */
export type Condition =
  | { readonly kind: "type" | "provider"; readonly globs: readonly string[] }
  | { readonly kind: "path"; readonly glob: string }
  | { readonly kind: "header"; readonly name: string; readonly glob: string }
  | {
      readonly kind: "body";
      /** As it was written. */
      readonly field: string;
      readonly steps: readonly string[];
      readonly glob: string;
    };

/** What a condition is asked about. */
export interface ConditionSubject {
  readonly eventType: string | null;
  readonly provider: string | null;
  /** Raw, with the query, latin1. */
  readonly path: string;
  readonly headers: HeaderList;
  /** The fields of the body; `undefined` when it is too large to be read. Read once it is asked for. */
  readonly body: () => BodyFields | undefined;
}

/** What may stand before the first colon. What begins with none of these is a list of types: those may have colons. */
const KINDS = ["type", "provider", "path", "header", "body"] as const;
type Kind = (typeof KINDS)[number];

/** What is told of the `?` in a path that was meant to begin a query. */
export const PATH_HINT = "leave the query out: a path is compared without it, and ? stands for any character";

const HINT =
  "write invoice.*, path:/stripe, provider:stripe, header:x-github-event=push or body:data.kind=refund, with * and ? for any characters";

/**
 * Reads `invoice.*,customer.*` (or `type:...`), `provider:stripe`, `path:/stripe/*`, `header:x-github-event=push`, or
 * `body:data.kind=refund`. Throws CliError 2. `what`: what it stands in, for errors.
 */
export function parseCondition(text: string, what: string): Condition {
  requireKind(text, what);
  const { kind, rest } = kindOf(text);
  if (kind === "type" || kind === "provider") return { kind, globs: listOf(rest, { text, what }) };
  if (kind === "path") return { kind, glob: evenPath(latin1(pathGlob(rest, what))) };
  const equals = rest.indexOf("=");
  const name = equals === -1 ? rest : rest.slice(0, equals);
  if (name === "") throw bad(what, `${kind}: names no ${kind === "header" ? "header" : "field"}`);
  if (equals === -1) throw bad(what, `${kind}:${name} has no value`, `for any value write ${kind}:${name}=*`);
  const glob = rest.slice(equals + 1);
  if (kind === "body") return { kind, field: name, steps: fieldSteps(name, what), glob };
  if (!isToken(name)) throw bad(what, `${JSON.stringify(name)} is not the name of a header`);
  return { kind, name, glob };
}

/**
 * Throws CliError 2 for a text that begins with what is nearly the name of a kind: as a type it would be one that no event has.
 * A type that is written so comes after `type:`.
 */
export function requireKind(text: string, what: string): void {
  const meant = nearKind(text);
  if (meant === undefined) return;
  const word = text.slice(0, text.indexOf(":") + 1);
  throw bad(what, `${JSON.stringify(word)} is no kind of match`, `did you mean ${meant}:? for a type: type:${word}...`);
}

/** How many `=` of `match=rest` belong to the match: those of a header and of a field stand between name and value. */
export function equalsWithin(text: string): number {
  const { kind } = kindOf(text);
  return kind === "header" || kind === "body" ? 1 : 0;
}

/** A condition as it is written; what a header that is a credential must hold is `***`. */
export function conditionText(condition: Condition): string {
  if ("globs" in condition) {
    const text = condition.globs.join(",");
    // A type may look like a condition of another kind.
    const isPlain = kindOf(text).kind === "type" && nearKind(text) === undefined && !/^type:/i.test(text);
    return condition.kind === "type" && isPlain ? text : `${condition.kind}:${text}`;
  }
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
  if (kind === "header") return headerValues(subject.headers, condition.name).map(readable);
  if (kind === "body") return present(subject.body()?.scalar(condition.steps));
  if (kind === "path") return [pathOf(subject)];
  return present(kind === "type" ? subject.eventType : subject.provider);
}

/** Of subjects that were asked for it. */
const paths = new WeakMap<ConditionSubject, string>();

function pathOf(subject: ConditionSubject): string {
  let path = paths.get(subject);
  if (path === undefined) paths.set(subject, (path = evenPath(subject.path.split("?", 1)[0] ?? "")));
  return path;
}

function present(value: string | null | undefined): readonly string[] {
  return value === null || value === undefined ? [] : [value];
}

function absence(condition: Condition, subject: ConditionSubject): string {
  const { kind } = condition;
  if (kind === "header") return `there is no header ${condition.name}`;
  if (kind === "body") return absentField(condition.field, subject.body());
  return kind === "type" ? "it has no type" : "its provider is not known";
}

function absentField(field: string, body: BodyFields | undefined): string {
  if (body === undefined) return "the body is too large to be read for its fields";
  return body.isReadable ? `the body has no ${field}` : "the body is neither JSON nor a form";
}

function kindOf(text: string): { kind: Kind; rest: string } {
  const colon = text.indexOf(":");
  const word = text.slice(0, Math.max(colon, 0));
  const kind = KINDS.find((known) => known === word.toLowerCase());
  return kind === undefined ? { kind: "type", rest: text } : { kind, rest: text.slice(colon + 1) };
}

/** The kind from which the word before the first colon is one slip away. */
function nearKind(text: string): Kind | undefined {
  const word = /^([a-z ]+):/i.exec(text)?.[1]?.toLowerCase();
  if (word === undefined || KINDS.some((known) => known === word)) return undefined;
  return KINDS.find((known) => isOneSlip(word, known));
}

function listOf(rest: string, { text, what }: { text: string; what: string }): string[] {
  const items = rest.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) {
    throw bad(what, items.length === 1 ? "there is nothing to match" : `an item of ${JSON.stringify(text)} is empty`);
  }
  return items;
}

function pathGlob(rest: string, what: string): string {
  if (!rest.startsWith("/") && !rest.startsWith("*"))
    throw bad(what, `the path ${JSON.stringify(rest)} does not begin with /`);
  const query = /\?[^/*]*=/.exec(rest);
  if (query === null) return rest;
  throw bad(what, `the path ${JSON.stringify(rest)} has a query, which is not looked at`, PATH_HINT);
}

function fieldSteps(name: string, what: string): readonly string[] {
  if (name.split(".").includes("")) throw bad(what, `the field ${JSON.stringify(name)} has an empty step`);
  const steps = parsePath(name.startsWith("[") ? name : `.${name}`);
  if (steps !== undefined) return steps;
  throw bad(what, `${JSON.stringify(name)} is not a field`, 'write data.kind, items.0.id, or items[0]["a.b"]');
}

/**
 * A path in the one writing that is compared: what need not be percent-encoded is not, all else that may not stand in a path
 * is (RFC 3986 6.2.2).
 */
function evenPath(path: string): string {
  if (/^[!-$&-~]*$/.test(path)) return path;
  return path
    .replaceAll(/[^!-~]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .replaceAll(/%[0-9a-f]{2}/gi, (code) => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return /[\w.~-]/.test(character) ? character : code.toUpperCase();
    });
}

/** A header's bytes as the text that they most likely are. */
function readable(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  return isUtf8(bytes) ? bytes.toString() : value;
}

/** Paths are compared as the bytes that they are. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function redacted(name: string, value: string): string {
  return redactHeaders([[name, value]])[0]?.[1] ?? REDACTED;
}

function bad(what: string, why: string, hint: string = HINT): CliError {
  return new CliError(`${what}: ${why}`, { hint });
}
