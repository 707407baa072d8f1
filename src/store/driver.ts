import { nodeMajor } from "./platform.js";

/** What SQLite takes and gives. Text from the wire is bound as bytes: text with NUL is cut on Node 20 and 22. */
export type SqlValue = null | number | string | Uint8Array;
export type Row = Readonly<Record<string, SqlValue | undefined>>;

/** A prepared statement. */
export interface Statement {
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): Row[];
}

/** A connection. Every call blocks its thread. */
export interface Database {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface DatabaseOptions {
  readonly readOnly: boolean;
  /** How long a call waits for a lock that another connection holds. */
  readonly busyTimeoutMs: number;
}

/** Opens a connection; how a test puts a faulty one in its place. */
export type OpenDatabase = (path: string, options: DatabaseOptions) => Promise<Database>;

interface Driver {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean; timeout: number }) => Database;
}

/**
 * `node:sqlite` prints a warning before Node 24 and is absent in Node 20; the package has the same interface. The name is
 * a variable so that no bundler follows it.
 */
const DRIVER = nodeMajor >= 24 ? "node:sqlite" : "@photostructure/sqlite";

/** Opens the file with SQLite. Throws an SQLite error (see {@link sqliteCode}). */
export const openDatabase: OpenDatabase = async (path, { readOnly, busyTimeoutMs }) => {
  const driver = (await import(/* @vite-ignore */ DRIVER)) as Driver;
  return new driver.DatabaseSync(path, { readOnly, timeout: busyTimeoutMs });
};

/** The primary and the extended result code of an SQLite error; `undefined` for any other error. */
export function sqliteCode(error: unknown): { readonly primary: number; readonly extended: number } | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  const extended = "sqliteExtendedCode" in error ? Number(error.sqliteExtendedCode) : error.errcode;
  return { primary: error.errcode & 0xff, extended };
}
