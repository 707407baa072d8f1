import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Room for new objects, bytes, counted as V8 does. What an event leaves behind is garbage within milliseconds: with less,
 * too much is still in use at each collection and is copied; with more (V8 would take four times as much, in each of two
 * threads), `listen` only holds more of it.
 */
const YOUNG_HEAP_BYTES = 8 * 2 ** 20;

/**
 * Lets V8's room for new objects grow to a point, and no further. The setting is the process's, V8 reads it when the room
 * is full, and starting a thread puts it back: so it is called once the store's is there.
 */
export function limitYoungHeap(): void {
  const observer = new PerformanceObserver(() => {
    if (youngHeapBytes() < YOUNG_HEAP_BYTES) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}

function youngHeapBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
}
