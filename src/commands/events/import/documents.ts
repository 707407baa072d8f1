import { isUtf8 } from "node:buffer";
import { CliError } from "../../../errors.js";
import { headerValue } from "../../../events/headers.js";
import { checkedHeaders, checkedPath } from "../../../events/import-fields.js";
import { jsonItems } from "../../../events/import-json.js";
import type { Imported, ImportForm } from "../../../events/import-request.js";
import { parseRawRequest } from "../../../events/raw-http.js";
import type { Input } from "./input.js";
import { linesOf, MAX_LINE_BYTES, type InputLine } from "./lines.js";

/** A document that is no list of lines is read whole, up to this size. */
const MAX_DOCUMENT_BYTES = 256 * 2 ** 20;

/** A place in the input that is, or should be, an event. `read` throws CliError 2 where it is none. */
export interface Found {
  readonly where: string;
  readonly read: () => Imported;
}

/** Fields of an event stream (WHATWG HTML, 9.2) beside `data`. */
const STREAM_FIELD = /^(?:(?:id|event|retry):|:)/;
/** What `stripe listen` says beside the events that it prints. */
const STRIPE_TALK = /^(?:>|Ready!|Getting ready|\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\s)/;
/** The first line of a request, or of a browser's copy of one. */
const REQUEST_START = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]+\S+(?:[ \t]+HTTP\/\d(?:\.\d)?)?[ \t]*$|:[a-z]+:|HTTP\/\d)/;

/**
 * The events of an input, piece by piece. JSON lines (also those of an event stream) are read one by one; one JSON document,
 * or one raw HTTP request, is read whole. Throws CliError 2 when the whole of it cannot be read.
 */
export async function* documentsOf(input: Input, only: ImportForm | undefined): AsyncIterable<readonly Found[]> {
  const { prefix, rest, ended } = await beginningOf(input.chunks);
  const all = chain(prefix, rest);
  const kind = only === "http" ? "http" : kindOf(prefix, ended);
  if (kind === "lines") {
    for await (const lines of linesOf(all)) yield lines.flatMap((line) => [...foundInLine(line, input.name, only)]);
    return;
  }
  const bytes = await whole(all, input.name);
  if (kind === "json") yield [...foundInDocument(bytes, input.name, only)];
  else yield [{ where: input.name, read: () => rawImport(bytes, only) }];
}

/** How the input is to be read, by its first two lines. */
export function kindOf(prefix: Buffer, ended: boolean): "lines" | "json" | "http" {
  const [first = "", second = ""] = prefix
    .toString("latin1")
    .replace(/^\u00ef\u00bb\u00bf/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  if (!/^[{[]/.test(first.trimStart()))
    return REQUEST_START.test(first) && !STREAM_FIELD.test(first) ? "http" : "lines";
  if (isJson(first)) return "lines";
  if (/[[{,]\s*$/.test(first)) return "json";
  return second === "" ? (ended ? "lines" : "json") : isJson(second) ? "lines" : "json";
}

function* foundInLine({ number, bytes }: InputLine, name: string, only: ImportForm | undefined): Iterable<Found> {
  const where = `${name}:${number}`;
  if (bytes === undefined) {
    yield failure(where, `the line is longer than ${MAX_LINE_BYTES / 2 ** 20} MiB`);
    return;
  }
  const text = jsonPart(bytes, number);
  if (text === undefined) return;
  yield* foundInJson(text, where, only);
}

/** The JSON of a line; `undefined` when it is a line that says something else. */
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
  const { method, path, headers, body, notes } = parseRawRequest(bytes);
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
      ...(differs && notes[0] !== undefined ? { lossy: notes[0] } : {}),
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

/** As much of the input as holds two lines that are not empty. */
async function beginningOf(
  chunks: AsyncIterable<Buffer>,
): Promise<{ prefix: Buffer; rest: AsyncIterator<Buffer>; ended: boolean }> {
  const rest = chunks[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let lines = 0;
  let bytes = 0;
  while (lines < 2 && bytes <= MAX_LINE_BYTES) {
    const next = await rest.next();
    if (next.done === true) return { prefix: Buffer.concat(parts), rest, ended: true };
    parts.push(next.value);
    bytes += next.value.length;
    lines += linesEnded(next.value);
  }
  return { prefix: Buffer.concat(parts), rest, ended: false };
}

/** Line ends in a chunk that have something in front of them. */
function linesEnded(chunk: Buffer): number {
  const lines = chunk.toString("latin1").split("\n");
  return lines.slice(0, -1).filter((line) => line.trim() !== "").length;
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

function isJson(byteText: string): boolean {
  try {
    JSON.parse(byteText);
    return true;
  } catch {
    return false;
  }
}
