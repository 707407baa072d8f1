import type { Node } from "jsonc-parser";
import { parseCondition, type Condition } from "../events/condition.js";
import { CliError } from "../errors.js";
import { suggestion } from "../providers/nearest.js";
import type { ConfigEntry } from "./file.js";
import * as kinds from "./kinds.js";
import type { ValueKind } from "./kinds.js";

/** One of `routes` in a config file, checked. Headers may name their values by reference. */
export interface RouteSpec {
  /** All of them have to hold. */
  readonly conditions: readonly Condition[];
  readonly target: string;
  readonly headers: readonly ConfigEntry[];
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly retryDelaysMs?: readonly number[];
  readonly retrySpeed?: number;
}

/** What a route may say. */
export const ROUTE_FIELDS = {
  match: {
    kind: kinds.match,
    about: "what an event must be like: invoice.*, path:/stripe, header:x-github-event=push; of a list all must hold",
  },
  target: { kind: kinds.target, about: "the local URL that such events are delivered to" },
  headers: { kind: kinds.headerValue, about: "headers of its deliveries, in place of those of all" },
  timeout: { kind: kinds.duration, about: 'the longest wait for this target; "0": no limit' },
  retry: { kind: kinds.integer(0, 1_000), about: "further attempts after a failed one" },
  retryDelays: { kind: kinds.durations, about: "the waits before them, the last for all beyond" },
  retrySpeed: { kind: kinds.speed, about: "how many times faster a provider's waits pass" },
} as const;

/** A property of a file, and where it stands. */
export interface RouteProperty {
  readonly name: string;
  readonly path: string;
  readonly offset: number;
  readonly node: Node;
}

/** What the reader of a file does for its routes. */
export interface RouteReading {
  properties(node: Node, path: string): readonly RouteProperty[];
  value<Value>(property: RouteProperty, kind: ValueKind<Value>): Value;
  header(property: RouteProperty): ConfigEntry;
  fail(offset: number, message: string, hint?: string): never;
}

/** Reads one object of the list. */
export function readRoute(route: RouteProperty, reading: RouteReading): RouteSpec {
  const properties = reading.properties(route.node, route.path);
  const unknown = properties.find(({ name }) => !Object.hasOwn(ROUTE_FIELDS, name));
  if (unknown !== undefined) {
    const hint = suggestion(unknown.name, Object.keys(ROUTE_FIELDS));
    reading.fail(unknown.offset, `${unknown.path}: unknown key of a route`, hint);
  }
  const named = (name: keyof typeof ROUTE_FIELDS) => properties.find((candidate) => candidate.name === name);
  const [match, target, headers, timeout, retry, delays, speed] = [
    named("match"),
    named("target"),
    named("headers"),
    named("timeout"),
    named("retry"),
    named("retryDelays"),
    named("retrySpeed"),
  ];
  if (match === undefined || target === undefined)
    return reading.fail(route.offset, `${route.path}: has no ${match === undefined ? "match" : "target"}`);
  return {
    conditions: conditionsOf(match, reading),
    target: reading.value(target, kinds.target),
    headers:
      headers === undefined ? [] : reading.properties(headers.node, headers.path).map((one) => reading.header(one)),
    ...(timeout === undefined ? {} : { timeoutMs: reading.value(timeout, kinds.duration) }),
    ...(retry === undefined ? {} : { retries: reading.value(retry, ROUTE_FIELDS.retry.kind) }),
    ...(delays === undefined ? {} : { retryDelaysMs: reading.value(delays, kinds.durations) }),
    ...(speed === undefined ? {} : { retrySpeed: reading.value(speed, kinds.speed) }),
  };
}

/** The JSON Schema of one route. */
export function routeSchema(): kinds.JsonSchema {
  const properties = Object.entries(ROUTE_FIELDS).map(([name, { kind, about }]) => {
    const schema = name === "headers" ? { type: "object", additionalProperties: kind.schema } : kind.schema;
    return [name, { description: about, ...schema }];
  });
  return {
    type: "object",
    properties: Object.fromEntries(properties) as kinds.JsonSchema,
    required: ["match", "target"],
    additionalProperties: false,
  };
}

function conditionsOf(property: RouteProperty, reading: RouteReading): readonly Condition[] {
  const texts = reading.value(property, kinds.match);
  try {
    return texts.map((text) => parseCondition(text, property.path));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return reading.fail(property.node.offset, error.message, error.hint);
  }
}
