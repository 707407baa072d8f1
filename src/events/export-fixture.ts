import { isUtf8 } from "node:buffer";
import { safeFileName } from "./export-name.js";
import type { HookEvent } from "./event.js";
import { isJson } from "./json-tree.js";

/**
 * The body as a fixture file: its bytes, and one newline that `send` takes off again. A body that begins to look like a
 * placeholder (`{{uuid}}`) would be filled in.
 */
export function fixtureFile(event: Pick<HookEvent, "body">): Uint8Array {
  return Buffer.concat([event.body, Buffer.from("\n")]);
}

/** Folder and name of an event's fixture: `stripe`, `invoice.paid`, `.json`. Bodies that are no JSON are no fixtures, and end in `.body`. */
export function fixtureName(event: Pick<HookEvent, "provider" | "eventType" | "seq" | "body">): {
  readonly folder: string;
  readonly base: string;
  readonly extension: ".json" | ".body";
} {
  return {
    folder: safeFileName(event.provider, "generic"),
    base: safeFileName(event.eventType, `event-${event.seq}`),
    extension: isJsonBody(event.body) ? ".json" : ".body",
  };
}

/** True when `send` would fill in a part of the body. */
export function looksLikeTemplate(event: Pick<HookEvent, "body">): boolean {
  return Buffer.from(event.body.buffer, event.body.byteOffset, event.body.byteLength).includes("{{");
}

function isJsonBody(body: Uint8Array): boolean {
  return isUtf8(body) && isJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
}
