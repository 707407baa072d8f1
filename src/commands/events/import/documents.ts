import { isUtf8 } from "node:buffer";
import { CliError } from "../../../errors.js";
import { headerValue } from "../../../events/headers.js";
import { checkedHeaders, checkedPath } from "../../../events/import-fields.js";
import { jsonItems } from "../../../events/import-json.js";
import type { Imported, ImportForm } from "../../../events/import-request.js";
import { parseRawRequest } from "../../../events/raw-http.js";
import type { Input } from "./input.js";
import { beginningOf, kindOf, LAST_LINE, refuseCoded, STREAM_FIELD } from "./kind.js";
import { linesOf, MAX_LINE_BYTES, type InputLine } from "./lines.js";

/** A document that is no list of lines is read whole, up to this size. */
const MAX_DOCUMENT_BYTES = 256 * 2 ** 20;

/** A place in the input that is, or should be, an event. `read` throws CliError 2 where it is none. */
export interface Found {
  readonly where: string;
  readonly read: () => Imported;
}

/** What `stripe listen` says beside the events that it prints. */
const STRIPE_TALK = /^(?:>|Ready!|Getting ready|\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\s)/;
/**
 * The events of an input, piece by piece. JSON lines (also those of an event stream) are read one by one; one JSON document,
 * or one raw HTTP request, is read whole. Throws CliError 2 when the whole of it cannot be read.
 */
export async function* documentsOf(input: Input, only: ImportForm | undefined): AsyncIterable<Iterable<Found>> {
  const begun = await beginningOf(input.chunks);
  const all = chain(begun.prefix, begun.rest);
  refuseCoded(begun.prefix, input.name);
  const kind = only === "http" ? "http" : kindOf(begun);
  if (kind === "lines") refuseUnknown(begun.prefix, input.name);
  if (kind === "lines" || kind === "entries") {
    const partOf = kind === "lines" ? jsonPart : entryPart;
    const reading = { name: input.name, only, partOf };
    for await (const lines of linesOf(all)) yield foundInLines(lines, reading);
    return;
  }
  const bytes = await whole(all, input.name);
  if (kind === "json") yield foundInDocument(bytes, input.name, only);
  else yield [{ where: input.name, read: () => rawImport(bytes, only) }];
}

/** Throws CliError 2 for a file of which neither of the first two lines is of any form: to name each line would say no more. */
function refuseUnknown(prefix: Buffer, name: string): void {
  const lines = prefix
    .toString("latin1")
    .replace(/^\u00ef\u00bb\u00bf/, "")
    .split(/\r?\n/);
  const first = lines.filter((line) => line.trim() !== "").slice(0, 2);
  if (first.length < 2 || first.some((line) => isOfSomeForm(line))) return;
  throw new CliError(`${name} is not in a form that I know: its first lines are neither JSON nor a request`, {
    hint: "there are NDJSON and JSON of hookcli, HAR, raw HTTP, and what smee, stripe and gh print: hookcli events import --help",
  });
}

function isOfSomeForm(line: string): boolean {
  return /^\s*(?:[[{]|data:)/.test(line) || STREAM_FIELD.test(line) || STRIPE_TALK.test(line);
}

interface LineReading {
  readonly name: string;
  readonly only: ImportForm | undefined;
  /** The JSON of a line; `undefined` when it is a line that says something else. */
  readonly partOf: (bytes: Buffer, number: number) => Buffer | undefined;
}

/** One by one: a single line may be a list of millions. */
function* foundInLines(lines: readonly InputLine[], reading: LineReading): Iterable<Found> {
  for (const line of lines) yield* foundInLine(line, reading);
}

function* foundInLine({ number, bytes }: InputLine, { name, only, partOf }: LineReading): Iterable<Found> {
  const where = `${name}:${number}`;
  if (bytes === undefined) {
    yield failure(where, `the line is longer than ${MAX_LINE_BYTES / 2 ** 20} MiB`);
    return;
  }
  const text = partOf(bytes, number);
  if (text !== undefined) yield* foundInJson(text, where, only);
}

/** A line of a HAR file as `events export` writes it: an entry and a comma, between its first and its last line. */
function entryPart(bytes: Buffer, number: number): Buffer | undefined {
  if (number === 1 || bytes.length === 0 || (bytes.length < 8 && LAST_LINE.test(bytes.toString("latin1"))))
    return undefined;
  return bytes.at(-1) === 0x2c ? bytes.subarray(0, -1) : bytes;
}

/** A line of NDJSON, or of an event stream. */
function jsonPart(bytes: Buffer, number: number): Buffer | undefined {
  const start = number === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  const head = bytes.toString("latin1", start, start + 40);
  if (head.startsWith("data:")) return bytes.subarray(start + "data:".length);
  if (/^\s*$/.test(head) && bytes.toString("latin1", start).trim() === "") return undefined;
  return STREAM_FIELD.test(head) || STRIPE_TALK.test(head) ? undefined : bytes.subarray(start);
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function* foundInDocument(bytes: Buffer, name: string, only: ImportForm | undefined): Iterable<Found> {
  yield* foundInJson(bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes, name, only);
}

function* foundInJson(bytes: Buffer, where: string, only: ImportForm | undefined): Iterable<Found> {
  let value: unknown;
  try {
    if (!isUtf8(bytes)) throw new SyntaxError("not UTF-8");
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    yield failure(where, `this is no JSON: ${error instanceof Error ? error.message.slice(0, 200) : ""}`);
    return;
  }
  // An event stream sends an empty object to keep its connection.
  if (typeof value === "object" && value !== null && Object.keys(value).length === 0) return;
  for (const { index, read } of jsonItems(bytes, value, only)) {
    yield { where: index === undefined ? where : `${where}, entry ${index + 1}`, read };
  }
}

function rawImport(bytes: Uint8Array, only: ImportForm | undefined): Imported {
  if (only !== undefined && only !== "http") throw new CliError(`this is no event in the form ${only}`);
  const { method, path, headers, body, notes, isUnframed } = parseRawRequest(bytes);
  const declared = headerValue(headers, "content-length");
  const differs = declared !== undefined && declared !== String(body.byteLength);
  return {
    kind: "request",
    form: "http",
    request: {
      method,
      path: checkedPath(path),
      headers: checkedHeaders(headers, "headers"),
      body,
      receivedAt: null,
      attempts: [],
      ...((differs || isUnframed) && notes[0] !== undefined ? { lossy: notes[0] } : {}),
    },
  };
}

function failure(where: string, message: string): Found {
  return {
    where,
    read: () => {
      throw new CliError(message);
    },
  };
}

async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function whole(chunks: AsyncIterable<Buffer>, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new CliError(`${name} is larger than ${MAX_DOCUMENT_BYTES / 2 ** 20} MiB`, {
        hint: "a file with one event a line (NDJSON) may have any size",
      });
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts, bytes);
}
