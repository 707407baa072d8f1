import { isAccepted } from "../events/event.js";
import { Attempts } from "./attempts.js";
import { createBulk } from "./bulk.js";
import { toBlob, toBlobOrNull } from "./codec.js";
import { Deliveries } from "./deliveries.js";
import type { Database } from "./driver.js";
import { createInsert } from "./insert.js";
import type { Operation, Result, Results } from "./operations.js";

type OperationOf<Kind extends Operation["kind"]> = Extract<Operation, { kind: Kind }>;

/** A write of each of some kinds. `isOver`: whether the transaction has lasted as long as it may. */
export type Handlers<Kinds extends Operation["kind"] = Operation["kind"]> = {
  readonly [Kind in Kinds]: (operation: OperationOf<Kind>, isOver: () => boolean) => Results[Kind];
};

/** Carries out writes inside the transaction that the caller has begun. A write that fails throws, and may be half done. */
export type Apply = (operation: Operation, isOver: () => boolean) => Result;

const SAVE_LISTENER = `INSERT INTO listeners (pid, project, local_url, public_url, target, heartbeat_at, routes)
  VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pid) DO UPDATE SET project = excluded.project, local_url = excluded.local_url,
  public_url = excluded.public_url, target = excluded.target, heartbeat_at = excluded.heartbeat_at,
  routes = excluded.routes`;

/** Rows of listeners that were killed are kept this long; readers have left them out before. */
const LISTENER_KEPT_MS = 24 * 3_600_000;

/** The statements of all writes over one connection. */
export function createApply(db: Database): Apply {
  const insert = createInsert(db);
  const attempts = new Attempts(db);
  const deliveries = new Deliveries(db, attempts);
  const saveListener = db.prepare(SAVE_LISTENER);
  const removeListener = db.prepare("DELETE FROM listeners WHERE pid = ?");
  const forgetListeners = db.prepare("DELETE FROM listeners WHERE heartbeat_at < ?");

  const handlers: Handlers = {
    ...createBulk(db, insert),
    ...deliveries.handlers,
    append: ({ event, attempt, background }) => {
      const appended = insert(event);
      const { seq, duplicateOf } = appended;
      if (background?.dropDuplicates === true && duplicateOf !== null && deliveries.isTaken(seq)) {
        attempts.become(seq, "stored");
        return { ...appended, dropped: true };
      }
      if (attempt !== undefined) attempts.first(seq, attempt);
      return background === undefined ? appended : { ...appended, begun: deliveries.plan(seq, background) };
    },
    startAttempt: ({ eventId, start }) => {
      const seq = attempts.seqOf(eventId);
      if (seq === undefined) throw new Error(`no event ${eventId}`);
      return attempts.start(seq, start);
    },
    endAttempt: ({ eventId, n, end, state }) => {
      const seq = attempts.seqOf(eventId);
      // It was removed while its attempt was under way, and so was the attempt.
      if (seq === undefined) return null;
      attempts.end(seq, n, end);
      const ended = state ?? (isAccepted(end) ? "delivered" : "failed");
      if (attempts.isLastOf(seq, n)) attempts.judge(seq, end.status, ended);
      return null;
    },
    saveListener: ({ row }) => {
      const { pid, project, localUrl, publicUrl, target, heartbeatAt, routes } = row;
      const texts = [toBlob(project), toBlob(localUrl), toBlobOrNull(publicUrl), toBlobOrNull(target)];
      saveListener.run(pid, ...texts, Math.trunc(heartbeatAt), toBlob(JSON.stringify(routes)));
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
