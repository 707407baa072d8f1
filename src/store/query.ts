import type { Database, Row, SqlValue, Statement } from "./driver.js";
import { toStoreError } from "./faults.js";

/** Reads over one connection, each statement prepared once. Throws StoreError. */
export class Query {
  private readonly db: Database;
  private readonly path: string;
  private readonly statements = new Map<string, Statement>();
  private inSnapshot = false;

  constructor(db: Database, path: string) {
    this.db = db;
    this.path = path;
  }

  one(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.guarded(() => this.statement(sql).get(...values));
  }

  all(sql: string, ...values: SqlValue[]): Row[] {
    return this.guarded(() => this.statement(sql).all(...values));
  }

  /** Several reads of one state of the store. What is written meanwhile is seen by none of them. */
  snapshot<T>(read: () => T): T {
    if (this.inSnapshot) return read();
    this.guarded(() => this.db.exec("BEGIN"));
    this.inSnapshot = true;
    try {
      return read();
    } finally {
      this.inSnapshot = false;
      this.guarded(() => this.db.exec("COMMIT"));
    }
  }

  close(): void {
    this.statements.clear();
    this.db.close();
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
