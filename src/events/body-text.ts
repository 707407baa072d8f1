import { textOfBody } from "./charset.js";
import { decodeBody } from "./content-encoding.js";
import { parseContentType } from "./content-type.js";
import { headerValue, isFormType, type HeaderList } from "./headers.js";
import { hexDump } from "./hex.js";
import { prettyForm } from "./pretty-form.js";
import { prettyJson } from "./pretty-json.js";
import { partsOf, type Part } from "./pretty-multipart.js";
import { prettyXml } from "./pretty-xml.js";
import { safeText } from "./safe-text.js";

/** Bytes of a binary body that are shown: 64 lines. */
const HEX_LIMIT = 1024;
/** The same of a binary part of a body. */
const PART_HEX_LIMIT = 256;
/** Multipart bodies inside one another that are taken apart. */
const DEEPEST_MULTIPART = 3;

/** A body for people's eyes. */
export interface BodyText {
  readonly kind: "empty" | "json" | "form" | "multipart" | "xml" | "text" | "binary";
  readonly text: string;
  /** Bytes that are not shown. */
  readonly hidden: number;
  /** What was done to make it readable, such as `decoded from gzip`. */
  readonly notes: readonly string[];
}

export interface BodyTextOptions {
  /** Bytes of a binary body that are shown. */
  readonly hexLimit?: number | undefined;
}

/**
 * A body as its headers say it is to be read: content codings undone, in its charset, JSON and XML one member a line,
 * the fields of a form, the parts of a multipart body; other text as it is, anything else as a hex dump of its
 * beginning. For display only. Never throws.
 */
export function bodyText(
  body: Uint8Array,
  headers: HeaderList = [],
  { hexLimit = HEX_LIMIT }: BodyTextOptions = {},
): BodyText {
  if (body.byteLength === 0) return { kind: "empty", text: "", hidden: 0, notes: [] };
  const { bytes, notes } = decodeBody(body, headers);
  const read = readable(bytes, headerValue(headers, "content-type"), { hexLimit, depth: 0 });
  return { ...read, notes: [...notes, ...read.notes] };
}

interface Bounds {
  readonly hexLimit: number;
  /** Multipart bodies around this one. */
  readonly depth: number;
}

function readable(bytes: Uint8Array, contentType: string | undefined, bounds: Bounds): BodyText {
  const found = bounds.depth < DEEPEST_MULTIPART ? partsOf(bytes, contentType) : undefined;
  if (found !== undefined) return multipartText(found.parts, found.areMore, bounds.depth);
  const { type, parameters } = parseContentType(contentType);
  const read = textOfBody(bytes, parameters.get("charset"));
  if (read === undefined) return binaryText(bytes, bounds.hexLimit);
  // The terminal would show each carriage return as an escape.
  const text = read.text.replaceAll("\r\n", "\n");
  const notes = [
    read.hasMark ? "it begins with a byte-order mark, which JSON and XML readers may refuse" : undefined,
    read.charset === undefined ? undefined : `read as ${read.charset}`,
  ].filter((note) => note !== undefined);
  if (isFormType(contentType)) return formText(text, notes);
  const asText = (kind: BodyText["kind"], pretty: string): BodyText => ({ kind, text: pretty, hidden: 0, notes });
  const json = prettyJson(text);
  if (json !== undefined) return asText("json", json);
  const xml = /[/+]xml$/.test(type) || text.startsWith("<?xml") ? prettyXml(text) : undefined;
  return xml === undefined ? asText("text", text) : asText("xml", xml);
}

function binaryText(bytes: Uint8Array, limit: number): BodyText {
  const hidden = Math.max(0, bytes.byteLength - limit);
  return { kind: "binary", text: hexDump(bytes.subarray(0, limit)), hidden, notes: [] };
}

function formText(text: string, notes: readonly string[]): BodyText {
  const form = prettyForm(text);
  const more = form.hiddenFields === 0 ? [] : [`${form.hiddenFields} more fields are not shown`];
  return { kind: "form", text: form.text, hidden: 0, notes: [...notes, "form fields, decoded", ...more] };
}

/** What stands in a part is indented, so that no part looks like the head of another. */
function multipartText(parts: readonly Part[], areMore: boolean, depth: number): BodyText {
  const text = parts.map((part, index) => partText(part, index + 1, depth)).join("\n\n");
  const count = `${parts.length}${areMore ? " and more" : ""} ${parts.length === 1 && !areMore ? "part" : "parts"}`;
  return { kind: "multipart", text, hidden: 0, notes: [`multipart, ${count}`] };
}

function partText({ headers, name, body }: Part, number: number, depth: number): string {
  const called = name === undefined ? "" : ` ${JSON.stringify(name)}`;
  const { kind, text, hidden, notes } = readable(body, headerValue(headers, "content-type"), {
    hexLimit: PART_HEX_LIMIT,
    depth: depth + 1,
  });
  const lines = [
    `part ${number}${safeText(called)}, ${body.byteLength} bytes`,
    ...headers.map(([header, value]) => safeText(`  ${header}: ${value}`)),
    ...notes.map((note) => `  (${note})`),
    ...(kind === "binary" || text !== "" ? [`    ${text.replaceAll("\n", "\n    ")}`] : []),
    ...(hidden === 0 ? [] : [`  (${hidden} bytes more)`]),
  ];
  return lines.join("\n");
}
