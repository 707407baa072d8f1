import type { SqlValue } from "./driver.js";
import { allOf, oneOf, type Condition, type Conditions } from "./filter.js";
import type { Query } from "./query.js";

/** Numbers of events read at a time; no transaction stays open between two pages. */
const PAGE = 500;
/** How many numbers a first look spans; a look that finds little is followed by a wider one. */
const FIRST_WINDOW = 2048;
const LARGEST_WINDOW = 2 ** 40;
const GROWTH = 4;
/** In a range of so few numbers the times are compared as it is read: looking for their ends goes through all of that time. */
const SHORT_RANGE = 16_384;
/** With more combinations than this it costs more to look for the ends of each than it saves. */
const MANY_FACETS = 1000;

/** Events that filters leave, from one number to another. */
export interface Scope {
  readonly conditions: Conditions;
  /** The combinations that the filters leave; `undefined`: all. */
  readonly facets: readonly number[] | undefined;
  readonly from: number;
  readonly to: number;
}

/** Where the ends of a scope lie at most: numbers that events may have, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads the events of filters in the order of their numbers. An event changes its combination when its answer comes, to one
 * that may be new: combinations and the rows under them are read in one snapshot, anew for each page.
 */
export class Listing {
  private readonly query: Query;

  constructor(query: Query) {
    this.query = query;
  }

  /** The events that conditions leave, of those that there are now. */
  scope(conditions: Conditions, { from, to }: Range): Scope {
    const facets = this.facets(conditions);
    const range = intersection({ from, to }, this.ends(facets));
    const isShort = range.to - range.from < SHORT_RANGE;
    return { conditions, facets, ...(isShort ? range : intersection(range, this.timeEnds(conditions))) };
  }

  /** The numbers of a scope, in order, page by page. */
  *seqs(scope: Scope, ascending: boolean): Iterable<number> {
    let { from, to } = scope;
    let span = FIRST_WINDOW;
    while (from <= to) {
      const window = ascending
        ? { from, to: Math.min(to, from + span - 1) }
        : { from: Math.max(from, to - span + 1), to };
      const page = this.query.snapshot(() => this.page(this.renewed(scope), window, ascending));
      yield* page;
      const isCut = page.length === PAGE;
      const end = isCut ? (page.at(-1) ?? 0) : ascending ? window.to : window.from;
      const seen = Math.abs(end - (ascending ? from : to)) + 1;
      span = isCut ? Math.max(PAGE, 2 * seen) : Math.min(LARGEST_WINDOW, span * GROWTH);
      if (ascending) from = end + 1;
      else to = end - 1;
    }
  }

  /** Which of these numbers are in a scope, in the order of numbers. */
  among(scope: Scope, seqs: readonly number[]): number[] {
    return seqs.length === 0 ? [] : this.query.snapshot(() => this.amongNow(this.renewed(scope), seqs));
  }

  private amongNow(scope: Scope, seqs: readonly number[]): number[] {
    const { conditions, facets } = scope;
    if (facets === undefined || seqs.length <= facets.length)
      return this.rows("events", [oneOf("seq", seqs), between(scope), ...conditions.facets, ...conditions.times]);
    const range = { from: Math.max(scope.from, seqs[0] ?? 0), to: Math.min(scope.to, seqs.at(-1) ?? 0) };
    const wanted = new Set(seqs);
    const found = this.rows("listing", [oneOf("facet", facets), between(range), ...conditions.times]);
    return found.filter((seq) => wanted.has(seq));
  }

  /** How many events are in a scope. */
  count({ conditions, facets, from, to }: Scope): number {
    const facet = facets === undefined ? [] : [oneOf("facet", facets)];
    const { sql, values } = allOf([...facet, between({ from, to }), ...conditions.times]);
    return Number(this.query.one(`SELECT count(*) AS n FROM listing WHERE true${sql}`, ...values)?.["n"]);
  }

  /** With the combinations of now. The ends stay: what was between them still is. */
  private renewed(scope: Scope): Scope {
    return scope.conditions.facets.length === 0 ? scope : { ...scope, facets: this.facets(scope.conditions) };
  }

  private facets({ facets }: Conditions): readonly number[] | undefined {
    if (facets.length === 0) return undefined;
    const { sql, values } = allOf(facets);
    // Both in one statement: between two a combination may come or go, and some would be taken for all.
    const all = "(SELECT count(*) FROM facets) AS n";
    const found = this.query.all(`SELECT id, ${all} FROM facets WHERE true${sql}`, ...values);
    return found.length > 0 && found.length === found[0]?.["n"] ? undefined : found.map((row) => Number(row["id"]));
  }

  /** The first and the last number that combinations can have. */
  private ends(facets: readonly number[] | undefined): Range {
    const isShort = facets !== undefined && facets.length <= MANY_FACETS;
    const end = (which: "min" | "max") =>
      isShort
        ? this.numberOf(
            `SELECT ${which}((SELECT ${which}(seq) FROM listing WHERE facet = f.value)) AS seq FROM json_each(?) f`,
            JSON.stringify(facets),
          )
        : this.numberOf(`SELECT ${which}(seq) AS seq FROM events`);
    return { from: end("min") ?? 1, to: end("max") ?? 0 };
  }

  /** The same of the times alone. */
  private timeEnds({ times }: Conditions): Range {
    if (times.length === 0) return { from: 0, to: Number.MAX_SAFE_INTEGER };
    const { sql, values } = allOf(times);
    const row = this.query.one(`SELECT min(seq) AS first, max(seq) AS last FROM arrivals WHERE true${sql}`, ...values);
    return { from: Number(row?.["first"] ?? 1), to: Number(row?.["last"] ?? 0) };
  }

  private page({ conditions, facets }: Scope, window: Range, ascending: boolean): number[] {
    const order = `ORDER BY seq ${ascending ? "ASC" : "DESC"} LIMIT ${PAGE}`;
    if (facets === undefined) return this.rows("events", [between(window), ...conditions.times], order);
    return this.rows("listing", [oneOf("facet", facets), between(window), ...conditions.times], order);
  }

  private rows(table: "events" | "listing", conditions: readonly Condition[], order = "ORDER BY seq"): number[] {
    const { sql, values } = allOf(conditions);
    return this.query
      .all(`SELECT seq FROM ${table} WHERE true${sql} ${order}`, ...values)
      .map((row) => Number(row["seq"]));
  }

  private numberOf(sql: string, ...values: SqlValue[]): number | undefined {
    const seq = this.query.one(sql, ...values)?.["seq"];
    return typeof seq === "number" ? seq : undefined;
  }
}

function intersection(a: Range, b: Range): Range {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
}

function between({ from, to }: Range): Condition {
  return { sql: "seq BETWEEN ? AND ?", values: [from, to] };
}
