import { sqliteCode, type Database } from "./driver.js";
import { storeError } from "./faults.js";
import { VERSION_2 } from "./version-2.js";
import { VERSION_4 } from "./version-4.js";

/** `PRAGMA application_id` of every store: "hook". */
export const APPLICATION_ID = 0x686f6f6b;

/** What a store file is before it is opened for writing. */
export type FileState = "new" | "current" | "older";

/**
 * One step from a version to the next. `slice` does a part of the work in one transaction of at most 50 ms and says
 * whether there is more; what it does must survive being stopped between two slices.
 */
export interface Migration {
  readonly version: number;
  readonly slice: (db: Database) => "more" | "done";
}

/**
 * Every version of the schema, oldest first. A released step is never changed; a new one goes to the end.
 *
 * `events` holds short words and numbers only, so that going through them reads no header or body. Types, providers and
 * projects are numbers of `names`. Text from the wire is BLOB.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    slice: (db) => {
      db.exec(VERSION_1);
      return "done";
    },
  },
  VERSION_2,
  {
    version: 3,
    slice: (db) => {
      db.exec(VERSION_3);
      return "done";
    },
  },
  {
    version: 4,
    slice: (db) => {
      db.exec(VERSION_4);
      return "done";
    },
  },
  {
    version: 5,
    slice: (db) => {
      db.exec(VERSION_5);
      return "done";
    },
  },
];

const VERSION_1 = `
CREATE TABLE names (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  value BLOB NOT NULL,
  UNIQUE (kind, value)
) STRICT;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  project INTEGER NOT NULL REFERENCES names (id),
  received_at INTEGER NOT NULL,
  type INTEGER REFERENCES names (id),
  provider INTEGER REFERENCES names (id),
  status INTEGER,
  state TEXT NOT NULL,
  signature TEXT NOT NULL,
  source TEXT NOT NULL,
  size INTEGER NOT NULL,
  repeat_key BLOB
) STRICT;
CREATE INDEX events_filter ON events (project, seq, received_at, type, provider, status, state, signature, source);
CREATE INDEX events_repeat ON events (repeat_key) WHERE repeat_key IS NOT NULL;

CREATE TABLE requests (
  seq INTEGER PRIMARY KEY REFERENCES events (seq) ON DELETE CASCADE,
  method BLOB NOT NULL,
  path BLOB NOT NULL,
  remote_ip BLOB,
  provider_event_id BLOB,
  delivery_id BLOB,
  refusal BLOB,
  signature BLOB NOT NULL,
  duplicate_of TEXT,
  replay_of TEXT,
  body_sha256 BLOB NOT NULL,
  body_complete INTEGER NOT NULL,
  headers BLOB NOT NULL,
  trailers BLOB NOT NULL
) STRICT;

CREATE TABLE bodies (
  seq INTEGER PRIMARY KEY REFERENCES events (seq) ON DELETE CASCADE,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE attempts (
  event INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  target BLOB NOT NULL,
  started_at INTEGER NOT NULL,
  duration_ms REAL,
  status INTEGER,
  error TEXT,
  headers BLOB,
  body BLOB,
  UNIQUE (event, n)
) STRICT;

CREATE TABLE listeners (
  pid INTEGER PRIMARY KEY,
  project BLOB NOT NULL,
  local_url BLOB NOT NULL,
  public_url BLOB,
  target BLOB,
  heartbeat_at INTEGER NOT NULL
) STRICT;
`;

/** What is indexed already stays as it is, and tells so. */
const VERSION_3 = "ALTER TABLE search_segments ADD COLUMN grams INTEGER NOT NULL DEFAULT 1";

/** JSON: where a listener's routes go. */
const VERSION_5 = "ALTER TABLE listeners ADD COLUMN routes BLOB";

/** The version that this build writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.at(-1)?.version ?? 0;

/**
 * What the file is. Reads its first pages only. Throws StoreError `corrupt` when it is not ours, `newer` when a later
 * hookcli wrote it.
 */
export function inspectDatabase(db: Database, path: string, version: number = SCHEMA_VERSION): FileState {
  const found = numberOf(db, "PRAGMA user_version");
  const application = numberOf(db, "PRAGMA application_id");
  if (application !== APPLICATION_ID) {
    const tables = numberOf(db, "SELECT count(*) FROM sqlite_schema");
    if (application === 0 && found === 0 && tables === 0) return "new";
    throw storeError("corrupt", path, "another program's database");
  }
  if (found > version) throw storeError("newer", path, `version ${found}, this one knows ${version}`);
  return found === version ? "current" : "older";
}

/**
 * Brings the file to the newest version, one short transaction after the other, so that other processes go on working
 * between them; several processes may do it at once. `pause` is called between slices.
 */
export function migrate(db: Database, path: string, pause: () => void, steps: readonly Migration[] = MIGRATIONS): void {
  const newest = steps.at(-1)?.version ?? 0;
  while (inspectDatabase(db, path, newest) !== "current") {
    if (!commitSlice(db, path, steps)) pause();
  }
}

/** True when the step that was worked on is done. */
function commitSlice(db: Database, path: string, steps: readonly Migration[]): boolean {
  db.exec("BEGIN IMMEDIATE");
  try {
    const done = slice(db, path, steps);
    db.exec("COMMIT");
    return done;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** One transaction's work. Looks at the version again: another process may have been faster. */
function slice(db: Database, path: string, steps: readonly Migration[]): boolean {
  const newest = steps.at(-1)?.version ?? 0;
  if (inspectDatabase(db, path, newest) === "current") return true;
  const version = numberOf(db, "PRAGMA user_version");
  const step = steps.find((candidate) => candidate.version > version);
  if (step?.slice(db) !== "done") return false;
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${step.version}`);
  return true;
}

/**
 * Makes a new file one that can become smaller again, and commits survive a loss of power. The journal mode is part of the file: changing it needs the file for oneself
 * for a moment, and SQLite does not wait for that, so it is tried until `retry` says no. Without WAL commits are as safe, and slower.
 */
export function configure(db: Database, retry: () => boolean): void {
  // Before its first page, which the journal mode writes.
  if (numberOf(db, "PRAGMA page_count") === 0) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  while (!enterWal(db)) if (!retry()) break;
  db.exec("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON");
  db.exec("PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 67108864");
}

function enterWal(db: Database): boolean {
  try {
    return db.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"] === "wal";
  } catch (error) {
    if (sqliteCode(error)?.primary === 5) return false;
    throw error;
  }
}

function numberOf(db: Database, sql: string): number {
  const row = db.prepare(sql).get() ?? {};
  return Number(Object.values(row)[0]);
}
