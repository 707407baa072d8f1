import type { Selection } from "../events/selector.js";
import { globMatches } from "../events/glob.js";
import type { SqlValue } from "./driver.js";

/** A condition in SQL over `events e`, with its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** The numbers of the names of a kind that `matches` accepts. */
export type FindNames = (kind: "project" | "type" | "provider", matches: (value: string) => boolean) => number[];

/** All conditions of a selection but names, `grep` and `limit`. */
export function conditionsOf(selection: Selection, findNames: FindNames): Condition[] {
  const { project, types, providers, statuses, states, signatures, sources, since, until } = selection;
  const named = (column: string, kind: "project" | "type" | "provider", patterns: readonly string[]) =>
    oneOf(
      column,
      findNames(kind, (value) => patterns.some((pattern) => globMatches(pattern, value))),
    );
  return [
    project === undefined ? undefined : inProject(findNames("project", (value) => value === project)),
    types === undefined ? undefined : named("type", "type", types),
    providers === undefined ? undefined : named("provider", "provider", providers),
    statuses === undefined ? undefined : statusCondition(statuses),
    states === undefined ? undefined : oneOf("state", states),
    signatures === undefined ? undefined : oneOf("signature", signatures),
    sources === undefined ? undefined : oneOf("source", sources),
    since === undefined ? undefined : { sql: "e.received_at >= ?", values: [since] },
    until === undefined ? undefined : { sql: "e.received_at <= ?", values: [until] },
  ].filter((condition) => condition !== undefined);
}

/** Equality, so that the index is read in the order of `seq`. A project without events has no number: nothing matches. */
function inProject(ids: readonly number[]): Condition {
  return { sql: "e.project = ?", values: [ids[0] ?? -1] };
}

/** A list of any length as one value. */
function oneOf(column: string, values: readonly SqlValue[]): Condition {
  return { sql: `e.${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}

function statusCondition(patterns: readonly string[]): Condition {
  const ranges = patterns.map(statusRange);
  const sql = ranges.map(() => "e.status BETWEEN ? AND ?").join(" OR ");
  return { sql: `(${sql})`, values: ranges.flat() };
}

/** `404` or `5xx` as the statuses it stands for. */
function statusRange(pattern: string): [number, number] {
  const first = Number(pattern.replaceAll(/x/gi, "0"));
  const last = Number(pattern.replaceAll(/x/gi, "9"));
  return [first, last];
}
