import { CliError } from "../errors.js";
import { fieldNamed, FIELD_FORMS, type Field, type Facts } from "./expectation-fields.js";
import { globMatches } from "./glob.js";
import { isOneSlip } from "./slip.js";

/** What is expected: so many events, on each of which all conditions hold. */
export interface Expectation {
  /** As it was written. */
  readonly text: string;
  /** At least so many events. */
  readonly count: number;
  /** None: any event. */
  readonly conditions: readonly Condition[];
}

/** `FIELD=VALUE`. */
export interface Condition {
  readonly text: string;
  readonly field: Field;
  /** One of them has to fit. */
  readonly patterns: readonly Pattern[];
}

type Pattern =
  | { readonly kind: "glob"; readonly glob: string }
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "class"; readonly hundreds: string };

/** How expectations are read. */
export interface ExpectationRules {
  /** `answer`: only fields of the answer can be asked for, and a bare `2xx` or `200,202` is its status. */
  readonly of: "event" | "answer";
  /** A hint that names the names most like the one that was typed. */
  readonly suggest: (typed: string, names: readonly string[]) => string | undefined;
}

/** One condition, up to the word that parts it from the next one; in double quotes the word stands for itself. */
const PART = /((?:"(?:[^"\\]|\\.)*"|(?!\s+and\s+[A-Za-z][^\s=]*=)[^])*?)(?:\s+and\s+(?=[A-Za-z][^\s=]*=)|$)/y;
const COUNTED = /^(\d{1,9})x(?:\s+([^]*))?$/;
/** An `and` that no condition follows; in double quotes it is a word like any other. */
const DANGLING = /^[^"][^]*\sand(?:\s+\d{1,9}x\b[^]*)?$/;
const RANGE = /^(-?\d{1,15}(?:\.\d{1,15})?)?\.\.(-?\d{1,15}(?:\.\d{1,15})?)?$/;
const NUMBER = /^-?\d{1,300}(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?$/;
const STATUSES = /^\s*(?:[1-5](?:\d\d|xx)\s*(?:,\s*|$))+$/i;

/** Reads `type=message.created`, `3x type=a and status=2xx`, `count=3`. Throws CliError 2. */
export function parseExpectation(text: string, rules: ExpectationRules): Expectation {
  const bare = rules.of === "answer" && STATUSES.test(text) && !/,\s*$/.test(text) ? `status=${text.trim()}` : text;
  const counted = COUNTED.exec(bare.trim());
  const written = parts(counted === null ? bare.trim() : (counted[2] ?? ""));
  const counts = written.filter((part) => part.startsWith("count="));
  const conditions = written.filter((part) => !part.startsWith("count="));
  const wanted = [...(counted === null ? [] : [counted[1] ?? ""]), ...counts.map((part) => part.slice(6))];
  if (wanted.length > 1) throw wrong(text, "it counts twice");
  if (wanted.length + conditions.length === 0) throw wrong(text, "there is nothing in it", rules);
  if (wanted.length > 0 && rules.of === "answer") throw wrong(text, "each answer is judged, and none is counted");
  return {
    text: bare === text ? text : text.trim(),
    count: readCount(wanted[0] ?? "1", text),
    conditions: conditions.map((part) => parseCondition(part, text, rules)),
  };
}

/** The conditions that do not hold; none: it fits. */
export function unmetConditions({ conditions }: Expectation, facts: Facts): readonly Condition[] {
  return conditions.filter((condition) => !holds(condition, facts));
}

/** What stands in the place of what a condition asks for: `type was message.updated`. */
export function sayInstead({ field, text }: Condition, facts: Facts): string {
  const name = text.slice(0, text.indexOf("="));
  const value = field.read(facts);
  if (value === undefined) return `${name} is not there${field.beside?.(facts) ?? ""}`;
  return field.isHidden === true
    ? `${name} has another value`
    : `${name} was ${shortened(field.show?.(value) ?? value)}`;
}

/** Whether a status is among `4xx`, `503`: what `--fail-on` takes. */
export function parseStatuses(text: string, option: string): readonly string[] {
  const items = text
    .toLowerCase()
    .split(",")
    .map((item) => item.trim());
  if (items.every((item) => /^[1-5](?:\d\d|xx)$/.test(item))) return items;
  throw new CliError(`${option} takes statuses, not ${text}`, { hint: `${option} 4xx,5xx or ${option} 503` });
}

/** Whether `4xx` or `404` means a status. */
export function statusFits(wanted: string, status: number): boolean {
  return wanted.endsWith("xx") ? String(status)[0] === wanted[0] : String(status) === wanted;
}

function parts(text: string): string[] {
  const found: string[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) found.push(PART.exec(text)?.[1] ?? "");
  return found;
}

function parseCondition(part: string, whole: string, rules: ExpectationRules): Condition {
  const equals = equalsOf(part);
  if (equals === -1) throw wrong(whole, `${part} is no FIELD=VALUE`, rules);
  const name = part.slice(0, equals).trim();
  const value = part.slice(equals + 1).trim();
  const field = fieldNamed(name, rules.of);
  if (field === undefined) throw unknownField(name, whole, rules);
  if (DANGLING.test(value))
    throw wrong(whole, "no condition follows its last and", undefined, `write ${name}="..." around words`);
  if (value === "") throw wrong(whole, `${name} is to be nothing`, undefined, `write ${name}="" for an empty value`);
  return { text: `${name}=${value}`, field, patterns: readPatterns(value, field, whole) };
}

/** The first equals sign that stands in no bracket. */
function equalsOf(part: string): number {
  const name = /^(?:\["[^"]*"\]|[^="])*?(?==|$)/.exec(part)?.[0] ?? "";
  return part[name.length] === "=" ? name.length : -1;
}

function readPatterns(value: string, field: Field, whole: string): readonly Pattern[] {
  if (value.startsWith('"')) return [{ kind: "exact", text: readQuoted(value, whole) }];
  const items = field.isFree === true ? [value] : value.split(",").map((item) => item.trim());
  return items.map((item) => readPattern(item, field, whole));
}

function readPattern(item: string, field: Field, whole: string): Pattern {
  if (item === "") throw wrong(whole, "one of its values is empty");
  const range = RANGE.exec(item);
  if (range !== null && item !== "..") {
    const from = Number(range[1] ?? -Infinity);
    const to = Number(range[2] ?? Infinity);
    if (from > to) throw wrong(whole, `the range ${item} ends before it begins`);
    return { kind: "range", from, to };
  }
  if (field.isStatus === true && /^[1-5]xx$/i.test(item)) return { kind: "class", hundreds: item[0] ?? "" };
  const possible = field.values;
  if (possible !== undefined && !possible.some((value) => globMatches(item, value)))
    throw wrong(whole, `it can never be ${item}`, undefined, `there are ${possible.join(", ")}`);
  return { kind: "glob", glob: item };
}

function readQuoted(value: string, whole: string): string {
  try {
    const read: unknown = JSON.parse(value);
    if (typeof read === "string") return read;
  } catch {
    // Told below.
  }
  throw wrong(whole, `${value} is no text in double quotes`, undefined, 'write it as in JSON: "a \\"b\\""');
}

function readCount(text: string, whole: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count > 0) return count;
  throw wrong(whole, `${text} is no number of events`, undefined, "write count=3, or 3x type=message.created");
}

