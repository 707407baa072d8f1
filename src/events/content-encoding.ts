import { isUtf8 } from "node:buffer";
import * as zlib from "node:zlib";
import { headerValues, type HeaderList } from "./headers.js";

/** Bytes that are decoded at most, whatever a body would grow to. */
export const DECODED_LIMIT = 2 ** 20;
/** Codings that are undone at most; nobody means more than two. */
const MOST_CODINGS = 4;

/** A body with its content codings undone. */
export interface DecodedBody {
  readonly bytes: Uint8Array;
  /** What was done, and what could not be done, for people. */
  readonly notes: readonly string[];
}

/** Undoes one coding. `broken`: whatever can be read of a body that breaks off. Throws. */
type Decode = (bytes: Uint8Array, options: { readonly maxOutputLength: number; readonly broken: boolean }) => Buffer;

const { Z_SYNC_FLUSH, Z_FINISH, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_FINISH } = zlib.constants;

const zlibDecoder =
  (decode: (bytes: Uint8Array, options: zlib.ZlibOptions) => Buffer): Decode =>
  (bytes, { maxOutputLength, broken }) =>
    decode(bytes, { maxOutputLength, finishFlush: broken ? Z_SYNC_FLUSH : Z_FINISH });

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: zlibDecoder(zlib.gunzipSync),
  "x-gzip": zlibDecoder(zlib.gunzipSync),
  deflate: (bytes, options) =>
    zlibDecoder(hasZlibHeader(bytes) ? zlib.inflateSync : zlib.inflateRawSync)(bytes, options),
  br: (bytes, { maxOutputLength, broken }) =>
    zlib.brotliDecompressSync(bytes, {
      maxOutputLength,
      finishFlush: broken ? BROTLI_OPERATION_FLUSH : BROTLI_OPERATION_FINISH,
    }),
  ...zstd(),
};

/**
 * Undoes the codings of all Content-Encoding headers, to at most {@link DECODED_LIMIT} bytes; a gzip file is known without one. A
 * body that cannot be decoded stays as it is. Never throws.
 */
export function decodeBody(body: Uint8Array, headers: HeaderList): DecodedBody {
  const named = headerValues(headers, "content-encoding")
    .join(",")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim());
  const codings = named.filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length === 0 && isGzip(body)) codings.push("gzip");
  if (codings.length > MOST_CODINGS) return { bytes: body, notes: [`${codings.length} codings: not decoded`] };
  const notes: string[] = [];
  let bytes = body;
  for (const coding of codings.toReversed()) {
    const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (decode === undefined)
      return { bytes, notes: [...notes, `${coding}: not decoded, this coding is not known here`] };
    const decoded = decodeOnce(bytes, decode);
    if (decoded === undefined) return { bytes, notes: [...notes, `${coding}: not decoded, the body is no ${coding}`] };
    notes.push(`decoded from ${coding}, ${bytes.byteLength} bytes${decoded.note}`);
    ({ bytes } = decoded);
  }
  return { bytes, notes };
}

/** `undefined` when nothing can be read. */
function decodeOnce(bytes: Uint8Array, decode: Decode): { bytes: Uint8Array; note: string } | undefined {
  const whole = attempt(() => decode(bytes, { maxOutputLength: DECODED_LIMIT, broken: false }));
  if (whole instanceof Uint8Array) return { bytes: whole, note: "" };
  // Of a text that is not what it is called, its first letters often decode to something.
  if (whole === "broken" && isUtf8(bytes)) return undefined;
  const prefix = longestPrefix(bytes, decode);
  if (whole === "too long")
    return { bytes: prefix, note: `; cut here, it decodes to more than ${DECODED_LIMIT} bytes` };
  return prefix.byteLength === 0 ? undefined : { bytes: prefix, note: "; it breaks off, or is damaged from here on" };
}

/** What the longest beginning of the bytes decodes to that stays in the limit and is not damaged. */
function longestPrefix(bytes: Uint8Array, decode: Decode): Uint8Array {
  let best: Uint8Array = new Uint8Array(0);
  let [fits, tooLong] = [0, bytes.byteLength + 1];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    const part = bytes.subarray(0, middle);
    const decoded = attempt(() => decode(part, { maxOutputLength: DECODED_LIMIT, broken: true }));
    if (decoded instanceof Uint8Array) [fits, best] = [middle, decoded];
    else tooLong = middle;
  }
  return best;
}

function attempt(decode: () => Buffer): Buffer | "too long" | "broken" {
  try {
    return decode();
  } catch (error) {
    return error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"
      ? "too long"
      : "broken";
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/** RFC 1950; many send raw deflate (RFC 1951) under the same name. */
function hasZlibHeader(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}

/** Node 22.15 and later have it. */
function zstd(): Readonly<Record<string, Decode>> {
  const { zstdDecompressSync: decompress, constants } = zlib as typeof zlib & {
    readonly zstdDecompressSync?: (bytes: Uint8Array, options: object) => Buffer;
  };
  if (decompress === undefined) return {};
  const { ZSTD_e_flush: flush, ZSTD_e_end: end } = constants as unknown as Readonly<Record<string, number>>;
  return {
    zstd: (bytes, { maxOutputLength, broken }) =>
      decompress(bytes, { maxOutputLength, finishFlush: broken ? flush : end }),
  };
}
