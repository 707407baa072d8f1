import { createHash } from "node:crypto";
import { CliError } from "../errors.js";
import {
  EVENT_SOURCES,
  EVENT_STATES,
  SIGNATURE_STATUSES,
  type Attempt,
  type ImportedEvent,
  type SignatureNote,
} from "./event.js";
import {
  base64Bytes,
  checkedHeaders,
  checkedMethod,
  checkedPath,
  field,
  fieldsOf,
  isEventId,
  numberOrNull,
  textField,
  textOrNull,
  timeField,
  wordField,
  type Fields,
} from "./import-fields.js";

/** Attempts of one event that are taken. */
const MAX_ATTEMPTS = 10_000;
/** What is kept of an answer's body: as much as of every attempt. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_BODY_LENGTH = 2 ** 28;

/**
 * The event that a public event object tells of: the inverse of `eventToJson`. Fields that are not there have the values of
 * an event nobody knows more of; unknown ones are ignored. Throws CliError 2 for what is no event, and for a body that is
 * not the one that `bodySha256` was made of.
 */
export function eventFromJson(value: unknown): ImportedEvent {
  const fields = fieldsOf(value, "the event");
  const id = textField(fields, "id");
  if (!isEventId(id)) throw new CliError("id is not an event's id");
  return {
    id,
    project: textOrNull(fields, "project") ?? "",
    receivedAt: timeField(fields, "receivedAt"),
    source: wordField(fields, "source", { words: EVENT_SOURCES, fallback: "import" }),
    method: checkedMethod(textField(fields, "method")),
    path: checkedPath(textField(fields, "path", Number.POSITIVE_INFINITY)),
    headers: checkedHeaders(field(fields, "headers") ?? [], "headers"),
    trailers: checkedHeaders(field(fields, "trailers") ?? [], "trailers"),
    body: provenBody(fields),
    bodyComplete: field(fields, "bodyComplete") !== false,
    remoteIp: textOrNull(fields, "remoteIp"),
    provider: textOrNull(fields, "provider"),
    eventType: textOrNull(fields, "eventType"),
    providerEventId: textOrNull(fields, "providerEventId"),
    deliveryId: textOrNull(fields, "deliveryId"),
    signature: signatureOf(fields),
    duplicateOf: eventIdOrNull(fields, "duplicateOf"),
    replayOf: eventIdOrNull(fields, "replayOf"),
    state: wordField(fields, "state", { words: EVENT_STATES, fallback: "stored" }),
    refusal: textOrNull(fields, "refusal"),
    attempts: attemptsOf(fields),
  };
}

function provenBody(fields: Fields): Uint8Array {
  const body = bodyOf(fields);
  const hash = textOrNull(fields, "bodySha256");
  if (hash === null || createHash("sha256").update(body).digest("hex") === hash.toLowerCase()) return body;
  throw new CliError("the body is not the one that bodySha256 was made of");
}

function bodyOf(fields: Fields): Uint8Array {
  if (field(fields, "bodyOmitted") === true) {
    throw new CliError("its body was left out", { hint: "hookcli events export writes every body" });
  }
  if (field(fields, "bodyBase64") !== undefined) {
    return base64Bytes(textField(fields, "bodyBase64", MAX_BODY_LENGTH), "bodyBase64");
  }
  if (field(fields, "bodyText") === undefined) return new Uint8Array(0);
  return Buffer.from(textField(fields, "bodyText", MAX_BODY_LENGTH), "utf8");
}

function signatureOf(fields: Fields): SignatureNote {
  const value = field(fields, "signature");
  if (value === undefined) return { status: "unchecked" };
  const note = fieldsOf(value, "signature");
  const [reason, provider, scheme] = ["reason", "provider", "scheme"].map((name) => textOrNull(note, name));
  const secretIndex = numberOrNull(note, "secretIndex");
  return {
    status: wordField(note, "status", { words: SIGNATURE_STATUSES, fallback: "unchecked" }),
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof provider === "string" ? { provider } : {}),
    ...(typeof scheme === "string" ? { scheme } : {}),
    ...(secretIndex === null ? {} : { secretIndex: Math.trunc(secretIndex) }),
  };
}

function eventIdOrNull(fields: Fields, name: string): string | null {
  const id = textOrNull(fields, name);
  if (id === null || isEventId(id)) return id;
  throw new CliError(`${name} is not an event's id`);
}

function attemptsOf(fields: Fields): Attempt[] {
  const value = field(fields, "attempts") ?? [];
  if (!Array.isArray(value)) throw new CliError("attempts is not a list");
  if (value.length > MAX_ATTEMPTS) throw new CliError(`there are more than ${MAX_ATTEMPTS} attempts`);
  const attempts = value.map((attempt: unknown) => attemptFromJson(attempt));
  const numbers = new Set(attempts.map(({ n }) => n));
  if (numbers.size === attempts.length) return attempts;
  throw new CliError("two attempts have the same number");
}

/** The attempt that its public object tells of. Throws CliError 2. */
function attemptFromJson(value: unknown): Attempt {
  const fields = fieldsOf(value, "an attempt");
  const n = numberOrNull(fields, "n", 2 ** 31);
  const status = numberOrNull(fields, "status", 999);
  if (n === null || n < 1 || !Number.isInteger(n)) throw new CliError("an attempt has no number");
  if (status !== null && !Number.isInteger(status)) throw new CliError("status is not a whole number");
  return {
    n,
    target: textField(fields, "target"),
    startedAt: timeField(fields, "startedAt"),
    durationMs: numberOrNull(fields, "durationMs"),
    status,
    error: errorOf(fields),
    headers: checkedHeaders(field(fields, "headers") ?? [], "headers of an attempt"),
    body: bodyOf(fields).subarray(0, MAX_ANSWER_BYTES),
  };
}

function errorOf(fields: Fields): string | null {
  const error = textOrNull(fields, "error");
  if (error === null || /^[\w.-]{1,64}$/.test(error)) return error;
  throw new CliError("error is not a short code");
}
