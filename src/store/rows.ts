import type { Attempt, EventSource, EventState, HookEvent } from "../events/event.js";
import { bytesOf, numberOrNull, textOf, textOrNull, unpackHeaders, unpackSignature } from "./codec.js";
import type { Row } from "./driver.js";
import type { ListenerRow } from "./store.js";

/** The columns that {@link eventOf} reads; `body` is added where bodies are wanted. */
export const EVENT_COLUMNS = `e.seq, e.id, e.received_at, e.state, e.signature AS signature_status, e.source, e.size,
  project.value AS project, type.value AS type, provider.value AS provider, r.*`;

export const EVENT_TABLES = `events e JOIN requests r ON r.seq = e.seq JOIN names project ON project.id = e.project
  LEFT JOIN names type ON type.id = e.type LEFT JOIN names provider ON provider.id = e.provider`;

/** A row of events and requests as the event. */
export function eventOf(row: Row, attempts: readonly Attempt[]): HookEvent {
  return {
    id: textOf(row["id"]),
    seq: Number(row["seq"]),
    project: textOf(row["project"]),
    receivedAt: Number(row["received_at"]),
    source: textOf(row["source"]) as EventSource,
    method: textOf(row["method"]),
    path: textOf(row["path"]),
    headers: unpackHeaders(row["headers"]),
    trailers: unpackHeaders(row["trailers"]),
    body: bytesOf(row["body"]),
    bodySha256: Buffer.from(bytesOf(row["body_sha256"])).toString("hex"),
    size: Number(row["size"]),
    bodyComplete: row["body_complete"] === 1,
    remoteIp: textOrNull(row["remote_ip"]),
    provider: textOrNull(row["provider"]),
    eventType: textOrNull(row["type"]),
    providerEventId: textOrNull(row["provider_event_id"]),
    deliveryId: textOrNull(row["delivery_id"]),
    signature: unpackSignature(row["signature_status"], row["signature"]),
    duplicateOf: textOrNull(row["duplicate_of"]),
    replayOf: textOrNull(row["replay_of"]),
    state: textOf(row["state"]) as EventState,
    refusal: textOrNull(row["refusal"]),
    attempts,
  };
}

export function attemptOf(row: Row): Attempt {
  return {
    n: Number(row["n"]),
    target: textOf(row["target"]),
    startedAt: Number(row["started_at"]),
    durationMs: numberOrNull(row["duration_ms"]),
    status: numberOrNull(row["status"]),
    error: textOrNull(row["error"]),
    headers: unpackHeaders(row["headers"]),
    body: bytesOf(row["body"]),
  };
}

export function listenerOf(row: Row): ListenerRow {
  return {
    pid: Number(row["pid"]),
    project: textOf(row["project"]),
    localUrl: textOf(row["local_url"]),
    publicUrl: textOrNull(row["public_url"]),
    target: textOrNull(row["target"]),
    // A store that an earlier version wrote tells none.
    routes: JSON.parse(textOrNull(row["routes"]) ?? "[]") as ListenerRow["routes"],
    heartbeatAt: Number(row["heartbeat_at"]),
  };
}