function holds({ field, patterns }: Condition, facts: Facts): boolean {
  const value = field.read(facts);
  return value !== undefined && patterns.some((pattern) => fits(pattern, value));
}

function fits(pattern: Pattern, value: string): boolean {
  if (pattern.kind === "glob") return globMatches(pattern.glob, value);
  if (pattern.kind === "exact") return pattern.text === value;
  if (pattern.kind === "class") return value.length === 3 && value[0] === pattern.hundreds;
  return NUMBER.test(value) && Number(value) >= pattern.from && Number(value) <= pattern.to;
}

function shortened(value: string): string {
  return value.length > 80 ? `${value.slice(0, 79)}…` : value;
}

function unknownField(name: string, whole: string, { of, suggest }: ExpectationRules): CliError {
  const known = fieldNamed(name, "event") !== undefined;
  if (of === "answer" && known) return wrong(whole, `${name} is not of the answer`, { of, suggest });
  const meant = meantField(name, of);
  const names = FIELD_FORMS.filter((form) => of === "event" || form.ofAnswer).map((form) => form.name);
  return new CliError(`not an expectation: ${whole}: there is no field ${name}`, {
    hint: meant === undefined ? suggest(name, names) : `did you mean ${meant}?`,
  });
}

/** For `heaer.x`, and for `header:x` as a route has it. */
function meantField(name: string, of: ExpectationRules["of"]): string | undefined {
  const [, word = "", rest = ""] = /^((?:answer\.)?[^.:[]+)[.:]([^]+)$/.exec(name) ?? [];
  const prefix = ["header", "body", "answer.header", "answer.body"].find(
    (known) => word === known || isOneSlip(word, known),
  );
  const meant = `${prefix ?? ""}.${rest}`;
  return fieldNamed(meant, of) === undefined ? undefined : meant;
}

function wrong(whole: string, why: string, rules?: ExpectationRules, hint?: string): CliError {
  const example =
    rules?.of === "answer"
      ? "write --expect 2xx, --expect status=200,404 or --expect answer.body.ok=true"
      : "write --expect type=message.created, --expect 'status=2xx and body.data.id=msg_1'; see hookcli help expectations";
  return new CliError(`not an expectation: ${whole}: ${why}`, {
    hint: hint ?? (rules === undefined ? undefined : example),
  });
}
