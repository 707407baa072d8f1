import { formatBytes } from "../../output/quantity.js";
import { WORTH_FREEING_BYTES, type Removal } from "./writing.js";

/** What became of the room that removed events had. */
export function roomText({ freedBytes, freeBytes }: Removal): string {
  if (freedBytes > 0) return `; the file gave ${formatBytes(freedBytes)} back`;
  return freeBytes >= WORTH_FREEING_BYTES
    ? `; the file keeps its size, ${formatBytes(freeBytes)} of it free for events to come`
    : "";
}
