import type { FieldPath, Scheme } from "../signatures/scheme.js";
import type { Provider, ValueSource } from "./provider.js";

/** A row as it is written: what most providers have in common may be left out. */
export type Row = Pick<Provider, "title" | "schemes" | "evidence"> & Omit<Partial<Provider>, "name" | "aliases">;

/** What a header of Standard Webhooks looks like: others have headers of that name too (GoCardless). */
export const STANDARD_LOOKS = /^\s*v\d+[a-z]*,/;

/** What a row has beside its names. */
const FIELDS: readonly Exclude<keyof Provider, "name" | "aliases">[] = [
  "title",
  "schemes",
  "contentType",
  "bodyForm",
  "detection",
  "eventType",
  "eventId",
  "deliveryId",
  "outgoing",
  "ackDeadlineMs",
  "retry",
  "retryMark",
  "evidence",
  "documents",
  "secretPlace",
  "unchecked",
  "keySource",
  "testTrust",
  "handshake",
];

/**
 * A row with what it leaves out: JSON bodies, no ids, no headers of its own, detected by its schemes' signature headers. It is
 * made when something beside its names is asked for: a start needs one row, and there are over a hundred.
 */
export function define(name: string, aliases: readonly string[], make: () => Row): Provider {
  let row: Partial<Provider> | undefined;
  const provider = { name, aliases };
  for (const field of FIELDS)
    Object.defineProperty(provider, field, { enumerable: true, get: () => (row ??= completed(make()))[field] });
  return provider as Provider;
}

function completed(row: Row): Partial<Provider> {
  const { detection = { signatureHeaders: signatureHeaders(row.schemes) } } = row;
  return {
    contentType: "application/json",
    eventType: [],
    eventId: [],
    deliveryId: [],
    outgoing: [],
    ...row,
    detection: detection.signatureHeaders.includes("webhook-signature")
      ? { signatureLooks: STANDARD_LOOKS, ...detection }
      : detection,
  };
}

/** Headers that carry the signatures of some schemes; one that many use for other things does not tell who sent it. */
function signatureHeaders(schemes: readonly Scheme[]): string[] {
  const names = schemes.flatMap(({ signature }) =>
    signature.from === "header" ? [...signature.names, ...(signature.more ?? [])] : [],
  );
  return [...new Set(names)].filter((name) => name.toLowerCase() !== "authorization");
}

/** The value of a header. */
export function header(name: string): ValueSource {
  return { in: "header", name };
}

/** The text or number at a place of a JSON body. */
export function body(...path: FieldPath): ValueSource {
  return { in: "body", path };
}
