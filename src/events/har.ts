import { isUtf8 } from "node:buffer";
import type { Content, Entry, Header, PostData, QueryString, Request, Response } from "har-format";
import { decodeBody } from "./content-encoding.js";
import type { Attempt, HookEvent } from "./event.js";
import { eventToJson, type EventJson } from "./event-json.js";
import { headerValue, headerValues, type HeaderList } from "./headers.js";
import { percentDecoded } from "./percent.js";

/** Sizes that are not known. */
const UNKNOWN = -1;
/** What a Host header must be to stand in a URL. */
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** What a HAR file cannot say of an event in its own fields. */
export type HarNote = Omit<EventJson, "method" | "headers" | "bodyText" | "bodyBase64" | "bodyOmitted">;

/** An entry of ours: beside what HAR knows, all that `events import` needs to make the same event of it. */
export interface HarEntry extends Entry {
  readonly _hookcli: HarNote;
}

/** What stands before the first entry of a HAR 1.2 file. Entries go between, with a comma between two. */
export function harHead(version: string): string {
  const log = JSON.stringify({ version: "1.2", creator: { name: "hookcli", version }, pages: [], entries: [] });
  return `{"log":${log.slice(0, -"]}".length)}\n`;
}

/** What stands behind the last entry. */
export const HAR_TAIL = "\n]}}\n";

/**
 * An event as an entry of a HAR 1.2 file: the request as it came, the last attempt as its response (status 0 when there was
 * none), all else under `_hookcli`. Binary bodies are base64, as browsers write those of answers.
 */
export function harEntry(event: HookEvent): HarEntry {
  const { method: _method, headers: _headers, ...note } = eventToJson({ ...event, body: new Uint8Array(0), size: 0 });
  const last = event.attempts.at(-1);
  const waitMs = Math.max(last?.durationMs ?? 0, 0);
  return {
    startedDateTime: new Date(event.receivedAt).toISOString(),
    time: waitMs,
    request: requestOf(event),
    response: responseOf(last),
    cache: {},
    timings: { send: 0, wait: waitMs, receive: 0 },
    _hookcli: { ...withoutBody(note), size: event.size },
  };
}

function withoutBody(note: Record<string, unknown>): HarNote {
  const { bodyText: _text, bodyBase64: _base64, bodyOmitted: _omitted, ...rest } = note;
  return rest as unknown as HarNote;
}

function requestOf(event: HookEvent): Request {
  const { method, path, headers, body } = event;
  return {
    method,
    url: harUrl(path, headers),
    httpVersion: "HTTP/1.1",
    cookies: headerValues(headers, "cookie").flatMap((value) => value.split(";").flatMap(cookieOf)),
    headers: headersOf(headers),
    queryString: queryOf(path),
    headersSize: UNKNOWN,
    bodySize: body.byteLength,
    ...(body.byteLength === 0 ? {} : { postData: postDataOf(headerValue(headers, "content-type"), body) }),
  };
}

/** HAR 1.2 has no `encoding` for what is posted: readers that know none must not take base64 for the text. */
function postDataOf(contentType: string | undefined, body: Uint8Array): PostData {
  const mimeType = contentType ?? "application/octet-stream";
  const { text, encoding } = textOf(body);
  return encoding === undefined
    ? { mimeType, text }
    : ({ mimeType, text, _encoding: encoding, comment: "text is base64" } as PostData);
}

function responseOf(attempt: Attempt | undefined): Response {
  const headers = attempt?.headers ?? [];
  const body = attempt?.body ?? new Uint8Array(0);
  return {
    status: attempt?.status ?? 0,
    statusText: "",
    httpVersion: "HTTP/1.1",
    cookies: headerValues(headers, "set-cookie").flatMap((value) => cookieOf(value.split(";", 1)[0] ?? "")),
    headers: headersOf(headers),
    content: contentOf(body, headers),
    redirectURL: headerValue(headers, "location") ?? "",
    headersSize: UNKNOWN,
    bodySize: body.byteLength,
    // Chromium else adds the two sizes up, also where one of them says that it is not known.
    _transferSize: body.byteLength,
    ...(typeof attempt?.error === "string" ? { _error: attempt.error } : {}),
  };
}

/** HAR 1.2 has what people read: content codings undone. The bytes as they came are under `_hookcli`. */
function contentOf(body: Uint8Array, headers: HeaderList): Content {
  const mimeType = headerValue(headers, "content-type") ?? "x-unknown";
  if (body.byteLength === 0) return { size: 0, mimeType };
  const isCoded = headerValue(headers, "content-encoding") !== undefined;
  const { bytes, notes } = isCoded ? decodeBody(body, headers) : { bytes: body, notes: [] };
  return {
    size: bytes.byteLength,
    mimeType,
    ...textOf(bytes),
    ...(bytes === body ? {} : { compression: bytes.byteLength - body.byteLength }),
    ...(notes.length === 0 ? {} : { comment: notes.join("; ") }),
  };
}

function textOf(body: Uint8Array): { text: string; encoding?: "base64" } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isUtf8(bytes) ? { text: bytes.toString("utf8") } : { text: bytes.toString("base64"), encoding: "base64" };
}

function headersOf(headers: HeaderList): Header[] {
  return headers.map(([name, value]) => ({ name, value }));
}

/** No cookie where there is no name, as when the header was redacted. */
function cookieOf(text: string): { name: string; value: string }[] {
  const equals = text.indexOf("=");
  return equals < 1 ? [] : [{ name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() }];
}

function queryOf(path: string): QueryString[] {
  const mark = path.indexOf("?");
  if (mark === -1 || mark === path.length - 1) return [];
  return path
    .slice(mark + 1)
    .split("&")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const name = equals === -1 ? pair : pair.slice(0, equals);
      return { name: percentDecoded(name), value: equals === -1 ? "" : percentDecoded(pair.slice(equals + 1)) };
    });
}

/** The URL that the sender used, as far as the request tells. What a URI must not hold is %-encoded here alone: the raw target stays under `_hookcli`. */
function harUrl(path: string, headers: HeaderList): string {
  const host = headerValue(headers, "host") ?? "";
  const authority = AUTHORITY.test(host) ? host : "localhost";
  const scheme = /^https\b/i.test(headerValue(headers, "x-forwarded-proto") ?? "") ? "https" : "http";
  const escaped = path
    .replaceAll(/%(?![0-9A-Fa-f]{2})/g, "%25")
    .replaceAll(/[^\w!#$%&'()*+,./:;=?@~-]/g, (character) => encoded(character));
  return `${scheme}://${authority}${escaped.startsWith("/") ? "" : "/"}${escaped.replace(/#/g, "%23")}`;
}

function encoded(character: string): string {
  const bytes = Buffer.from(character, character.charCodeAt(0) < 0x100 ? "latin1" : "utf8");
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
