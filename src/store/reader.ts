import type { Attempt, HookEvent } from "../events/event.js";
import type { EventName, Selection } from "../events/selector.js";
import { bytesOf, textOf, unpackHeaders } from "./codec.js";
import type { Database, Row, SqlValue, Statement } from "./driver.js";
import { toStoreError } from "./faults.js";
import { conditionsOf, type Condition, type FindNames } from "./filter.js";
import { attemptOf, EVENT_COLUMNS, EVENT_TABLES, eventOf, headOf, listenerOf } from "./rows.js";
import type { EventHead, ListenerRow } from "./store.js";

/** Numbers of events read at a time; no transaction stays open between two pages. */
const PAGE = 500;
/** How much of a body `grep` looks at. */
const GREP_BYTES = 256 * 2 ** 10;

const LOAD = `SELECT ${EVENT_COLUMNS} FROM ${EVENT_TABLES} WHERE e.seq = ?`;
const LOAD_WITH_BODY = `SELECT ${EVENT_COLUMNS}, b.body FROM ${EVENT_TABLES} LEFT JOIN bodies b ON b.seq = e.seq
  WHERE e.seq = ?`;
const ATTEMPT_HEADS =
  "SELECT n, target, started_at, duration_ms, status, error FROM attempts WHERE event = ? ORDER BY n";
const ATTEMPTS = "SELECT * FROM attempts WHERE event = ? ORDER BY n";
const SEARCHED = `SELECT r.path, r.headers, substr(b.body, 1, ${GREP_BYTES}) AS body
  FROM requests r LEFT JOIN bodies b ON b.seq = r.seq WHERE r.seq = ?`;

/** Columns of one index alone. */
const HEADS = "SELECT seq, received_at, state, source FROM events WHERE project = ? AND seq";
const HEADS_ABOVE = `${HEADS} > ? ORDER BY seq LIMIT ?`;
const HEADS_BELOW = `${HEADS} < ? ORDER BY seq DESC LIMIT ?`;

/** Through the index of ids, whatever else is asked for; what a very short prefix matches is cut to the newest. */
const BY_PREFIX = "e.seq IN (SELECT seq FROM events WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1000)";

/** The store's reading side, over a connection of its own. */
export class Reader {
  private readonly db: Database;
  private readonly path: string;
  private readonly statements = new Map<string, Statement>();

  constructor(db: Database, path: string) {
    this.db = db;
    this.path = path;
  }

  get(idOrSeq: string | number): HookEvent | undefined {
    const seq =
      typeof idOrSeq === "number" ? idOrSeq : this.one("SELECT seq FROM events WHERE id = ?", idOrSeq)?.["seq"];
    return typeof seq === "number" ? this.load(seq, true) : undefined;
  }

  *select(selection: Selection, bodies: boolean): Iterable<HookEvent> {
    for (const seq of this.selected(selection)) {
      const event = this.load(seq, bodies);
      if (event !== undefined) yield event;
    }
  }

  seqs(selection: Selection): Iterable<number> {
    return this.selected(selection);
  }

  count(selection: Selection): number {
    let count = 0;
    for (const _seq of this.selected(selection)) count += 1;
    return count;
  }

  heads(project: string, from: { readonly above: number } | { readonly below: number }, limit: number): EventHead[] {
    const [id = -1] = this.findNames("project", (value) => value === project);
    const rows =
      "above" in from ? this.all(HEADS_ABOVE, id, from.above, limit) : this.all(HEADS_BELOW, id, from.below, limit);
    return rows.map(headOf);
  }

  projects(): readonly string[] {
    return this.all("SELECT value FROM names WHERE kind = 'project' ORDER BY id").map((row) => textOf(row["value"]));
  }

  room(): { readonly bytes: number; readonly freeBytes: number } {
    const pages = (name: string) => Number(this.one(`SELECT ${name} AS n FROM pragma_${name}`)?.["n"]);
    const pageBytes = this.pageBytes();
    return { bytes: pages("page_count") * pageBytes, freeBytes: pages("freelist_count") * pageBytes };
  }

  pageBytes(): number {
    return Number(this.one("PRAGMA page_size")?.["page_size"]);
  }

  attempts(eventId: string): readonly Attempt[] {
    const seq = this.one("SELECT seq FROM events WHERE id = ?", eventId)?.["seq"];
    return typeof seq === "number" ? this.all(ATTEMPTS, seq).map(attemptOf) : [];
  }

  listeners(): readonly ListenerRow[] {
    return this.all("SELECT * FROM listeners ORDER BY pid").map(listenerOf);
  }

