import type { Database, Statement } from "./driver.js";
import { pageKey } from "./search-pages.js";

/** Segments looked at in one step. One is deleted at a time: it has hundreds of pages. */
const SEGMENTS_AT_ONCE = 16;
/** Names and combinations looked at in one step, and deleted in one transaction. */
const ROWS_AT_ONCE = 256;

/** Runs deletions in a transaction, without foreign keys: see {@link withoutForeignKeys}. */
export type Transact = (remove: () => void) => void;

/**
 * Deletes what no event uses any more: segments of the index of `--grep`, combinations in `facets`, names of types and
 * providers; whoever knows the public URL can make any number of them. It goes through each table once, in steps of about
 * a millisecond. What is unused is looked for without a lock, and judged again in the transaction that deletes it.
 */
export class Sweep {
  private readonly db: Database;
  private rest: Iterator<unknown> | undefined;
  private transact: Transact = (remove) => remove();

  constructor(db: Database) {
    this.db = db;
  }

  /** One step. True when it has been through all; a further step begins anew. */
  step(transact: Transact): boolean {
    const rest = this.rest ?? this.all();
    // After a failure it begins anew, too.
    this.rest = undefined;
    this.transact = transact;
    if (rest.next().done === true) return true;
    this.rest = rest;
    return false;
  }

  private *all(): Iterator<unknown> {
    yield* this.segments();
    yield* this.facets();
    yield* this.names();
  }

  private segments(): Iterable<unknown> {
    const unused = `SELECT id FROM search_segments WHERE id BETWEEN ? AND ?
      AND NOT EXISTS (SELECT 1 FROM events WHERE seq BETWEEN first AND last)`;
    const removePages = this.db.prepare("DELETE FROM search_pages WHERE key >= ? AND key < ?");
    const remove = this.db.prepare("DELETE FROM search_segments WHERE id = ?");
    return this.through("search_segments", SEGMENTS_AT_ONCE, (from, to) =>
      this.removeAll(
        () => this.ids(unused, from, to).slice(0, 1),
        (id) => {
          removePages.run(pageKey(id, 0), pageKey(id + 1, 0));
          remove.run(id);
        },
      ),
    );
  }

  /** The newest row stays, so that no number is given twice: somebody may have it in hand. */
  private facets(): Iterable<unknown> {
    const unused = `SELECT id FROM facets WHERE id BETWEEN ? AND ? AND id < (SELECT max(id) FROM facets)
      AND NOT EXISTS (SELECT 1 FROM listing WHERE facet = facets.id)`;
    const remove = this.db.prepare("DELETE FROM facets WHERE id = ?");
    return this.through("facets", ROWS_AT_ONCE, (from, to) =>
      this.removeAll(
        () => this.ids(unused, from, to),
        (id) => remove.run(id),
      ),
    );
  }

  /** Every event is of a combination, and a combination never changes. Those of projects stay: the user made them. */
  private *names(): Iterable<unknown> {
    const used = new UsedNames(this.db);
    while (used.read(ROWS_AT_ONCE)) yield undefined;
    const candidates = `SELECT id FROM names WHERE id BETWEEN ? AND ? AND id < (SELECT max(id) FROM names)
      AND kind IN ('type', 'provider')`;
    const remove = this.db.prepare("DELETE FROM names WHERE id = ?");
    const unused = (from: number, to: number) => {
      // Combinations that have come meanwhile.
      while (used.read(ROWS_AT_ONCE));
      return this.ids(candidates, from, to).filter((id) => !used.has(id));
    };
    yield* this.through("names", ROWS_AT_ONCE, (from, to) =>
      this.removeAll(
        () => unused(from, to),
        (id) => remove.run(id),
      ),
    );
  }

  /** Visits the rows of a table from number to number, some at a time. */
  private *through(
    table: string,
    atOnce: number,
    visit: (from: number, to: number) => Iterable<unknown>,
  ): Iterable<unknown> {
    const some = `SELECT id FROM ${table} WHERE id > ? ORDER BY id LIMIT ${atOnce}`;
    const ahead = this.db.prepare(`SELECT min(id) AS first, max(id) AS last FROM (${some})`);
    for (let after = 0; ;) {
      const { first, last } = ahead.get(after) ?? {};
      if (typeof first !== "number" || typeof last !== "number") return;
      yield* visit(first, last);
      after = last;
      yield undefined;
    }
  }

  private *removeAll(unused: () => readonly number[], remove: (id: number) => unknown): Iterable<unknown> {
    while (unused().length > 0) {
      this.transact(() => {
        for (const id of unused()) remove(id);
      });
      yield undefined;
    }
  }

  private ids(sql: string, from: number, to: number): number[] {
    return this.db
      .prepare(sql)
      .all(from, to)
      .map((row) => Number(row["id"]));
  }
}

/** The types and providers of all combinations. No number of a combination is given twice, so that later ones are found. */
class UsedNames {
  private readonly next: Statement;
  private readonly ids = new Set<number>();
  private through = 0;

  constructor(db: Database) {
    this.next = db.prepare("SELECT id, type, provider FROM facets WHERE id > ? ORDER BY id LIMIT ?");
  }

  /** Reads on. False when there was no more. */
  read(count: number): boolean {
    const rows = this.next.all(this.through, count);
    for (const row of rows) {
      this.ids.add(Number(row["type"]));
      this.ids.add(Number(row["provider"]));
      this.through = Number(row["id"]);
    }
    return rows.length > 0;
  }

  has(id: number): boolean {
    return this.ids.has(id);
  }
}

/**
 * Runs a transaction without the keys from table to table: for each name that it deletes SQLite would look through all
 * events. A sweep deletes none that an event has. What is left open is rolled back.
 */
export function withoutForeignKeys<T>(db: Database, transaction: () => T): T {
  db.exec("PRAGMA foreign_keys = OFF");
  try {
    return transaction();
  } finally {
    // Within a transaction the setting would not change.
    if (db.isTransaction) db.exec("ROLLBACK");
    db.exec("PRAGMA foreign_keys = ON");
  }
}
