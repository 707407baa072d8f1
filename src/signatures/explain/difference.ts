import { isUtf8 } from "node:buffer";
import type { Difference } from "../explanation.js";
import { mask } from "./mask.js";

/** Bytes shown before and after the place where two bodies part. */
const BEFORE = 16;
const AFTER = 24;

/** Where the body that was signed parts from the one at hand; `undefined` when they are the same, or either is empty. */
export function firstDifference(
  received: Uint8Array,
  signed: Uint8Array,
  secrets: readonly Uint8Array[],
): Difference | undefined {
  if (received.length === 0 || signed.length === 0) return undefined;
  const shorter = Math.min(received.length, signed.length);
  let offset = 0;
  while (offset < shorter && received[offset] === signed[offset]) offset += 1;
  if (offset === received.length && offset === signed.length) return undefined;
  const show = (bytes: Uint8Array) => shown(bytes, offset, secrets);
  return { offset, received: show(received), signed: show(signed) };
}

const CONTROLS = /[\u0000-\u001f\u007f]/g;

/** The bytes around a place, controls written as in JSON; in hex where the body is no text. Secrets are hidden before anything is cut. */
function shown(bytes: Uint8Array, offset: number, secrets: readonly Uint8Array[]): string {
  const from = Math.max(0, offset - BEFORE);
  const to = Math.min(bytes.length, offset + AFTER);
  if (!isUtf8(bytes)) return Buffer.from(bytes.subarray(from, to)).toString("hex");
  const hidden = mask(Buffer.from(bytes).toString("latin1"), secrets);
  const text = Buffer.from(hidden.slice(from, to), "latin1")
    .toString("utf8")
    .replace(/^\ufffd+|\ufffd+$/g, "");
  return `${from > 0 ? "..." : ""}${text.replace(CONTROLS, (found) => JSON.stringify(found).slice(1, -1))}${to < bytes.length ? "..." : ""}`;
}
