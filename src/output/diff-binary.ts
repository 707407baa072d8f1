import { hexDump } from "../events/hex.js";
import type { BodyDiff } from "../events/diff/body.js";
import type { Line } from "./output.js";
import { dim, green, red } from "./style.js";

/** Bytes of a line of a dump, and lines that are shown from the one with the first difference on. */
const ROW = 16;
const ROWS = 3;

/** Lengths, the first offset that differs, and what stands there on both sides. */
export function binaryLines({ change, before, after }: Extract<BodyDiff, { readonly kind: "binary" }>): Line[] {
  const { offset } = change;
  const lengths =
    before.length === after.length ? `both ${bytes(before.length)}` : `${before.length} -> ${bytes(after.length)}`;
  const spans =
    change.before.length === change.after.length
      ? `up to ${at(offset + change.before.length - 1)}`
      : `where ${bytes(change.before.length)} became ${bytes(change.after.length)}`;
  return [
    `${lengths}; they differ from offset ${at(offset)} on, ${spans}`,
    ...rows(before, offset).map((row): Line => [red(`- ${row}`)]),
    ...rows(after, offset).map((row): Line => [green(`+ ${row}`)]),
    ...(before.length === 0 || after.length === 0 ? [[dim("one side has no body")]] : []),
  ];
}

function at(offset: number): string {
  return `${offset} (0x${offset.toString(16)})`;
}

function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count} bytes`;
}

/** The rows of a hex dump around an offset, with their own offsets. */
function rows(body: Uint8Array, offset: number): string[] {
  const start = offset - (offset % ROW);
  const shown = body.subarray(start, start + ROWS * ROW);
  if (shown.length === 0) return [`${start.toString(16).padStart(8, "0")}  (ends before)`];
  return hexDump(shown)
    .split("\n")
    .map((row, index) => (start + index * ROW).toString(16).padStart(8, "0") + row.slice(8));
}
