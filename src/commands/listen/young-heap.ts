import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8 from giving new objects ever more room: what an event leaves behind is garbage within milliseconds, and tens
 * of megabytes for it, in each of two threads, only keep more of it. The setting is the process's, V8 reads it when the
 * room is full, and starting a thread puts it back: so it is called once the store's is there.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
