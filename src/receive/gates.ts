import { headerValue, isFormType, type HeaderList } from "../events/headers.js";
import type { Verdict } from "../signatures/verdict.js";
import type { AddressRanges } from "./address.js";
import type { Refusal } from "./refusal.js";

export type { Refusal } from "./refusal.js";

/** `--allow-ip`: an unknown sender's address is refused too. */
export function refuseAddress(remoteIp: string | null, allowed: AddressRanges): Refusal | undefined {
  if (allowed.isEmpty || (remoteIp !== null && allowed.has(remoteIp))) return undefined;
  const message = remoteIp === null ? "the sender's address is not known" : `${remoteIp} is not allowed`;
  return { status: 403, code: "ip_not_allowed", message };
}

/** `--allow-type`: `allows` is asked with the event's type; an event without a type is refused. */
export function refuseType(eventType: string | null, allows: (type: string) => boolean): Refusal | undefined {
  if (eventType !== null && allows(eventType)) return undefined;
  return { status: 400, code: "unknown_event_type", message: "unknown event type" };
}

/** `--require-signature`: a verdict that is not there means that nothing could be checked. */
export function refuseSignature(verdict: Verdict | undefined): Refusal | undefined {
  if (verdict === undefined) {
    return { status: 401, code: "not_checkable", message: "the signature cannot be checked" };
  }
  return verdict.valid ? undefined : { status: 401, code: verdict.reason, message: verdict.message };
}

/** `--require type,data`: fields (with dots: `data.id`) that a JSON or form body must have. */
export function refuseMissing(
  request: { readonly headers: HeaderList; readonly body: Uint8Array },
  fields: readonly string[],
): Refusal | undefined {
  if (fields.length === 0) return undefined;
  const payload = readPayload(request);
  if (payload === undefined) return invalidPayload("the body is not JSON");
  const missing = fields.find((field) => !hasField(payload.value, field.split(".")));
  return missing === undefined ? undefined : invalidPayload(`${missing} is missing`);
}

/** The refusal of a body that is not as it should be. */
export function invalidPayload(why: string): Refusal {
  return { status: 400, code: "invalid_payload", message: `invalid payload: ${why}` };
}

/** The body as a JSON value, or the fields of a form; `undefined` when it is neither. */
export function readPayload(request: {
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}): { readonly value: unknown } | undefined {
  const text = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString("utf8");
  if (isFormType(headerValue(request.headers, "content-type"))) {
    return { value: Object.fromEntries(new URLSearchParams(text)) };
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function hasField(value: unknown, steps: readonly string[]): boolean {
  let current = value;
  for (const step of steps) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return false;
    current = (current as Record<string, unknown>)[step];
  }
  return current !== undefined && current !== null;
}
