import { formatBytes } from "../../output/quantity.js";
import type { Removal } from "./writing.js";

/** Less free room than this in the file is not worth a word. */
const WORTH_TELLING_BYTES = 1_000_000;

const NUMBERS = new Intl.NumberFormat("en-US");

/** `1 event`, `1,234 events`. */
export function eventCount(count: number): string {
  return `${NUMBERS.format(count)} ${count === 1 ? "event" : "events"}`;
}

/** What became of the room that removed events had. */
export function roomText({ freedBytes, freeBytes }: Removal): string {
  if (freedBytes > 0) return `; the file gave ${formatBytes(freedBytes)} back`;
  return freeBytes >= WORTH_TELLING_BYTES
    ? `; the file keeps its size, ${formatBytes(freeBytes)} of it free for events to come`
    : "";
}
