import * as zlib from "node:zlib";
import { fromLatin1, latin1, MAX_TEXT_BYTES, utf8, withoutBlanks, type BodyVariant } from "./body.js";

/** A body above this is not compressed again. */
const MAX_ZIP_BYTES = 2 ** 20;
/** A decompressed body above this is not tried. */
const MAX_UNZIP_BYTES = 8 * 2 ** 20;

/** What the body holds, or what it was taken out of: base64, JSON strings, events of platforms, compression, nothing. */
export function* wrappingVariants(body: Uint8Array): Generator<BodyVariant> {
  yield* unwrapped(body);
  yield* emptyBodies(body);
  if (body.length === 0 || body.length > MAX_TEXT_BYTES) return;
  yield* wrapped(body);
  yield* compressed(body);
}

/** What the body holds. */
export function* unwrapped(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > MAX_TEXT_BYTES || body.length === 0) return;
  const text = latin1(body);
  const plain = withoutBlanks(text);
  if (/^[A-Za-z0-9+/\r\n_-]+={0,2}$/.test(plain))
    yield encoded(Buffer.from(plain, "base64"), "the body decoded from base64");
  if (plain.length % 2 === 0 && /^[0-9a-f]+$/i.test(plain))
    yield encoded(Buffer.from(plain, "hex"), "the body decoded from hex");
  yield* insideJson(body, plain);
  yield* decompressed(body);
}

function* insideJson(body: Uint8Array, plain: string): Generator<BodyVariant> {
  if (!/^["{]/.test(plain)) return;
  const value = parsed(body);
  if (typeof value === "string") {
    yield encoded(Buffer.from(value), "the text inside the JSON string that the body is");
    const twice = parsed(Buffer.from(value));
    if (typeof twice === "string")
      yield encoded(Buffer.from(twice), "the text inside the JSON string inside the JSON string that the body is");
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, about] of HOLDERS) yield* heldAt(value, name, about);
}

/** Where platforms and handlers keep a body in an object of theirs. */
const HOLDERS: readonly (readonly [path: readonly (string | number)[], about: string])[] = [
  [["body"], "the text of body in the event"],
  [["rawBody"], "the text of rawBody in the event"],
  [["payload"], "the text of payload in the object"],
  [["data"], "the text of data in the object"],
  [["Message"], "the text of Message in the notification"],
  [["message", "data"], "the text of message.data in the envelope"],
  [["Records", 0, "body"], "the text of Records[0].body in the event"],
  [["Records", 0, "Sns", "Message"], "the text of Records[0].Sns.Message in the event"],
  [["detail"], "the JSON of detail in the event"],
];

function* heldAt(value: object, path: readonly (string | number)[], about: string): Generator<BodyVariant> {
  let held: unknown = value;
  for (const step of path) {
    held =
      typeof held === "object" && held !== null && Object.hasOwn(held, step)
        ? (held as Record<string | number, unknown>)[step]
        : undefined;
  }
  if (typeof held === "string") {
    yield encoded(Buffer.from(held), about);
    if (/^[A-Za-z0-9+/\r\n]{4,}={0,2}$/.test(held))
      yield encoded(Buffer.from(held, "base64"), `${about}, decoded from base64`);
  } else if (typeof held === "object" && held !== null) {
    yield encoded(Buffer.from(JSON.stringify(held)), about.replace("the text of", "the JSON of"));
    if (isBuffer(held))
      yield encoded(
        Uint8Array.from(held.data),
        `${about.replace("the text of", "the bytes of")}, which is a Buffer written as JSON`,
      );
  }
  if (path[0] === "data" && isBuffer(value))
    yield encoded(Uint8Array.from(value.data), "the bytes of the Buffer that was written as JSON");
}

function isBuffer(value: object): value is { readonly data: readonly number[] } {
  return (
    "type" in value &&
    value.type === "Buffer" &&
    "data" in value &&
    Array.isArray(value.data) &&
    value.data.every((byte) => Number.isInteger(byte))
  );
}

function* decompressed(body: Uint8Array): Generator<BodyVariant> {
  const looks =
    (body[0] === 0x1f && body[1] === 0x8b) ||
    body[0] === 0x78 ||
    !/^[\s{["<A-Za-z0-9]/.test(latin1(body.subarray(0, 1)));
  if (!looks) return;
  const limit = { maxOutputLength: MAX_UNZIP_BYTES };
  for (const unzip of [zlib.gunzipSync, zlib.inflateSync, zlib.brotliDecompressSync, zlib.inflateRawSync]) {
    const bytes = quietly(() => unzip(body, limit));
    if (bytes !== undefined && bytes.length > 0) return yield encoded(bytes, "the decompressed body");
  }
}

function* wrapped(body: Uint8Array): Generator<BodyVariant> {
  const base64 = Buffer.from(body).toString("base64");
  yield encoded(Buffer.from(base64), "the body in base64");
  yield encoded(Buffer.from(Buffer.from(body).toString("base64url")), "the body in base64url");
  yield encoded(Buffer.from(base64.replace(/.{76}(?=.)/g, "$&\r\n")), "the body in base64 of 76 characters a line");
  yield encoded(Buffer.from(JSON.stringify(utf8(body))), "the body as a JSON string");
  yield encoded(Buffer.from(Buffer.from(body).toString("hex")), "the body in hex");
  yield encoded(Buffer.from(encodeURIComponent(utf8(body))), "the body written with %-escapes");
}

/** The last byte but one of a gzip header names the system that made it: zlib on Unix, others, Windows, unknown. */
const GZIP_SYSTEMS = [0x03, 0xff, 0x00, 0x13, 0x0a, 0x0b];

function* compressed(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > MAX_ZIP_BYTES) return;
  const about = (name: string) => `the body compressed again with ${name}`;
  for (const level of [6, 9, 1]) {
    const gzip = zlib.gzipSync(body, { level });
    for (const system of GZIP_SYSTEMS) {
      const bytes = Buffer.from(gzip);
      bytes[9] = system;
      yield encoded(bytes, about("gzip"));
    }
    yield encoded(zlib.deflateSync(body, { level }), about("deflate"));
  }
  yield encoded(zlib.deflateRawSync(body), about("deflate"));
  if (body.length > 65_536) return;
  for (const quality of [4, 5, 6, 11]) {
    const params = {
      [zlib.constants.BROTLI_PARAM_QUALITY]: quality,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    };
    yield encoded(zlib.brotliCompressSync(body, { params }), about("brotli"));
  }
}

/** What frameworks hand over where there was no body, and the other way round. */
const EMPTY = ["", "{}", "null", "[]", '""', "undefined", "[object Object]"];

function* emptyBodies(body: Uint8Array): Generator<BodyVariant> {
  const text = body.length > 20 ? undefined : withoutBlanks(latin1(body));
  if (text === undefined || !EMPTY.includes(text)) {
    yield encoded(new Uint8Array(), "an empty body");
    return;
  }
  for (const other of EMPTY.slice(0, 5)) {
    if (other === latin1(body)) continue;
    const at = text === "" ? "empty" : `the text ${text}`;
    yield encoded(
      fromLatin1(other),
      other === ""
        ? `an empty body, and the body at hand is ${at}`
        : `the body ${other}, and the body at hand is ${at}`,
    );
  }
}

function parsed(body: Uint8Array): unknown {
  return quietly<unknown>(() => JSON.parse(utf8(body)));
}

function quietly<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function encoded(bytes: Uint8Array, about: string): BodyVariant {
  return { bytes, cause: "body_encoding", about };
}
