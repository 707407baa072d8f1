import type { Attempt, HookEvent } from "../events/event.js";
import type { EventName, Selection } from "../events/selector.js";
import { textOf, toBlob } from "./codec.js";
import type { Database, Row, SqlValue } from "./driver.js";
import { conditionsOf, type FindNames } from "./filter.js";
import { Listing, type Scope } from "./listing.js";
import { Query } from "./query.js";
import { attemptOf, EVENT_COLUMNS, EVENT_TABLES, eventOf, listenerOf } from "./rows.js";
import { unindexed } from "./search-build.js";
import { Search } from "./search.js";
import { statsOf, TIMED_EVENTS } from "./stats.js";
import type { Backlog, ListenerRow, StoreStats } from "./store.js";

const LOAD = `SELECT ${EVENT_COLUMNS} FROM ${EVENT_TABLES} WHERE e.seq = ?`;
const LOAD_WITH_BODY = `SELECT ${EVENT_COLUMNS}, b.body FROM ${EVENT_TABLES} LEFT JOIN bodies b ON b.seq = e.seq
  WHERE e.seq = ?`;
const ATTEMPT_HEADS =
  "SELECT n, target, started_at, duration_ms, status, error FROM attempts WHERE event = ? ORDER BY n";
const ATTEMPTS = "SELECT * FROM attempts WHERE event = ? ORDER BY n";

const BACKLOG = `SELECT count(*) AS n FROM deliveries WHERE state = 'waiting'
  AND project = (SELECT id FROM names WHERE kind = 'project' AND value = ?) AND target = ?`;

const BACKLOGS = `SELECT n.value AS project, d.target, count(DISTINCT d.event) AS events
  FROM deliveries d JOIN names n ON n.id = d.project WHERE d.state = 'waiting' GROUP BY d.project, d.target`;

/** Pending events of a project that no delivery is left of, or with an attempt under way that belongs to none. */
const INTERRUPTED = `SELECT l.seq FROM listing l WHERE l.facet IN (SELECT id FROM facets WHERE state = 'pending'
    AND source <> 'import' AND project = (SELECT id FROM names WHERE kind = 'project' AND value = ?))
  AND (NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = l.seq AND d.state = 'waiting')
    OR EXISTS (SELECT 1 FROM attempts a WHERE a.event = l.seq AND a.duration_ms IS NULL AND a.error IS NULL
      AND a.n NOT IN (SELECT attempt FROM deliveries WHERE event = l.seq AND attempt IS NOT NULL)))
  ORDER BY l.seq`;

const EVERYTHING = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** What a very short prefix matches is cut to the newest. */
const BY_PREFIX = "SELECT seq FROM events WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1000";

/** The store's reading side, over a connection of its own. */
export class Reader {
  private readonly query: Query;
  private readonly listing: Listing;
  private version: number;

  constructor(db: Database, path: string) {
    this.query = new Query(db, path);
    this.listing = new Listing(this.query);
    this.version = this.dataVersion();
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
    if (selection.names.length > 0 || selection.grep !== undefined) return lengthOf(this.selected(selection));
    const found = this.query.snapshot(() => this.listing.count(this.scope(selection)));
    return Math.min(found, limitOf(selection));
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

  backlog(project: string, target: string): number {
    return Number(this.one(BACKLOG, toBlob(project), toBlob(target))?.["n"]);
  }

  backlogs(): readonly Omit<Backlog, "served">[] {
    return this.all(BACKLOGS).map((row) => {
      return { project: textOf(row["project"]), target: textOf(row["target"]), events: Number(row["events"]) };
    });
  }

  interrupted(project: string): readonly number[] {
    return this.all(INTERRUPTED, toBlob(project)).map((row) => Number(row["seq"]));
  }

  /** The processes that may make attempts of deliveries they have claimed, at that time. */
  leased(now: number): ReadonlySet<number> {
    return new Set(this.all("SELECT pid FROM leases WHERE until_at > ?", now).map((row) => Number(row["pid"])));
  }

  stats(selection: Selection): StoreStats {
    const isScope = selection.names.length === 0 && selection.grep === undefined;
    const all: Selection = { ...selection, limit: 0, order: "newest" };
    const counted = isScope ? { scope: this.scope(all) } : { seqs: [...this.selected(all)] };
    const newest = "seqs" in counted ? counted.seqs.toSorted((a, b) => b - a) : this.selected(all);
    return { ...statsOf(this.query, counted, take(newest, TIMED_EVENTS)), ...this.room() };
  }

  unindexed(): number {
    return unindexed((sql) => this.one(sql));
  }

  changed(): boolean {
    const before = this.version;
    this.version = this.dataVersion();
    return this.version !== before;
  }

  close(): void {
    this.query.close();
  }

  private load(seq: number, bodies: boolean): HookEvent | undefined {
    const row = this.one(bodies ? LOAD_WITH_BODY : LOAD, seq);
    return row === undefined
      ? undefined
      : eventOf(row, this.all(bodies ? ATTEMPTS : ATTEMPT_HEADS, seq).map(attemptOf));
  }

  /** The numbers of the events of a selection, in its order. */
  private selected(selection: Selection): Iterable<number> {
    const limit = limitOf(selection);
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
    if (name.kind === "id") return this.byPrefix(selection, name.prefix);
    return this.matching(selection, true, name.kind === "seq" ? { from: name.seq, to: name.seq } : name);
  }

  /** Numbers of all events that fit, of a range of numbers or of all. */
  private matching(selection: Selection, ascending: boolean, range = EVERYTHING): Iterable<number> {
    const scope = this.scope(selection, range);
    return this.search(selection.grep)?.seqs(scope, ascending) ?? this.listing.seqs(scope, ascending);
  }

  /** The few events whose ids begin so, and that fit. */
  private *byPrefix(selection: Selection, prefix: string): Iterable<number> {
    const found = this.all(BY_PREFIX, prefix, `${prefix}~`).map((row) => Number(row["seq"]));
    const seqs = found.toSorted((a, b) => a - b);
    const search = this.search(selection.grep);
    const scope = this.scope(selection);
    for (const seq of this.listing.among(scope, seqs)) if (search === undefined || search.has(seq)) yield seq;
  }

  private scope(selection: Selection, range = EVERYTHING): Scope {
    return this.query.snapshot(() => this.listing.scope(conditionsOf(selection, this.findNames), range));
  }

  private search(text: string | undefined): Search | undefined {
    return text === undefined ? undefined : new Search(this.query, this.listing, text);
  }

  private readonly findNames: FindNames = (kind, matches) =>
    this.all("SELECT id, value FROM names WHERE kind = ?", kind)
      .filter((row) => matches(textOf(row["value"])))
      .map((row) => Number(row["id"]));

  private one(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.query.one(sql, ...values);
  }

  private all(sql: string, ...values: SqlValue[]): Row[] {
    return this.query.all(sql, ...values);
  }

  private dataVersion(): number {
    return Number(this.one("PRAGMA data_version")?.["data_version"]);
  }
}

/** 0 stands for all. */
function limitOf({ limit = 0 }: Selection): number {
  return limit === 0 ? Infinity : limit;
}

function lengthOf(values: Iterable<unknown>): number {
  let length = 0;
  for (const _value of values) length += 1;
  return length;
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
