import { gunzipSync } from "node:zlib";
import type { Cause } from "./explanation.js";
import { JSON_ESCAPES, JSON_LAYOUTS, JSON_NUMBERS, jsonTokens, rewriteTokens, writeJson } from "./explain-json.js";

/** A body that the sender may have signed in place of the one at hand. */
export interface BodyVariant {
  readonly bytes: Uint8Array;
  readonly cause: Cause;
  /** Completes "the signature is right for ...". */
  readonly about: string;
}

/** Larger bodies are not rewritten as text. */
const MAX_TEXT_BYTES = 16 * 2 ** 20;
/** Larger bodies are not taken apart as JSON. */
const MAX_JSON_BYTES = 8 * 2 ** 20;
const MAX_JSON_TOKENS = 1_000_000;
/** How much longer than the body a re-serialisation may get. */
const MAX_GROWTH = 8;
/** A decompressed body above this is not tried. */
const MAX_GUNZIP_BYTES = 8 * 2 ** 20;

/** Bodies that differ by line ends, the cheapest and most common faults first. */
export function* newlineVariants(body: Uint8Array): Generator<BodyVariant> {
  const cause = "body_newline";
  if (body.at(-1) === 0x0a) {
    if (body.at(-2) === 0x0d) yield { bytes: body.subarray(0, -2), cause, about: "the body without its final CRLF" };
    yield { bytes: body.subarray(0, -1), cause, about: "the body without its final newline" };
  }
  if (body.length > MAX_TEXT_BYTES) return;
  const text = latin1(body);
  const newline = (changed: string, about: string): BodyVariant => ({ bytes: bytesOf(changed), cause, about });
  yield newline(`${text}\n`, "the body with a final newline");
  yield newline(`${text}\r\n`, "the body with a final CRLF");
  if (text.includes("\r\n")) yield newline(text.replaceAll("\r\n", "\n"), "the body with LF in place of CRLF");
  if (/(?<!\r)\n/.test(text)) yield newline(text.replace(/(?<!\r)\n/g, "\r\n"), "the body with CRLF in place of LF");
  if (/[\r\n]/.test(text)) yield newline(text.replace(/[\r\n]/g, ""), "the body without any line ends");
  if (/(?<!\r)\n/.test(text))
    yield newline(`${text.replace(/(?<!\r)\n/g, "\r\n")}\r\n`, "the body with CRLF line ends and a final CRLF");
  const trimmed = withoutBlanks(text);
  if (trimmed.length !== text.length) yield newline(trimmed, "the body without the blanks around it");
}

/** Bodies that differ by character set, wrapping or compression. */
export function* encodingVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > MAX_TEXT_BYTES) return;
  const encoding = (bytes: Uint8Array, about: string): BodyVariant => ({ bytes, cause: "body_encoding", about });
  const text = latin1(body);
  if (text.startsWith("\xef\xbb\xbf")) yield encoding(body.subarray(3), "the body without its byte order mark");
  if (/[\x80-\xff]/.test(text)) {
    yield encoding(Buffer.from(text, "utf8"), "the body read as latin1 and written as UTF-8");
    const utf8 = Buffer.from(body).toString("utf8");
    if (!/[^\u0000-\u00ff]/.test(utf8)) yield encoding(Buffer.from(utf8, "latin1"), "the body in latin1, not UTF-8");
    yield encoding(
      Buffer.from(utf8.replace(/[^\u0000-\u007f]/gu, "?")),
      "the body with ? for each non-ASCII character",
    );
  }
  if (/^[A-Za-z0-9+/\r\n]+={0,2}$/.test(withoutBlanks(text))) {
    yield encoding(Buffer.from(text, "base64"), "the body decoded from base64");
  }
  const unquoted = jsonString(text);
  if (unquoted !== undefined) yield encoding(unquoted, "the text inside the JSON string that the body is");
  const unzipped = gunzipped(body);
  if (unzipped !== undefined) yield encoding(unzipped, "the decompressed body");
  if (body.length === 0) yield encoding(Buffer.from("{}"), "the body {}, and the body at hand is empty");
  else yield encoding(new Uint8Array(), "an empty body");
}

/** The JSON inside a form, and the form around JSON. */
export function* formVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > MAX_TEXT_BYTES) return;
  const text = latin1(body);
  const cause = "body_form";
  const field = /^(payload|json|data|mandrill_events)=([^&]*)/.exec(text);
  if (field?.[1] !== undefined && field[2] !== undefined) {
    const value = new URLSearchParams(`x=${field[2]}`).get("x") ?? "";
    yield { bytes: Buffer.from(value), cause, about: `the value of the form field ${field[1]}` };
  } else if (/^\s*[{[]/.test(text) && body.length <= MAX_JSON_BYTES) {
    const form = new URLSearchParams({ payload: Buffer.from(body).toString("utf8") }).toString();
    yield { bytes: Buffer.from(form), cause, about: "the form payload=... that this JSON came in" };
  }
}

/** The body parsed and written again as common libraries do. Bounded in size; deep JSON is no danger. */
export function* jsonVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > MAX_JSON_BYTES) return;
  const tokens = jsonTokens(Buffer.from(body).toString("utf8"), MAX_JSON_TOKENS);
  if (!tokens) return;
  const limit = body.length * MAX_GROWTH + 65_536;
  for (const numbers of JSON_NUMBERS) {
    for (const escapes of JSON_ESCAPES) {
      const changed = rewriteTokens(tokens, escapes, numbers);
      if ((numbers.name !== "" || escapes.name !== "") && sameTokens(changed, tokens)) continue;
      for (const layout of JSON_LAYOUTS) {
        const text = writeJson(changed, layout, limit);
        if (text === undefined) continue;
        const about = `the JSON of the body written ${[layout.name, escapes.name, numbers.name].filter(Boolean).join(", ")}`;
        yield { bytes: Buffer.from(text), cause: "body_reserialised", about };
        yield { bytes: Buffer.from(`${text}\n`), cause: "body_reserialised", about: `${about}, with a final newline` };
      }
    }
  }
}

/**
 * Whether the JSON of the body has whole numbers beyond 2^53, and all of them are what a parser that keeps numbers as
 * doubles writes: what they were before cannot be told.
 */
export function hasRoundedIntegers(body: Uint8Array): boolean {
  if (body.length > MAX_JSON_BYTES) return false;
  const tokens = jsonTokens(Buffer.from(body).toString("utf8"), MAX_JSON_TOKENS) ?? [];
  const large = tokens.filter((token) => /^-?[1-9]\d{16,19}$/.test(token));
  return large.length > 0 && large.every((token) => String(Number(token)) === token);
}

/** Without blanks and line ends around it (linear, and a no-break space is not one: it may be half of a UTF-8 character). */
function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && " \t\r\n".includes(text[start] ?? "")) start += 1;
  while (end > start && " \t\r\n".includes(text[end - 1] ?? "")) end -= 1;
  return text.slice(start, end);
}

function sameTokens(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((token, index) => token === other[index]);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function jsonString(text: string): Uint8Array | undefined {
  if (!text.startsWith('"')) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "latin1").toString("utf8"));
    return typeof value === "string" ? Buffer.from(value) : undefined;
  } catch {
    return undefined;
  }
}

function gunzipped(body: Uint8Array): Uint8Array | undefined {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return undefined;
  try {
    return gunzipSync(body, { maxOutputLength: MAX_GUNZIP_BYTES });
  } catch {
    return undefined;
  }
}
