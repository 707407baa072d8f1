import { CliError } from "../errors.js";
import type { Attempt } from "./event.js";
import { eventFromJson } from "./event-from-json.js";
import { headerValue, type HeaderList } from "./headers.js";
import {
  base64Bytes,
  checkedHeaders,
  checkedMethod,
  checkedPath,
  field,
  fieldsOf,
  isFields,
  numberOrNull,
  textField,
  timeField,
  type Fields,
} from "./import-fields.js";
import { headerText, MAX_ANSWER_BYTES, pathOfUrl, type ForeignRequest, type Imported } from "./import-request.js";

const MAX_TEXT_LENGTH = 2 ** 28;

/** True for an entry of a HAR file. */
export function isHarEntry(fields: Fields): boolean {
  return isFields(field(fields, "request")) && typeof field(fields, "startedDateTime") === "string";
}

/** The entries of a HAR file; `undefined` when it is none. */
export function harEntries(fields: Fields): readonly unknown[] | undefined {
  const log = field(fields, "log");
  const entries = isFields(log) ? field(log, "entries") : undefined;
  return Array.isArray(entries) ? entries : undefined;
}

/** An entry: the event it was, when hookcli wrote it; else the request with its response as an attempt. Throws CliError 2. */
export function readHarEntry(fields: Fields): Imported {
  const request = fieldsOf(field(fields, "request"), "request");
  const note = field(fields, "_hookcli");
  return isFields(note)
    ? { kind: "event", event: eventFromJson({ ...note, ...wireOf(request) }) }
    : { kind: "request", form: "har", request: foreignRequest(fields, request) };
}

/** The fields of the event object that an entry of ours keeps in its request. */
function wireOf(request: Fields): Record<string, unknown> {
  const { body } = bodyOf(request);
  return {
    method: field(request, "method"),
    headers: pairsOf(field(request, "headers"), "headers"),
    bodyBase64: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64"),
  };
}

function foreignRequest(fields: Fields, request: Fields): ForeignRequest {
  const url = textField(request, "url", 2 ** 16);
  const headers = requestHeaders(request, url);
  const declared = headerValue(headers, "content-length");
  const { body, lossy } = bodyOf(request, declared);
  const startedAt = timeField(fields, "startedDateTime");
  const attempt = attemptOf(fields, { url, startedAt });
  const differs = declared !== undefined && declared !== String(body.byteLength);
  const why = lossy ?? (differs ? `Content-Length says ${declared}, the file has ${body.byteLength} bytes` : undefined);
  return {
    method: checkedMethod(textField(request, "method")),
    path: checkedPath(pathOfUrl(url)),
    headers,
    body,
    receivedAt: startedAt,
    attempts: attempt === undefined ? [] : [attempt],
    ...(why === undefined ? {} : { lossy: why }),
  };
}

/** HTTP/2 has its own names for method, host and path: they become what HTTP/1.1 says. */
function requestHeaders(request: Fields, url: string): HeaderList {
  const all = pairsOf(field(request, "headers"), "headers");
  const headers = all.filter(([name]) => !name.startsWith(":"));
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(url)?.[1] ?? "";
  const known = host === "" || headerValue(headers, "host") !== undefined;
  return checkedHeaders(known ? headers : [["Host", host], ...headers], "headers");
}

function bodyOf(request: Fields, declared?: string): { body: Uint8Array; lossy?: string } {
  const data = field(request, "postData");
  if (!isFields(data)) return { body: new Uint8Array(0) };
  const text = field(data, "text");
  const encoding = field(data, "_encoding") ?? field(data, "encoding");
  if (typeof text === "string" && text.length > MAX_TEXT_LENGTH) throw new CliError("the body is too long");
  if (typeof text === "string" && encoding === "base64") return { body: base64Bytes(text, "postData") };
  if (typeof text === "string" && text !== "") return { body: bytesOfText(text, declared) };
  const params = field(data, "params");
  if (!Array.isArray(params) || params.length === 0) return { body: new Uint8Array(0) };
  return { body: Buffer.from(formOf(params)), lossy: "the file has the fields of the form and not its bytes" };
}

/** Chromium writes what is no UTF-8 as one character a byte, and does not say so: only the length tells. */
function bytesOfText(text: string, declared: string | undefined): Uint8Array {
  const utf8 = Buffer.from(text, "utf8");
  const isByteEach = declared === String(text.length) && utf8.byteLength !== text.length && /^[\0-\xff]*$/.test(text);
  return isByteEach ? Buffer.from(text, "latin1") : utf8;
}

function formOf(params: readonly unknown[]): string {
  const pairs = params.filter(isFields).map((param) => [field(param, "name"), field(param, "value") ?? ""].map(String));
  return new URLSearchParams(pairs as [string, string][]).toString();
}

function attemptOf(fields: Fields, sent: { readonly url: string; readonly startedAt: number }): Attempt | undefined {
  const response = field(fields, "response");
  if (!isFields(response)) return undefined;
  const status = numberOrNull(response, "status", 999);
  if (status === null || status < 100) return undefined;
  const time = field(fields, "time");
  return {
    n: 1,
    target: sent.url.replace(/[?#].*$/s, "").slice(0, 4096),
    startedAt: sent.startedAt,
    durationMs: typeof time === "number" && time >= 0 ? time : 0,
    status: Math.trunc(status),
    error: null,
    headers: answerHeaders(response),
    body: answerBody(response),
  };
}

function answerHeaders(response: Fields): HeaderList {
  const headers = pairsOf(field(response, "headers"), "headers of the answer");
  return checkedHeaders(
    headers.filter(([name]) => !name.startsWith(":")),
    "headers of the answer",
  );
}

function answerBody(response: Fields): Uint8Array {
  const content = field(response, "content");
  const text = isFields(content) ? field(content, "text") : undefined;
  if (!isFields(content) || typeof text !== "string") return new Uint8Array(0);
  const bytes = field(content, "encoding") === "base64" ? base64Bytes(text, "content") : Buffer.from(text, "utf8");
  return bytes.subarray(0, MAX_ANSWER_BYTES);
}

function pairsOf(headers: unknown, what: string): [string, string][] {
  if (!Array.isArray(headers)) return [];
  return headers.map((header: unknown): [string, string] => {
    const fields = fieldsOf(header, `one of the ${what}`);
    return [textField(fields, "name"), headerText(field(fields, "value") ?? "")];
  });
}
