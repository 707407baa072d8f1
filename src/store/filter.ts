import type { Selection } from "../events/selector.js";
import { globMatches } from "../events/glob.js";
import type { SqlValue } from "./driver.js";

/** A condition in SQL, with its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** What the filters of a selection ask for, but for names, `grep` and `limit`. */
export interface Conditions {
  /** Over the columns that `events` and `facets` both have. */
  readonly facets: readonly Condition[];
  /** Over the column that `events`, `listing` and `arrivals` all have. */
  readonly times: readonly Condition[];
}

/** The numbers of the names of a kind that `matches` accepts. */
export type FindNames = (kind: "project" | "type" | "provider", matches: (value: string) => boolean) => number[];

/** The conditions of a selection. */
export function conditionsOf(selection: Selection, findNames: FindNames): Conditions {
  const { project, types, providers, statuses, states, signatures, sources, since, until } = selection;
  const named = (kind: "type" | "provider", patterns: readonly string[]) =>
    oneOf(
      kind,
      findNames(kind, (value) => patterns.some((pattern) => globMatches(pattern, value))),
    );
  const facets: (Condition | undefined)[] = [
    project === undefined
      ? undefined
      : oneOf(
          "project",
          findNames("project", (value) => value === project),
        ),
    types === undefined ? undefined : named("type", types),
    providers === undefined ? undefined : named("provider", providers),
    statuses === undefined ? undefined : statusCondition(statuses),
    states === undefined ? undefined : oneOf("state", states),
    signatures === undefined ? undefined : oneOf("signature", signatures),
    sources === undefined ? undefined : oneOf("source", sources),
  ];
  const times: (Condition | undefined)[] = [
    since === undefined ? undefined : { sql: "received_at >= ?", values: [since] },
    until === undefined ? undefined : { sql: "received_at <= ?", values: [until] },
  ];
  return { facets: facets.filter(isGiven), times: times.filter(isGiven) };
}

/** A list of any length as one value. */
export function oneOf(column: string, values: readonly SqlValue[]): Condition {
  return { sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}

/** All of them, as the end of a statement: `AND ...`. */
export function allOf(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => ` AND ${sql}`).join(""),
    values: conditions.flatMap(({ values }) => values),
  };
}

function isGiven(condition: Condition | undefined): condition is Condition {
  return condition !== undefined;
}

function statusCondition(patterns: readonly string[]): Condition {
  const ranges = patterns.map(statusRange);
  const sql = ranges.map(() => "status BETWEEN ? AND ?").join(" OR ");
  return { sql: `(${sql})`, values: ranges.flat() };
}

/** `404` or `5xx` as the statuses it stands for. */
function statusRange(pattern: string): [number, number] {
  const first = Number(pattern.replaceAll(/x/gi, "0"));
  const last = Number(pattern.replaceAll(/x/gi, "9"));
  return [first, last];
}
