import { CliError } from "../errors.js";
import { checkedTime, field, timeField, type Fields } from "./import-fields.js";
import type { ForeignRequest } from "./import-request.js";

/** True for an event object of Stripe, as `stripe listen --print-json` and `stripe events retrieve` print it. */
export function isStripeEvent(fields: Fields): boolean {
  const object = field(fields, "object");
  return (object === "event" || object === "v2.core.event") && typeof field(fields, "type") === "string";
}

/** True for what `stripe fixtures` takes: calls of Stripe's API, and no event. */
export function isStripeFixture(fields: Fields): boolean {
  return field(fields, "_meta") !== undefined && Array.isArray(field(fields, "fixtures"));
}

/** An event of Stripe as the webhook it would be. stripe-cli prints what is inside a delivery, never its signature. */
export function readStripeEvent(fields: Fields, body: Uint8Array): ForeignRequest {
  return {
    method: "POST",
    path: "/",
    headers: [
      ["Content-Type", "application/json; charset=utf-8"],
      ["Content-Length", String(body.byteLength)],
    ],
    body,
    receivedAt: createdAt(fields),
    provider: "stripe",
    attempts: [],
    lossy: "stripe-cli prints events without signature, headers and the white space that was signed",
  };
}

/** Throws CliError 2: a fixture of stripe-cli cannot be an event. */
export function refuseStripeFixture(): never {
  throw new CliError("this is a fixture of stripe-cli: calls of Stripe's API, and no event", {
    hint: "run it with stripe fixtures, and import what stripe listen --print-json prints",
  });
}

/** Seconds since 1970 in events of the first kind, RFC 3339 in those of the second. */
function createdAt(fields: Fields): number {
  const created = field(fields, "created");
  return typeof created === "number" ? checkedTime(created * 1000, "created") : timeField(fields, "created");
}
