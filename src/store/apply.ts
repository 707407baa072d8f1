import { createBulk } from "./bulk.js";
import { toBlob, toBlobOrNull } from "./codec.js";
import type { Database } from "./driver.js";
import { createInsert } from "./insert.js";
import type { Operation, Result, Results } from "./operations.js";
import type { AttemptStart } from "./store.js";

type OperationOf<Kind extends Operation["kind"]> = Extract<Operation, { kind: Kind }>;

/** A write of each of some kinds. `isOver`: whether the transaction has lasted as long as it may. */
export type Handlers<Kinds extends Operation["kind"] = Operation["kind"]> = {
  readonly [Kind in Kinds]: (operation: OperationOf<Kind>, isOver: () => boolean) => Results[Kind];
};

/** Carries out writes inside the transaction that the caller has begun. A write that fails throws, and may be half done. */
export type Apply = (operation: Operation, isOver: () => boolean) => Result;

const START_ATTEMPT = "INSERT INTO attempts (event, n, target, started_at) VALUES (?, ?, ?, ?)";
const END_ATTEMPT = `UPDATE attempts SET duration_ms = ?, status = ?, error = ?, headers = ?, body = ?
  WHERE event = ? AND n = ?`;
const JUDGE_EVENT = `UPDATE events SET status = ?, state = ?
  WHERE seq = ? AND ? = (SELECT max(n) FROM attempts WHERE event = seq)`;
const SAVE_LISTENER = `INSERT INTO listeners (pid, project, local_url, public_url, target, heartbeat_at)
  VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (pid) DO UPDATE SET project = excluded.project, local_url = excluded.local_url,
  public_url = excluded.public_url, target = excluded.target, heartbeat_at = excluded.heartbeat_at`;

/** Rows of listeners that were killed are kept this long; readers have left them out before. */
const LISTENER_KEPT_MS = 24 * 3_600_000;

/** The statements of all writes over one connection. */
export function createApply(db: Database): Apply {
  const insert = createInsert(db);
  const findEvent = db.prepare("SELECT seq FROM events WHERE id = ?");
  const nextAttempt = db.prepare("SELECT coalesce(max(n), 0) + 1 AS n FROM attempts WHERE event = ?");
  const startAttempt = db.prepare(START_ATTEMPT);
  const forgetStatus = db.prepare("UPDATE events SET status = NULL WHERE seq = ?");
  const endAttempt = db.prepare(END_ATTEMPT);
  const judgeEvent = db.prepare(JUDGE_EVENT);
  const saveListener = db.prepare(SAVE_LISTENER);
  const removeListener = db.prepare("DELETE FROM listeners WHERE pid = ?");
  const forgetListeners = db.prepare("DELETE FROM listeners WHERE heartbeat_at < ?");

  const seqOf = (eventId: string): number | undefined => {
    const seq = findEvent.get(eventId)?.["seq"];
    return typeof seq === "number" ? seq : undefined;
  };
  const addAttempt = (seq: number, n: number, start: AttemptStart) =>
    startAttempt.run(seq, n, toBlob(start.target), Math.trunc(start.startedAt));

  const handlers: Handlers = {
    ...createBulk(db, insert),
    append: ({ event, attempt }) => {
      const appended = insert(event);
      if (attempt !== undefined) addAttempt(appended.seq, 1, attempt);
      return appended;
    },
    startAttempt: ({ eventId, start }) => {
      const seq = seqOf(eventId);
      if (seq === undefined) throw new Error(`no event ${eventId}`);
      const n = Number(nextAttempt.get(seq)?.["n"]);
      addAttempt(seq, n, start);
      forgetStatus.run(seq);
      return n;
    },
    endAttempt: ({ eventId, n, end, state }) => {
      const seq = seqOf(eventId);
      // It was removed while its attempt was under way, and so was the attempt.
      if (seq === undefined) return null;
      const { durationMs, status, error } = end;
      const { changes } = endAttempt.run(durationMs, status, error, toBlob(end.headers), end.body, seq, n);
      if (Number(changes) === 0) throw new Error(`no attempt ${n} of ${eventId}`);
      const delivered = status !== null && status >= 200 && status < 300 && error === null;
      judgeEvent.run(status, state ?? (delivered ? "delivered" : "failed"), seq, n);
      return null;
    },
    saveListener: ({ row }) => {
      const { pid, project, localUrl, publicUrl, target, heartbeatAt } = row;
      const texts = [toBlob(project), toBlob(localUrl), toBlobOrNull(publicUrl), toBlobOrNull(target)];
      saveListener.run(pid, ...texts, Math.trunc(heartbeatAt));
      forgetListeners.run(Math.trunc(heartbeatAt) - LISTENER_KEPT_MS);
      return null;
    },
    removeListener: ({ pid }) => {
      removeListener.run(pid);
      return null;
    },
  };
  return (operation, isOver) =>
    (handlers[operation.kind] as (operation: Operation, isOver: () => boolean) => Result)(operation, isOver);
}
