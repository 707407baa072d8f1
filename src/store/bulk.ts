import type { Handlers } from "./apply.js";
import { toBlob } from "./codec.js";
import type { Database, Statement } from "./driver.js";
import type { Insert } from "./insert.js";
import type { PackedImport } from "./operations.js";
import { Sweep } from "./sweep.js";

const INSERT_ATTEMPT = `INSERT INTO attempts (event, n, target, started_at, duration_ms, status, error, headers, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Pages given back between two looks at the clock. */
const SHRINK_PAGES = 32;

/** The writes that go on for long, each of which stops when its slice is over and says how far it came. */
export function createBulk(db: Database, insert: Insert): Handlers<"import" | "remove" | "shrink"> {
  const findEvent = db.prepare("SELECT seq FROM events WHERE id = ?");
  const insertAttempt = db.prepare(INSERT_ATTEMPT);
  const remove = db.prepare("DELETE FROM events WHERE seq = ?");
  const removeDelivered = db.prepare("DELETE FROM events WHERE seq = ? AND state NOT IN ('pending', 'dead')");
  const count = (statement: Statement) => Number(statement.get()?.["pages"]);
  const allPages = db.prepare("SELECT page_count AS pages FROM pragma_page_count");
  const freePages = db.prepare("SELECT freelist_count AS pages FROM pragma_freelist_count");
  const sweep = new Sweep(db);
  let isSwept = false;

  return {
    import: ({ event }) => {
      if (findEvent.get(event.id) !== undefined) return null;
      const { seq } = insert(event, { duplicateOf: event.duplicateOf, status: lastStatus(event) });
      addAttempts(insertAttempt, seq, event);
      return seq;
    },
    remove: ({ seqs, spareUndelivered }, isOver) => {
      const statement = spareUndelivered ? removeDelivered : remove;
      let handled = 0;
      let removed = 0;
      while (handled < seqs.length && (handled === 0 || !isOver())) {
        // Of the event alone: what goes with it by the foreign keys is not counted.
        removed += Number(statement.run(seqs[handled] ?? 0).changes);
        handled += 1;
      }
      return { handled, removed };
    },
    shrink: (_operation, isOver) => {
      while (!isSwept && !isOver()) isSwept = sweep.step((remove) => remove());
      if (!isSwept) return { pages: 0, more: true };
      const before = count(allPages);
      let left = before;
      let had: number;
      do {
        had = left;
        db.exec(`PRAGMA incremental_vacuum(${SHRINK_PAGES})`);
        left = count(allPages);
      } while (left < had && !isOver());
      // A file of an older hookcli keeps its pages.
      const more = left < had && count(freePages) > 0;
      isSwept = more;
      return { pages: before - left, more };
    },
  };
}

function addAttempts(insertAttempt: Statement, seq: number, { attempts }: PackedImport): void {
  for (const { n, target, startedAt, durationMs, status, error, headers, body } of attempts) {
    const start = [toBlob(target), Math.trunc(startedAt)];
    insertAttempt.run(seq, n, ...start, durationMs, status, error, toBlob(headers), body);
  }
}

function lastStatus({ attempts }: PackedImport): number | null {
  return attempts.toSorted((a, b) => a.n - b.n).at(-1)?.status ?? null;
}
