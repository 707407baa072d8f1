import { isUtf8 } from "node:buffer";
import { fromLatin1, latin1, MAX_TEXT_BYTES, utf8, type BodyVariant } from "./body.js";

const BOM = "\xef\xbb\xbf";

/** Bodies that differ by their character set. */
export function* charsetVariants(body: Uint8Array): Generator<BodyVariant> {
  if (body.length > MAX_TEXT_BYTES || body.length === 0) return;
  const bytes = latin1(body);
  if (bytes.startsWith(BOM)) yield encoded(body.subarray(3), "the body without its byte order mark");
  else yield encoded(fromLatin1(BOM + bytes), "the body with a byte order mark");
  if (body[0] === 0xff && body[1] === 0xfe)
    yield encoded(Buffer.from(Buffer.from(body.subarray(2)).toString("utf16le")), "the body in UTF-8, not UTF-16");
  if (body[0] === 0xfe && body[1] === 0xff && body.length % 2 === 0) {
    yield encoded(
      Buffer.from(Buffer.from(body.subarray(2)).swap16().toString("utf16le")),
      "the body in UTF-8, not UTF-16",
    );
  }
  if (bytes.includes("\0") && body.length % 2 === 0) {
    yield encoded(Buffer.from(Buffer.from(body).toString("utf16le")), "the body in UTF-8, not UTF-16");
  }
  if (/[\x80-\xff]/.test(bytes)) yield* beyondAscii(body, bytes);
  yield encoded(Buffer.from(utf8(body), "utf16le"), "the body in UTF-16");
  yield* markup(utf8(body));
}

function* beyondAscii(body: Uint8Array, bytes: string): Generator<BodyVariant> {
  yield encoded(Buffer.from(bytes, "utf8"), "the body read as latin1 and written as UTF-8");
  const windows = bytes.replace(/[\x80-\x9f]/g, (found) => CP1252[found.charCodeAt(0) - 0x80] ?? found);
  if (windows !== bytes) yield encoded(Buffer.from(windows), "the body read as Windows-1252 and written as UTF-8");
  if (!isUtf8(body)) return;
  const text = utf8(body);
  if (!/[^\u0000-\u00ff]/.test(text)) {
    const single = Buffer.from(text, "latin1");
    yield encoded(
      single,
      isUtf8(single) ? "the body as it was before its UTF-8 was read as latin1" : "the body in latin1, not UTF-8",
    );
  }
  const cp1252 = toCp1252(text);
  if (cp1252 !== undefined) {
    yield encoded(
      cp1252,
      isUtf8(cp1252)
        ? "the body as it was before its UTF-8 was read as Windows-1252"
        : "the body in Windows-1252, not UTF-8",
    );
  }
  yield encoded(Buffer.from(text.replace(/[^\u0000-\u007f]/gu, "?")), "the body with ? for each non-ASCII character");
  yield encoded(Buffer.from(text.replace(/[^\u0000-\u007f]/g, "?")), "the body with ? for each non-ASCII code unit");
  yield encoded(Buffer.from(text.replace(/[^\u0000-\u007f]/gu, "")), "the body without its non-ASCII characters");
  yield encoded(Buffer.from(text.replaceAll("\u00a0", " ")), "the body with plain blanks in place of no-break ones");
  for (const form of ["NFC", "NFD", "NFKC"] as const) {
    const normal = text.normalize(form);
    if (normal !== text) yield encoded(Buffer.from(normal), `the body in Unicode form ${form}`);
  }
  const low = Buffer.from(bytes.replace(/[\x80-\xff]/g, (found) => String.fromCharCode(found.charCodeAt(0) & 0x7f)));
  yield encoded(low, "the body with 7 bits of each byte");
}

/** What is done to text against injection, undone. */
function* markup(text: string): Generator<BodyVariant> {
  if (/&(?:amp|lt|gt|quot|#0?39|#x27|apos);/i.test(text))
    yield encoded(Buffer.from(withoutEntities(text)), "the body without its HTML entities");
  if (/\\["'\\]/.test(text))
    yield encoded(
      Buffer.from(text.replace(/\\(["'\\])/g, "$1")),
      "the body without the backslashes that were put before its quotes",
    );
  if (/%[0-9a-f]{2}/i.test(text)) {
    const plain = decodeOnce(text);
    if (plain !== undefined) yield encoded(Buffer.from(plain), "the body with its %-escapes decoded");
    const blanks = decodeOnce(text.replaceAll("+", " "));
    if (blanks !== undefined && blanks !== plain) yield encoded(Buffer.from(blanks), "the body decoded as forms are");
  }
  if (text.includes(" "))
    yield encoded(Buffer.from(text.replaceAll(" ", "+")), "the body with + in place of its blanks");
}

function withoutEntities(text: string): string {
  const plain: Readonly<Record<string, string>> = {
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    "#39": "'",
    "#039": "'",
    "#x27": "'",
    "#x2f": "/",
  };
  const undone = text.replace(
    /&([a-z]{2,4}|#[0-9a-fx]{2,4});/gi,
    (whole, name: string) => plain[name.toLowerCase()] ?? whole,
  );
  return undone.replace(/&amp;/gi, "&");
}

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function encoded(bytes: Uint8Array, about: string): BodyVariant {
  return { bytes, cause: "body_encoding", about };
}

/** What Windows-1252 has at 0x80 to 0x9f, where latin1 has controls; TextDecoder of some versions of Node.js reads it as latin1. */
const CP1252 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";
const CP1252_BYTES = new Map(
  Array.from({ length: CP1252.length }, (_, index) => [CP1252[index] ?? "", String.fromCharCode(0x80 + index)]),
);

/** The text in Windows-1252; `undefined` when it has other characters, or none that latin1 has not. */
function toCp1252(text: string): Uint8Array | undefined {
  if (!/[^\u0000-\u00ff]/.test(text)) return undefined;
  const bytes = text.replace(/[^\u0000-\u00ff]/g, (found) => CP1252_BYTES.get(found) ?? found);
  return /[^\u0000-\u00ff]/.test(bytes) ? undefined : fromLatin1(bytes);
}