  close(): void {
    this.statements.clear();
    this.db.close();
  }

  private load(seq: number, bodies: boolean): HookEvent | undefined {
    const row = this.one(bodies ? LOAD_WITH_BODY : LOAD, seq);
    return row === undefined
      ? undefined
      : eventOf(row, this.all(bodies ? ATTEMPTS : ATTEMPT_HEADS, seq).map(attemptOf));
  }

  /** The numbers of the events of a selection, in its order. */
  private selected(selection: Selection): Iterable<number> {
    const limit = selection.limit === undefined || selection.limit === 0 ? Infinity : selection.limit;
    if (selection.names.length > 0) return take(this.named(selection), limit);
    const oldestFirst = selection.order === "oldest";
    if (oldestFirst && limit !== Infinity) return [...take(this.matching(selection, false), limit)].toReversed();
    return take(this.matching(selection, oldestFirst), limit);
  }

  /** Events named one by one, each once. */
  private *named(selection: Selection): Iterable<number> {
    const seen = new Set<number>();
    for (const name of selection.names) {
      for (const seq of this.byName(name, selection)) {
        if (!seen.has(seq)) yield seq;
        seen.add(seq);
      }
    }
  }

  private byName(name: EventName, selection: Selection): Iterable<number> {
    if (name.kind === "last") return take(skip(this.matching(selection, false), name.back), 1);
    return this.matching(selection, true, conditionOf(name));
  }

  /** Numbers of all events that fit, page by page, by the conditions in SQL and then by `grep`. */
  private *matching(selection: Selection, ascending: boolean, extra?: Condition): Iterable<number> {
    const conditions = conditionsOf(selection, this.findNames);
    if (extra !== undefined) conditions.push(extra);
    const where = conditions.map(({ sql }) => `${sql} AND `).join("");
    const [compare, direction] = ascending ? [">", "ASC"] : ["<", "DESC"];
    const sql = `SELECT e.seq FROM events e WHERE ${where}e.seq ${compare} ? ORDER BY e.seq ${direction} LIMIT ${PAGE}`;
    const values = conditions.flatMap((condition) => condition.values);
    const fits = grepper(selection.grep);
    let from = ascending ? 0 : Number.MAX_SAFE_INTEGER;
    for (;;) {
      const page = this.all(sql, ...values, from).map((row) => Number(row["seq"]));
      for (const seq of page) if (fits === undefined || fits(this.one(SEARCHED, seq))) yield seq;
      if (page.length < PAGE) return;
      from = page.at(-1) ?? from;
    }
  }

  private readonly findNames: FindNames = (kind, matches) =>
    this.all("SELECT id, value FROM names WHERE kind = ?", kind)
      .filter((row) => matches(textOf(row["value"])))
      .map((row) => Number(row["id"]));

  private one(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.guarded(() => this.statement(sql).get(...values));
  }

  private all(sql: string, ...values: SqlValue[]): Row[] {
    return this.guarded(() => this.statement(sql).all(...values));
  }

  private statement(sql: string): Statement {
    const known = this.statements.get(sql) ?? this.db.prepare(sql);
    this.statements.set(sql, known);
    return known;
  }

  private guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw toStoreError(error, this.path);
    }
  }
}

function conditionOf(name: Exclude<EventName, { kind: "last" }>): Condition {
  if (name.kind === "seq") return { sql: "e.seq = ?", values: [name.seq] };
  if (name.kind === "range") return { sql: "e.seq BETWEEN ? AND ?", values: [name.from, name.to] };
  return { sql: BY_PREFIX, values: [name.prefix, `${name.prefix}~`] };
}

/** Whether the searched text stands in the path, the headers or the beginning of the body, in any case. */
function grepper(text: string | undefined): ((row: Row | undefined) => boolean) | undefined {
  if (text === undefined) return undefined;
  const wanted = text.toLowerCase();
  return (row) => {
    const headers = unpackHeaders(row?.["headers"]).map(([name, value]) => `${name}: ${value}`);
    const places = [textOf(row?.["path"]), headers.join("\n"), textOf(bytesOf(row?.["body"]))];
    return places.some((place) => place.toLowerCase().includes(wanted));
  };
}

function* take(values: Iterable<number>, count: number): Iterable<number> {
  let left = count;
  if (left <= 0) return;
  for (const value of values) {
    yield value;
    left -= 1;
    if (left <= 0) return;
  }
}

function* skip(values: Iterable<number>, count: number): Iterable<number> {
  let left = count;
  for (const value of values) {
    if (left <= 0) yield value;
    left -= 1;
  }
}
