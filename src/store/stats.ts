import { numberOrNull, textOf } from "./codec.js";
import type { Row } from "./driver.js";
import { allOf, oneOf, type Condition } from "./filter.js";
import type { Scope } from "./listing.js";
import type { Query } from "./query.js";
import type { StoreStats, Tally } from "./store.js";

/** Events whose answers percentiles are taken of, the newest. */
export const TIMED_EVENTS = 5_000;
/** Events looked up at a time. */
const CHUNK = 500;

/** Those of a store that is not there yet. */
export const EMPTY_STATS: StoreStats = {
  events: 0,
  firstAt: null,
  lastAt: null,
  projects: [],
  providers: [],
  types: [],
  statuses: [],
  states: [],
  sources: [],
  signatures: [],
  duplicates: 0,
  refused: 0,
  dead: 0,
  answers: { timed: 0, ofNewestEvents: TIMED_EVENTS, p50Ms: null, p99Ms: null },
  bytes: 0,
  freeBytes: 0,
};

const COLUMNS = "project, type, provider, status, state, signature, source";
const SUMS = "count(*) AS events, min(received_at) AS first_at, max(received_at) AS last_at";

/** The events that stats are of: all that filters leave, or these. */
export type Counted = { readonly scope: Scope } | { readonly seqs: readonly number[] };

/** Counts events by what they have in common; `newest` gives the numbers of the newest, whose answers are timed. */
export function statsOf(
  query: Query,
  counted: Counted,
  newest: Iterable<number>,
): Omit<StoreStats, "bytes" | "freeBytes"> {
  const before = namesOf(query);
  const rows = "scope" in counted ? ofScope(query, counted.scope) : ofSeqs(query, counted.seqs);
  // Names may come and go meanwhile; a number never means another name.
  const names = new Map([...before, ...namesOf(query)]);
  const by = (column: string, label: (row: Row) => string | null) =>
    tally(rows, (row) => (row[column] !== 0 ? label(row) : null));
  const named = (column: string) => by(column, (row) => names.get(Number(row[column])) ?? null);
  const plain = (column: string) => by(column, (row) => textOf(row[column]));
  const states = plain("state");
  const ofState = (state: string) => states.find(({ value }) => value === state)?.events ?? 0;
  return {
    events: rows.reduce((sum, row) => sum + Number(row["events"]), 0),
    firstAt: smallest(rows.map((row) => Number(row["first_at"]))),
    lastAt: smallest(
      rows.map((row) => -Number(row["last_at"])),
      -1,
    ),
    projects: named("project"),
    providers: named("provider"),
    types: named("type"),
    statuses: plain("status"),
    states,
    sources: plain("source"),
    signatures: plain("signature"),
    duplicates: duplicatesOf(query, counted),
    refused: ofState("refused"),
    dead: ofState("dead"),
    answers: answersOf(query, newest),
  };
}

function namesOf(query: Query): (readonly [number, string])[] {
  return query.all("SELECT id, value FROM names").map(({ id, value }) => [Number(id), textOf(value)]);
}

function ofScope(query: Query, { conditions, facets, from, to }: Scope): Row[] {
  const facet = facets === undefined ? [] : [oneOf("facet", facets)];
  const range = { sql: "seq BETWEEN ? AND ?", values: [from, to] };
  const { sql, values } = allOf([...facet, range, ...conditions.times]);
  const sums = `SELECT facet, ${SUMS} FROM listing WHERE true${sql} GROUP BY facet`;
  return query.all(`SELECT ${COLUMNS}, events, first_at, last_at FROM (${sums}) JOIN facets ON id = facet`, ...values);
}

function ofSeqs(query: Query, seqs: readonly number[]): Row[] {
  const columns = COLUMNS.replaceAll(/type|provider|status/g, (column) => `coalesce(${column}, 0) AS ${column}`);
  return chunks(seqs).flatMap((chunk) => {
    const { sql, values } = allOf([oneOf("seq", chunk)]);
    return query.all(`SELECT ${columns}, ${SUMS} FROM events WHERE true${sql} GROUP BY 1, 2, 3, 4, 5, 6, 7`, ...values);
  });
}

/** Most events first; those without a value have `null`. */
function tally(rows: readonly Row[], label: (row: Row) => string | null): Tally[] {
  const events = new Map<string | null, number>();
  for (const row of rows) events.set(label(row), (events.get(label(row)) ?? 0) + Number(row["events"]));
  const tallies = [...events].map(([value, count]) => ({ value, events: count }));
  return tallies.toSorted((a, b) => b.events - a.events || ((a.value ?? "") < (b.value ?? "") ? -1 : 1));
}

function smallest(numbers: readonly number[], sign = 1): number | null {
  return numbers.length === 0 ? null : sign * numbers.reduce((least, number) => Math.min(least, number));
}

function duplicatesOf(query: Query, counted: Counted): number {
  const count = (conditions: readonly Condition[]) => {
    const { sql, values } = allOf(conditions);
    return Number(
      query.one(`SELECT count(*) AS n FROM events JOIN duplicates USING (seq) WHERE true${sql}`, ...values)?.["n"],
    );
  };
  if ("seqs" in counted) return chunks(counted.seqs).reduce((sum, chunk) => sum + count([oneOf("seq", chunk)]), 0);
  const { conditions, from, to } = counted.scope;
  return count([{ sql: "seq BETWEEN ? AND ?", values: [from, to] }, ...conditions.facets, ...conditions.times]);
}

function answersOf(query: Query, newest: Iterable<number>): StoreStats["answers"] {
  const durations = chunks([...newest]).flatMap((chunk) => {
    const { sql, values } = allOf([oneOf("event", chunk)]);
    const rows = query.all(`SELECT duration_ms FROM attempts WHERE status IS NOT NULL${sql}`, ...values);
    return rows.map((row) => numberOrNull(row["duration_ms"])).filter((duration) => duration !== null);
  });
  const sorted = Float64Array.from(durations).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return { timed: sorted.length, ofNewestEvents: TIMED_EVENTS, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function chunks(seqs: readonly number[]): (readonly number[])[] {
  return Array.from({ length: Math.ceil(seqs.length / CHUNK) }, (_, index) =>
    seqs.slice(index * CHUNK, (index + 1) * CHUNK),
  );
}
