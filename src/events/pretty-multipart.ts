import { parseContentType } from "./content-type.js";
import { headerValue, type HeaderList } from "./headers.js";

/** Parts that are shown. */
const MOST_PARTS = 100;
/** A part's headers are no longer than this. */
const MAX_HEAD_BYTES = 16 * 1024;
/** RFC 2046, section 5.1.1. */
const MAX_BOUNDARY_LENGTH = 70;

/** A part of a multipart body, as it stands in it. */
export interface Part {
  readonly headers: HeaderList;
  /** Its field's name in a form; `undefined` when it says none. */
  readonly name: string | undefined;
  readonly body: Uint8Array;
}

/** The parts of a multipart body, at most a hundred, and whether there are more. `undefined` when it is none. Never throws. */
export function partsOf(
  body: Uint8Array,
  contentType: string | undefined,
): { readonly parts: readonly Part[]; readonly areMore: boolean } | undefined {
  const { type, parameters } = parseContentType(contentType);
  const boundary = parameters.get("boundary") ?? "";
  if (!type.startsWith("multipart/") || boundary === "" || boundary.length > MAX_BOUNDARY_LENGTH) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: Part[] = [];
  let at = delimiterAt(bytes, boundary, 0);
  while (at !== undefined && !at.isLast) {
    const next = delimiterAt(bytes, boundary, at.end);
    if (next === undefined) break;
    if (parts.length === MOST_PARTS) return { parts, areMore: true };
    parts.push(partOf(bytes.subarray(at.end, Math.max(at.end, next.start))));
    at = next;
  }
  return at === undefined || parts.length === 0 ? undefined : { parts, areMore: false };
}

/** The next line `--boundary`: where the part before it ends, and where the next one begins. */
function delimiterAt(
  bytes: Buffer,
  boundary: string,
  from: number,
): { start: number; end: number; isLast: boolean } | undefined {
  const delimiter = Buffer.from(`--${boundary}`, "latin1");
  // The newline before it belongs to it; with an empty part it is the end of the line before.
  for (let at = bytes.indexOf(delimiter, from); at !== -1; at = bytes.indexOf(delimiter, at + 1)) {
    if (at !== 0 && bytes[at - 1] !== 0x0a) continue;
    const after = at + delimiter.length;
    const isLast = bytes[after] === 0x2d && bytes[after + 1] === 0x2d;
    const feed = bytes.indexOf(0x0a, after);
    const rest = bytes.toString("latin1", after, Math.min(feed === -1 ? bytes.length : feed, after + 80));
    if (!/^(?:--)?[ \t]*\r?$/.test(rest) && !isLast) continue;
    const newline = at === 0 ? 0 : bytes[at - 2] === 0x0d ? 2 : 1;
    return { start: at - newline, end: feed === -1 ? bytes.length : feed + 1, isLast };
  }
  return undefined;
}

function partOf(bytes: Buffer): Part {
  const headEnd = /^(?:\r?\n|[^]*?\r?\n\r?\n)/.exec(bytes.toString("latin1", 0, MAX_HEAD_BYTES))?.[0].length ?? 0;
  const lines = bytes.toString("latin1", 0, headEnd).split(/\r?\n(?![ \t])/);
  const headers = lines.flatMap((line): (readonly [string, string])[] => {
    const colon = line.indexOf(":");
    return colon <= 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()]];
  });
  const disposition = parseContentType(headerValue(headers, "content-disposition"));
  return { headers, name: disposition.parameters.get("name"), body: bytes.subarray(headEnd) };
}
