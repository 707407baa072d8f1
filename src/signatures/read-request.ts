import { fieldAt, parseJsonBody, scalarText } from "./body.js";
import { fieldsOf, formField } from "./form.js";
import type { SignedRequest } from "./request.js";
import type { Scheme, SignatureSource, TimestampRule } from "./scheme.js";
import { readSignatureText, type SignatureFields, type SignatureProblem } from "./signature-text.js";
import { chooseSpelling, findHeader, spell } from "./spelling.js";
import { readTimestamp, UNIT_TITLES } from "./timestamp.js";
import { queryParameter } from "./url.js";

/** What a request says about its signature, read but not believed. */
export interface RequestReading {
  /** Encoded signatures, at least one. */
  readonly signatures: readonly string[];
  readonly timestamp: { readonly text: string; readonly ms: number } | undefined;
  readonly id: string | undefined;
  /** The id of the key that made them, as the request says. */
  readonly keyId: string | undefined;
}

/** Reads signature, timestamp and id where the scheme says they stand, or says what is missing or malformed. */
export function readRequest(scheme: Scheme, request: SignedRequest): RequestReading | SignatureProblem {
  const column = chooseSpelling(scheme, request.headers);
  const fields = readSignature(scheme.signature, request, column);
  if ("reason" in fields) return fields;
  const id = scheme.id === undefined ? undefined : readHeader(request, spell(scheme.id, column));
  if (typeof id === "object") return id;
  const timestamp =
    scheme.timestamp === undefined ? undefined : readTime(scheme.timestamp, { fields, request, column });
  if (timestamp !== undefined && "reason" in timestamp) return timestamp;
  return { signatures: fields.signatures, timestamp, id, keyId: fields.keyId };
}

function readSignature(
  source: SignatureSource,
  request: SignedRequest,
  column: number,
): SignatureFields | SignatureProblem {
  if (source.from === "header") return readSignatureHeaders(source, request, column);
  const name = source.from === "bodyField" ? source.path.join(".") : source.name;
  const text = textInside(source, request);
  const where = source.from === "query" ? "the URL" : "the body";
  if (text === undefined) return { reason: "missing_header", message: `${where} has no ${name} with the signature` };
  return named(readSignatureText(text, source.parse), name);
}

function textInside(
  source: Exclude<SignatureSource, { readonly from: "header" }>,
  request: SignedRequest,
): string | undefined {
  if (source.from === "query") return queryParameter(request.url, source.name);
  if (source.from === "bodyField") return scalarText(fieldAt(parseJsonBody(request.body), source.path));
  const field = formField(fieldsOf(request), source.name);
  if (field === undefined || source.path === undefined) return field;
  return scalarText(fieldAt(parseJsonBody(Buffer.from(field, "latin1")), source.path));
}

/** The header and its companions for rotation: their signatures together, in order; it is enough that one is there. */
function readSignatureHeaders(
  source: Extract<SignatureSource, { readonly from: "header" }>,
  request: SignedRequest,
  column: number,
): SignatureFields | SignatureProblem {
  const first = readOne(source, request, spell(source.names, column));
  if (source.more === undefined) return first;
  const all = [first, ...source.more.map((name) => readOne(source, request, name))];
  const read = all.filter((fields) => "signatures" in fields);
  if (read.length > 0) return { ...read[0], signatures: read.flatMap(({ signatures }) => signatures) };
  return all.find((fields) => "reason" in fields && fields.reason !== "missing_header") ?? first;
}

function readOne(source: SignatureSource, request: SignedRequest, name: string): SignatureFields | SignatureProblem {
  const value = readHeader(request, name);
  return typeof value === "object" ? value : named(readSignatureText(value, source.parse), name);
}

function readHeader(request: SignedRequest, name: string): string | SignatureProblem {
  const found = findHeader(request.headers, name);
  if (found.count === 1) return found.value;
  if (found.count === 0) return { reason: "missing_header", message: `header ${name} is missing` };
  return { reason: "malformed_header", message: `header ${name} was sent more than once` };
}

function named(reading: SignatureFields | SignatureProblem, name: string): SignatureFields | SignatureProblem {
  return "reason" in reading ? { reason: reading.reason, message: `${name}: ${reading.message}` } : reading;
}

interface TimePlace {
  readonly fields: SignatureFields;
  readonly request: SignedRequest;
  readonly column: number;
}

function readTime(rule: TimestampRule, place: TimePlace): { text: string; ms: number } | SignatureProblem {
  const found = timeText(rule, place);
  if (typeof found === "object") return found;
  const ms = readTimestamp(found, rule.unit);
  if (ms !== undefined) return { text: found, ms };
  return {
    reason: "timestamp_malformed",
    message: `the timestamp is not ${UNIT_TITLES[rule.unit]}: "${found.slice(0, 40)}"`,
  };
}

function timeText({ from }: TimestampRule, { fields, request, column }: TimePlace): string | SignatureProblem {
  if (from.kind === "header") {
    const value = readHeader(request, spell(from.names, column));
    return typeof value === "object" && value.reason === "missing_header"
      ? { ...value, reason: "timestamp_missing" }
      : value;
  }
  const text = from.kind === "signature" ? fields.timestamp : timeInside(from, request);
  return text ?? { reason: "timestamp_missing", message: `there is no timestamp in the ${TIME_PLACES[from.kind]}` };
}

const TIME_PLACES = { signature: "signature's header", bodyField: "body", formField: "form", query: "URL" } as const;

function timeInside(
  from: Exclude<TimestampRule["from"], { readonly kind: "header" | "signature" }>,
  request: SignedRequest,
): string | undefined {
  if (from.kind === "query") return queryParameter(request.url, from.name);
  if (from.kind === "formField") return formField(fieldsOf(request), from.name);
  return scalarText(fieldAt(parseJsonBody(request.body), from.path));
}
