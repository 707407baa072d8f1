import type { Database } from "./driver.js";
import type { Migration } from "./schema.js";

/** How long a slice goes on; its commit comes on top. */
const SLICE_MS = 25;
/**
 * The index of the first version goes where it is small. It cannot be dropped in slices, and that of a million events would
 * hold the lock for seconds; there it stays, unused.
 */
const DROPPABLE_EVENTS = 10_000;
/** Events listed between two looks at the clock. */
const STEP = 250;

/**
 * Lists events by what they have in common, and makes room for the index of `--grep`.
 *
 * `facets` has one row for each combination of project, type, provider, status, state, signature and source that
 * events have, or had until a sweep (0: none), a few hundred as a rule. A row never changes, and no number is given twice. `listing` has for each event the number of its combination, so that any filter
 * becomes a few ranges of a small table, read from the newest on. `arrivals` tells which events came in a time: an
 * imported one may be older than those before it. `duplicates` are those that repeat an earlier one. Triggers keep all of them true, whoever writes.
 */
export const VERSION_2: Migration = version2(SLICE_MS);

/** The same with slices of another length; a slice lists a few events at least. */
export function version2(sliceMs: number): Migration {
  return { version: 2, slice: (db) => upgrade(db, sliceMs) };
}

const COLUMNS = ["project", "type", "provider", "status", "state", "signature", "source"] as const;
const NULLABLE: ReadonlySet<string> = new Set(["type", "provider", "status"]);

/** The values of the columns in a row of events, as facets has them. */
function valuesOf(row: string): string[] {
  return COLUMNS.map((column) => (NULLABLE.has(column) ? `coalesce(${row}.${column}, 0)` : `${row}.${column}`));
}

function sameFacet(row: string): string {
  return valuesOf(row)
    .map((value, index) => `${COLUMNS[index] ?? ""} = ${value}`)
    .join(" AND ");
}

function list(row: string): string {
  return `INSERT INTO facets (${COLUMNS.join(", ")}) VALUES (${valuesOf(row).join(", ")}) ON CONFLICT DO NOTHING;
    INSERT INTO listing (facet, seq, received_at)
      SELECT id, ${row}.seq, ${row}.received_at FROM facets WHERE ${sameFacet(row)} ON CONFLICT DO NOTHING;`;
}

const UNLIST = `DELETE FROM listing WHERE seq = old.seq AND facet = (SELECT id FROM facets WHERE ${sameFacet("old")});`;
const ARRIVE = "INSERT INTO arrivals (received_at, seq) VALUES (new.received_at, new.seq) ON CONFLICT DO NOTHING;";

const TABLES = `
CREATE TABLE facets (
  id INTEGER PRIMARY KEY,
  project INTEGER NOT NULL,
  type INTEGER NOT NULL,
  provider INTEGER NOT NULL,
  status INTEGER NOT NULL,
  state TEXT NOT NULL,
  signature TEXT NOT NULL,
  source TEXT NOT NULL,
  UNIQUE (project, type, provider, status, state, signature, source)
) STRICT;

CREATE TABLE listing (
  facet INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (facet, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE arrivals (
  received_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (received_at, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE duplicates (seq INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER requests_duplicate AFTER INSERT ON requests WHEN new.duplicate_of IS NOT NULL BEGIN
  INSERT INTO duplicates (seq) VALUES (new.seq) ON CONFLICT DO NOTHING; END;

CREATE TRIGGER events_listed AFTER INSERT ON events BEGIN ${list("new")} ${ARRIVE} END;
CREATE TRIGGER events_listed_again AFTER UPDATE OF ${COLUMNS.join(", ")} ON events
  WHEN ${COLUMNS.map((column) => `old.${column} IS NOT new.${column}`).join(" OR ")} BEGIN
  ${UNLIST} ${list("new")} END;
CREATE TRIGGER events_unlisted AFTER DELETE ON events BEGIN
  ${UNLIST}
  DELETE FROM arrivals WHERE received_at = old.received_at AND seq = old.seq;
  DELETE FROM duplicates WHERE seq = old.seq; END;

CREATE TABLE search_segments (
  id INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL
) STRICT;
CREATE TABLE search_pages (
  key INTEGER PRIMARY KEY,
  postings BLOB NOT NULL
) STRICT;

-- The events that were there before the triggers, from first to last.
CREATE TABLE unlisted (first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
INSERT INTO unlisted SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM events;
`;

const FIND_FACETS = `INSERT INTO facets (${COLUMNS.join(", ")}) SELECT DISTINCT ${valuesOf("e").join(", ")} FROM events e
  WHERE e.seq BETWEEN ? AND ? ON CONFLICT DO NOTHING`;
const LIST_EVENTS = `INSERT INTO listing (facet, seq, received_at)
  SELECT (SELECT id FROM facets WHERE ${sameFacet("e")}), e.seq, e.received_at FROM events e
  WHERE e.seq BETWEEN ? AND ? ON CONFLICT DO NOTHING`;
const ADD_ARRIVALS = `INSERT INTO arrivals (received_at, seq) SELECT received_at, seq FROM events
  WHERE seq BETWEEN ? AND ? ON CONFLICT DO NOTHING`;
const ADD_DUPLICATES = `INSERT INTO duplicates (seq) SELECT seq FROM requests
  WHERE duplicate_of IS NOT NULL AND seq BETWEEN ? AND ? ON CONFLICT DO NOTHING`;

function upgrade(db: Database, sliceMs: number): "more" | "done" {
  const begun = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'unlisted'").get() !== undefined;
  if (!begun) db.exec(TABLES);
  if (!listSome(db, sliceMs)) return "more";
  const isSmall = Number(db.prepare("SELECT last FROM unlisted").get()?.["last"]) <= DROPPABLE_EVENTS;
  db.exec(`DROP TABLE unlisted; ${isSmall ? "DROP INDEX events_filter" : ""}`);
  return "done";
}

/** Lists events for as long as a slice goes on; true when none is left. */
function listSome(db: Database, sliceMs: number): boolean {
  const statements = [FIND_FACETS, LIST_EVENTS, ADD_ARRIVALS, ADD_DUPLICATES].map((sql) => db.prepare(sql));
  const row = db.prepare("SELECT first, last FROM unlisted").get();
  const last = Number(row?.["last"]);
  let first = Number(row?.["first"]);
  const end = performance.now() + sliceMs;
  do {
    for (const statement of statements) statement.run(first, Math.min(last, first + STEP - 1));
    first += STEP;
  } while (first <= last && performance.now() < end);
  db.prepare("UPDATE unlisted SET first = ?").run(first);
  return first > last;
}
