import { isUtf8 } from "node:buffer";
import type { BodyDiff } from "../../events/diff/body.js";
import { isFleeting } from "../../events/diff/filter.js";
import type { JsonChange } from "../../events/diff/json.js";
import { pointerOf } from "../../events/diff/json-path.js";
import type { ListChange } from "../../events/diff/list.js";
import type { MessageDiff, PartDiff } from "../../events/diff/message.js";

/** A difference as programs see it: a member for each part that differs. */
export function diffToJson(diff: MessageDiff, fleeting: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(diff.map((part) => [part.part, partToJson(part, fleeting)]));
}

function partToJson(diff: PartDiff, fleeting: ReadonlySet<string>): unknown {
  if (diff.part === "body") return { ...bodyToJson(diff.body), ...(diff.decoded === true ? { decoded: true } : {}) };
  if (!("changes" in diff)) {
    const { part: _part, ...values } = diff;
    return values;
  }
  return diff.changes.map((change) => ({
    ...listChangeToJson(change),
    ...(diff.part !== "query" && isFleeting(change, fleeting) ? { fleeting: true } : {}),
  }));
}

function listChangeToJson(change: ListChange): Record<string, unknown> {
  if (change.kind === "removed" || change.kind === "added") return change;
  const { hidden, ...rest } = change;
  return hidden ? { ...rest, hidden } : rest;
}

function bodyToJson(body: BodyDiff): Record<string, unknown> {
  if (body.kind === "json") {
    const { kind, changes, spelling } = body;
    return { kind, ...(spelling === undefined ? {} : { spelling }), changes: changes.map(jsonChangeToJson) };
  }
  if (body.kind === "form") return { kind: body.kind, changes: body.changes.map(listChangeToJson) };
  if (body.kind === "text") return { ...body };
  const { change, before, after } = body;
  return {
    kind: body.kind,
    lengths: { before: before.length, after: after.length },
    changes: [{ offset: change.offset, before: bytesToJson(change.before), after: bytesToJson(change.after) }],
  };
}

/** Values are JSON texts: as JSON values their numbers would lose digits. */
function jsonChangeToJson(change: JsonChange): Record<string, unknown> {
  const path = pointerOf(change.path);
  if (change.op === "remove" && change.movedTo !== undefined)
    return { ...change, path, movedTo: pointerOf(change.movedTo) };
  if (change.op === "add" && change.movedFrom !== undefined)
    return { ...change, path, movedFrom: pointerOf(change.movedFrom) };
  return { ...change, path };
}

function bytesToJson(bytes: Uint8Array): { text: string } | { base64: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? { text: buffer.toString("utf8") } : { base64: buffer.toString("base64") };
}
