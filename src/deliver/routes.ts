import { CliError } from "../errors.js";
import {
  conditionHolds,
  conditionText,
  difference,
  equalsWithin,
  parseCondition,
  PATH_HINT,
  requireKind,
  type Condition,
  type ConditionSubject,
} from "../events/condition.js";
import { globsMeet, holdsAlways, impliesAll } from "../events/condition-reach.js";
import type { HeaderList } from "../events/headers.js";
import { redactUrl } from "../events/redact.js";
import type { Target } from "./deliverer.js";
import type { RetrySettings } from "./retry.js";
import { parseTarget } from "./target.js";

/** One place that an event goes to, and how. What it does not say is as for every delivery. */
export interface Route {
  /** As the user wrote it, without what a credential's header must hold: `invoice.*=http://localhost:3001/invoices`. */
  readonly name: string;
  readonly target: Target;
  /** Headers of its deliveries, in place of same-named ones of all. */
  readonly headers?: HeaderList;
  readonly timeoutMs?: number;
  readonly retry?: RetrySettings;
}

/** A route with what an event must be like to take it: all of it. */
export interface RouteRule extends Route {
  readonly conditions: readonly Condition[];
  /** What it says itself of its retries; `retry` is that over the retries of all. */
  readonly ownRetry?: Partial<RetrySettings>;
}

/** What an event is routed by. */
export type RoutedEvent = ConditionSubject;

/**
 * The places that an event goes to. The answer of the first goes to the sender, the others are delivered to beside it; no two
 * of them have the same target. None: the event is stored and answered by hookcli.
 */
export type Router = (event: RoutedEvent) => readonly Route[];

/** Where events may go. */
export interface Routing {
  readonly rules: readonly RouteRule[];
  /** Where an event goes that no rule takes. */
  readonly target: Target | undefined;
  /** Only types that match one of these are delivered at all; empty: all. */
  readonly events: readonly string[];
}

/** What became of an event at one rule. */
export interface RuleVerdict {
  readonly rule: RouteRule;
  /** `differs`: `differences` says how; `same_target`: an earlier one takes the event to the same target. */
  readonly outcome: "taken" | "differs" | "same_target";
  readonly differences: readonly string[];
}

/** Where an event goes, and why. */
export interface Explanation {
  /** Why it is not delivered at all: its type is none of those of `events`. */
  readonly excluded: string | undefined;
  readonly verdicts: readonly RuleVerdict[];
  /** What it takes, the target for the rest among it. */
  readonly routes: readonly Route[];
}

const VALUE_HINT = "a = in a value is written as ?, which stands for any character";
/** What may have been meant where the target begins too early. */
const CUT_HINTS: Partial<Record<Condition["kind"], string>> = { header: VALUE_HINT, body: VALUE_HINT, path: PATH_HINT };
const ROUTE_HINT = "write --route 'invoice.*=http://localhost:3001/invoices'";

/** Reads `match=target`. The first `=` parts them; in `header:name=value` and `body:field=value` the second does. Throws CliError 2. */
export function parseRoute(text: string): RouteRule {
  requireKind(text, "--route");
  const at = parting(text);
  if (at === -1) {
    const hint = equalsWithin(text) === 1 ? "write --route 'header:x-github-event=push=3001'" : ROUTE_HINT;
    throw new CliError(`--route ${redactUrl(text)} has no target`, { hint });
  }
  const match = text.slice(0, at);
  if (match.trim() === "") throw new CliError("--route has nothing to match before its =", { hint: ROUTE_HINT });
  const condition = parseCondition(match, "--route");
  const targetText = text.slice(at + 1);
  if (targetText.trim() === "")
    throw new CliError(`--route ${conditionText(condition)} has no target after its =`, { hint: ROUTE_HINT });
  return routeRule({ conditions: [condition], target: routeTarget(targetText, condition) });
}

/** A rule with its name. */
export function routeRule(parts: Omit<RouteRule, "name">): RouteRule {
  const match = parts.conditions.map(conditionText).join(" and ");
  return { ...parts, name: `${match}=${redactUrl(parts.target.label)}` };
}

