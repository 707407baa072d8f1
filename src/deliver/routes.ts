import { CliError } from "../errors.js";
import {
  conditionHolds,
  conditionText,
  difference,
  equalsWithin,
  parseCondition,
  type Condition,
  type ConditionSubject,
} from "../events/condition.js";
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

const ROUTE_HINT = "write --route 'invoice.*=http://localhost:3001/invoices'";

/** Reads `match=target`. The first `=` parts them; in `header:name=value` and `body:field=value` the second does. Throws CliError 2. */
export function parseRoute(text: string): RouteRule {
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
    const isCut = (condition.kind === "header" || condition.kind === "body") && text.includes("=");
    const hint = isCut ? "a = in a value is written as ?, which stands for any character" : error.hint;
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
