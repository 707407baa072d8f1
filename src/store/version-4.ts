/**
 * Deliveries that are still to be made, and those that were given up.
 *
 * A row of `deliveries` is one event on its way to one target; it goes when the app has taken the event. `waiting`, `dead`, or
 * `failed` (the answer that the sender got itself, where others are waiting). `tries` counts the attempts whose outcome is
 * known, `attempt` is the number of the last one. `due_at` 0 means at once, in the order of the events; `planned_at` tells when
 * `due_at` was set. While a process makes the attempt, `owner` names it, and a row of `leases` says until when it may.
 */
export const VERSION_4 = `
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  event INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
  project INTEGER NOT NULL,
  target BLOB NOT NULL,
  route BLOB NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  attempt INTEGER,
  planned_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  owner TEXT
) STRICT;
CREATE INDEX deliveries_event ON deliveries (event);
CREATE INDEX deliveries_order ON deliveries (project, target, event) WHERE state = 'waiting';
CREATE INDEX deliveries_due ON deliveries (project, target, due_at, event) WHERE state = 'waiting' AND owner IS NULL;
CREATE INDEX deliveries_owner ON deliveries (owner) WHERE owner IS NOT NULL;

CREATE TABLE leases (
  owner TEXT PRIMARY KEY,
  pid INTEGER NOT NULL,
  until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