/** Rules under names of their own: two that differ only in what is not shown are told apart by a number. */
export function withOwnNames<Rule extends Route>(rules: readonly Rule[]): readonly Rule[] {
  const seen = new Map<string, number>();
  return rules.map((rule) => {
    const count = (seen.get(rule.name) ?? 0) + 1;
    seen.set(rule.name, count);
    return count === 1 ? rule : { ...rule, name: `${rule.name} (${count})` };
  });
}

/** What is odd about where events may go, a sentence each: rules that are never used, a target that gets nothing. */
export function routingFaults({ rules, target, events }: Routing): readonly string[] {
  const faults = rules.flatMap((rule, index) => {
    if (isShutOut(rule, events)) return `the route ${rule.name} is never used: --events lets in none of its types`;
    const same = rules.slice(0, index).filter((earlier) => earlier.target.label === rule.target.label);
    const wider = same.find((earlier) => impliesAll(rule.conditions, earlier.conditions));
    if (wider === undefined) return [];
    return impliesAll(wider.conditions, rule.conditions)
      ? `the route ${rule.name} is there twice; the first one is used`
      : `the route ${rule.name} is never used: ${wider.name} stands before it and takes all its events to the same target`;
  });
  const all = rules.find(({ conditions }) => conditions.every(holdsAlways));
  if (all === undefined || target === undefined || all.target.label === target.label) return faults;
  return [...faults, `${redactUrl(target.label)} gets nothing: the route ${all.name} takes every event`];
}

function isShutOut({ conditions }: RouteRule, events: readonly string[]): boolean {
  if (events.length === 0) return false;
  return conditions.some(
    (one) => one.kind === "type" && !one.globs.some((glob) => events.some((known) => globsMeet(glob, known))),
  );
}

/** Makes the router of rules, target and `--events`. */
export function createRouter(routing: Routing): Router {
  const { rules, target, events } = routing;
  const rest = plainRoute(target);
  const admits = admission(events);
  if (rules.length === 0) return admits === undefined ? () => rest : (event) => (admits(event) ? rest : []);
  return (event) => {
    if (admits?.(event) === false) return [];
    const taken = distinct(rules.filter((rule) => rule.conditions.every((one) => conditionHolds(one, event))));
    return taken.length === 0 ? rest : taken;
  };
}

/** Says of each rule whether it takes an event, and of none why not. */
export function explainRouting(routing: Routing, event: RoutedEvent): Explanation {
  const seen = new Set<string>();
  const verdicts = routing.rules.map((rule): RuleVerdict => {
    const differences = rule.conditions.flatMap((condition) => difference(condition, event) ?? []);
    if (differences.length > 0) return { rule, outcome: "differs", differences };
    const isFirst = !seen.has(rule.target.label);
    seen.add(rule.target.label);
    return { rule, outcome: isFirst ? "taken" : "same_target", differences };
  });
  const excluded = admission(routing.events)?.(event) === false ? excludedText(event) : undefined;
  return { excluded, verdicts, routes: createRouter(routing)(event) };
}

/** The place of the `=` between match and target, -1: there is none. */
function parting(text: string): number {
  let at = text.indexOf("=");
  for (let more = equalsWithin(text); more > 0 && at !== -1; more -= 1) at = text.indexOf("=", at + 1);
  return at;
}

function routeTarget(text: string, condition: Condition): Target {
  try {
    return parseTarget(text);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const hint = text.includes("=") ? (CUT_HINTS[condition.kind] ?? error.hint) : error.hint;
    throw new CliError(`--route ${conditionText(condition)}: ${error.message}`, { hint });
  }
}

/** The way of what no rule takes; none without a target. */
export function plainRoute(target: Target | undefined): readonly Route[] {
  return target === undefined ? [] : [{ name: redactUrl(target.label), target }];
}

function admission(events: readonly string[]): ((event: RoutedEvent) => boolean) | undefined {
  const condition: Condition = { kind: "type", globs: events };
  return events.length === 0 ? undefined : (event) => conditionHolds(condition, event);
}

function excludedText({ eventType }: RoutedEvent): string {
  return eventType === null
    ? "--events lets in only some types, and it has none"
    : `--events does not name ${eventType}`;
}

/** The first rule for each target. */
function distinct(rules: readonly RouteRule[]): readonly RouteRule[] {
  if (rules.length < 2) return rules;
  const seen = new Set<string>();
  return rules.filter(({ target: { label } }) => !seen.has(label) && seen.add(label));
}
