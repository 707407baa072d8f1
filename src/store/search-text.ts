import { isUtf8 } from "node:buffer";
import { bytesOf, textOf, unpackHeaders } from "./codec.js";
import type { Row } from "./driver.js";

/** How much of a body is searched. */
const SEARCHED_BYTES = 256 * 2 ** 10;

/** The columns that {@link searchedTexts} reads, of requests `r` with bodies `b`. */
export const SEARCHED_COLUMNS = `r.path, r.headers, substr(b.body, 1, ${SEARCHED_BYTES}) AS body`;

/** All that `--grep` searches of an event, folded: the path, the headers as lines, the beginning of a body that is text. */
export function searchedTexts(row: Row): readonly string[] {
  const headers = unpackHeaders(row["headers"]).map(([name, value]) => `${name}: ${value}`);
  return [textOf(row["path"]), headers.join("\n"), bodyText(bytesOf(row["body"]))].map(foldCase);
}

/**
 * A text without the difference of upper and lower case, as Unicode has it. Each character is folded by itself, so that
 * a part of a text is folded as the text is: a sigma is one whether or not a word ends with it.
 */
export function foldCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes("ς") ? lower.replaceAll("ς", "σ") : lower;
}

/** The text of a body that is UTF-8; a character that the limit cuts is left out. */
function bodyText(body: Uint8Array): string {
  const whole = body.byteLength < SEARCHED_BYTES ? body : body.subarray(0, lastCharacterEnd(body));
  return isUtf8(whole) ? textOf(whole) : "";
}

function lastCharacterEnd(bytes: Uint8Array): number {
  const start = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  const lead = bytes[start] ?? 0;
  const length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return start + length <= bytes.length ? bytes.length : Math.max(0, start);
}
