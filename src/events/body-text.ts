import { isUtf8 } from "node:buffer";
import { prettyJson } from "./pretty-json.js";

/** Bytes of a binary body that are shown: 64 lines. */
const HEX_LIMIT = 1024;
const BYTES_A_LINE = 16;

/** A body for people's eyes. */
export interface BodyText {
  readonly kind: "empty" | "json" | "text" | "binary";
  readonly text: string;
  /** Bytes that are not shown. */
  readonly hidden: number;
}

/** JSON one member a line, other text as it is, anything else as a hex dump of its beginning. Never throws. */
export function bodyText(body: Uint8Array): BodyText {
  if (body.byteLength === 0) return { kind: "empty", text: "", hidden: 0 };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!isUtf8(bytes) || bytes.includes(0)) {
    return {
      kind: "binary",
      text: hexDump(bytes.subarray(0, HEX_LIMIT)),
      hidden: Math.max(0, bytes.length - HEX_LIMIT),
    };
  }
  const text = bytes.toString("utf8");
  const pretty = prettyJson(text);
  return { kind: pretty === undefined ? "text" : "json", text: pretty ?? text, hidden: 0 };
}

/** `00000010  68 65 6c 6c 6f ...  |hello|` lines, as `hexdump -C` writes them. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += BYTES_A_LINE) {
    const row = bytes.subarray(offset, offset + BYTES_A_LINE);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, "0"));
    const halves = [hex.slice(0, 8).join(" "), hex.slice(8).join(" ")].join("  ").padEnd(48);
    const text = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${offset.toString(16).padStart(8, "0")}  ${halves}  |${text}|`);
  }
  return lines.join("\n");
}
