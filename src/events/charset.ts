import { isUtf8 } from "node:buffer";

/** A body as text, and in which charset, when that is not UTF-8. */
export interface BodyAsText {
  readonly text: string;
  /** The charset's usual name, or `undefined` for UTF-8. */
  readonly charset: string | undefined;
  /** It begins with a byte-order mark, which is not part of the text. */
  readonly hasMark: boolean;
}

const MARKS: readonly (readonly [label: string, bytes: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * A body as text, for display only: by its byte-order mark, else by the charset that its Content-Type names, else as
 * UTF-8. `undefined` when it is no text in it, or holds NUL. Never throws.
 */
export function textOfBody(body: Uint8Array, charset: string | undefined): BodyAsText | undefined {
  const mark = MARKS.find(([, bytes]) => bytes.every((byte, index) => body[index] === byte))?.[0];
  if (mark === undefined && isUtf8Label(charset)) return utf8Text(body);
  const text = decoded(body, mark ?? charset ?? "utf-8");
  // A charset that is not known, or that the body is not in, says nothing: most bodies are UTF-8 anyway.
  if (text === undefined) return utf8Text(body);
  return text.text.includes("\0") ? undefined : { ...text, hasMark: mark !== undefined };
}

function utf8Text(body: Uint8Array): BodyAsText | undefined {
  if (!isUtf8(body) || body.includes(0)) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  return { text, charset: undefined, hasMark: false };
}

function isUtf8Label(charset: string | undefined): boolean {
  return charset === undefined || /^\s*(?:utf-?8|us-ascii|ascii|)\s*$/i.test(charset);
}

/** In the Encoding Standard's reading of a label: `latin1` is windows-1252. */
function decoded(body: Uint8Array, label: string): { text: string; charset: string | undefined } | undefined {
  try {
    const decoder = new TextDecoder(label, { fatal: true });
    return { text: decoder.decode(body), charset: decoder.encoding === "utf-8" ? undefined : decoder.encoding };
  } catch {
    return undefined;
  }
}
