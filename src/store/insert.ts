import { createHash } from "node:crypto";
import { repeatIdentity } from "../events/repeat.js";
import { packSignature, toBlob, toBlobOrNull } from "./codec.js";
import type { Database } from "./driver.js";
import type { PackedEvent } from "./operations.js";
import type { Appended } from "./store.js";

const INSERT_EVENT = `INSERT INTO events
  (id, project, received_at, type, provider, status, state, signature, source, size, repeat_key)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const INSERT_REQUEST = `INSERT INTO requests
  (seq, method, path, remote_ip, provider_event_id, delivery_id, refusal, signature, duplicate_of, replay_of,
  body_sha256, body_complete, headers, trailers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** What an event from elsewhere brings along, where a new one gets it from the store. */
export interface Known {
  readonly duplicateOf: string | null;
  /** The status of its last attempt. */
  readonly status: number | null;
}

/** Inserts an event over one connection. */
export type Insert = (event: PackedEvent, known?: Known) => Appended;

/** Prepares the statements that put an event into its tables. */
export function createInsert(db: Database): Insert {
  const insertName = db.prepare("INSERT OR IGNORE INTO names (kind, value) VALUES (?, ?)");
  const findName = db.prepare("SELECT id FROM names WHERE kind = ? AND value = ?");
  const findRepeated = db.prepare("SELECT id FROM events WHERE repeat_key = ? ORDER BY seq LIMIT 1");
  const insertEvent = db.prepare(INSERT_EVENT);
  const insertRequest = db.prepare(INSERT_REQUEST);
  const insertBody = db.prepare("INSERT INTO bodies (seq, body) VALUES (?, ?)");

  const nameId = (kind: string, value: string | null): number | null => {
    if (value === null) return null;
    const known = findName.get(kind, toBlob(value))?.["id"];
    if (typeof known === "number") return known;
    return Number(insertName.run(kind, toBlob(value)).lastInsertRowid);
  };
  const repeated = (key: Buffer | null) =>
    key === null ? null : ((findRepeated.get(key)?.["id"] as string | undefined) ?? null);

  return (event, known) => {
    const key = repeatKey(event);
    const duplicateOf = known === undefined ? repeated(key) : known.duplicateOf;
    const hash = createHash("sha256").update(event.body).digest();
    const { lastInsertRowid } = insertEvent.run(
      event.id,
      nameId("project", event.project),
      Math.trunc(event.receivedAt),
      nameId("type", event.eventType),
      nameId("provider", event.provider),
      known?.status ?? null,
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
}

/** {@link repeatIdentity} as the store keeps it. */
function repeatKey(event: PackedEvent): Buffer | null {
  const identity = repeatIdentity(event);
  return identity === null ? null : createHash("sha256").update(identity).digest().subarray(0, 16);
}
