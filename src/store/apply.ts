import { createHash } from "node:crypto";
import { packSignature, toBlob, toBlobOrNull } from "./codec.js";
import type { Database } from "./driver.js";
import type { Operation, PackedEvent, Result, Results } from "./operations.js";
import type { Appended, AttemptStart } from "./store.js";

type OperationOf<Kind extends Operation["kind"]> = Extract<Operation, { kind: Kind }>;
type Handlers = { readonly [Kind in Operation["kind"]]: (operation: OperationOf<Kind>) => Results[Kind] };

/** Carries out writes inside the transaction that the caller has begun. A write that fails throws, and may be half done. */
export type Apply = (operation: Operation) => Result;

const INSERT_EVENT = `INSERT INTO events
  (id, project, received_at, type, provider, status, state, signature, source, size, repeat_key)
  VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)`;
const INSERT_REQUEST = `INSERT INTO requests
  (seq, method, path, remote_ip, provider_event_id, delivery_id, refusal, signature, duplicate_of, replay_of,
  body_sha256, body_complete, headers, trailers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
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
  const insertName = db.prepare("INSERT OR IGNORE INTO names (kind, value) VALUES (?, ?)");
  const findName = db.prepare("SELECT id FROM names WHERE kind = ? AND value = ?");
  const findRepeated = db.prepare("SELECT id FROM events WHERE repeat_key = ? ORDER BY seq LIMIT 1");
  const insertEvent = db.prepare(INSERT_EVENT);
  const insertRequest = db.prepare(INSERT_REQUEST);
  const insertBody = db.prepare("INSERT INTO bodies (seq, body) VALUES (?, ?)");
  const findEvent = db.prepare("SELECT seq FROM events WHERE id = ?");
  const nextAttempt = db.prepare("SELECT coalesce(max(n), 0) + 1 AS n FROM attempts WHERE event = ?");
  const startAttempt = db.prepare(START_ATTEMPT);
  const forgetStatus = db.prepare("UPDATE events SET status = NULL WHERE seq = ?");
  const endAttempt = db.prepare(END_ATTEMPT);
  const judgeEvent = db.prepare(JUDGE_EVENT);
  const saveListener = db.prepare(SAVE_LISTENER);
  const removeListener = db.prepare("DELETE FROM listeners WHERE pid = ?");
  const forgetListeners = db.prepare("DELETE FROM listeners WHERE heartbeat_at < ?");

  const nameId = (kind: string, value: string | null): number | null => {
    if (value === null) return null;
    const known = findName.get(kind, toBlob(value))?.["id"];
    if (typeof known === "number") return known;
    return Number(insertName.run(kind, toBlob(value)).lastInsertRowid);
  };
  const seqOf = (eventId: string): number => {
    const seq = findEvent.get(eventId)?.["seq"];
    if (typeof seq !== "number") throw new Error(`no event ${eventId}`);
    return seq;
  };
  const addAttempt = (seq: number, n: number, start: AttemptStart) =>
    startAttempt.run(seq, n, toBlob(start.target), Math.trunc(start.startedAt));

  const insert = (event: PackedEvent): Appended => {
    const key = repeatKey(event);
    const duplicateOf = key === null ? null : ((findRepeated.get(key)?.["id"] as string | undefined) ?? null);
    const hash = createHash("sha256").update(event.body).digest();
    const { lastInsertRowid } = insertEvent.run(
      event.id,
      nameId("project", event.project),
      Math.trunc(event.receivedAt),
      nameId("type", event.eventType),
      nameId("provider", event.provider),
      event.state,
      event.signature.status,
      event.source,
      event.body.byteLength,
      key,
    );
    const seq = Number(lastInsertRowid);
    insertRequest.run(
      seq,
      toBlob(event.method),
      toBlob(event.path),
      toBlobOrNull(event.remoteIp),
      toBlobOrNull(event.providerEventId),
      toBlobOrNull(event.deliveryId),
      toBlobOrNull(event.refusal),
      packSignature(event.signature),
      duplicateOf,
      event.replayOf,
      hash,
      event.bodyComplete ? 1 : 0,
      toBlob(event.headers),
      toBlob(event.trailers),
    );
    insertBody.run(seq, event.body);
    return { seq, duplicateOf, bodySha256: hash.toString("hex") };
  };

  const handlers: Handlers = {
    append: ({ event, attempt }) => {
      const appended = insert(event);
      if (attempt !== undefined) addAttempt(appended.seq, 1, attempt);
      return appended;
    },
    startAttempt: ({ eventId, start }) => {
      const seq = seqOf(eventId);
      const n = Number(nextAttempt.get(seq)?.["n"]);
      addAttempt(seq, n, start);
      forgetStatus.run(seq);
      return n;
    },
    endAttempt: ({ eventId, n, end, state }) => {
      const seq = seqOf(eventId);
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
  return (operation) => (handlers[operation.kind] as (operation: Operation) => Result)(operation);
}

/**
 * What makes a repeated delivery known: the provider's id of the event, else of the delivery, within project, provider
 * and type (a generic body's id may be that of the thing it tells of, which is created and updated under one id). A
 * refused event proves nothing about a later one, and a replay is no repetition by the sender.
 */
function repeatKey({
  project,
  provider,
  eventType,
  providerEventId,
  deliveryId,
  ...event
}: PackedEvent): Buffer | null {
  if (event.state === "refused" || event.replayOf !== null) return null;
  const named = providerEventId ?? deliveryId;
  if (named === null) return null;
  const kind = providerEventId === null ? "delivery" : "event";
  const identity = JSON.stringify([project, provider, eventType, kind, named]);
  return createHash("sha256").update(identity).digest().subarray(0, 16);
}
