// Loaded into a program under test: on SIGUSR2 it writes what it holds to the file that RESOURCES_FILE names.
import { renameSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env.RESOURCES_FILE;
if (isMainThread && file !== undefined) {
  process.on("SIGUSR2", () => {
    const counts = {};
    for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
    for (const name of process.eventNames()) counts[`on ${String(name)}`] = process.listenerCount(name);
    writeFileSync(`${file}.new`, JSON.stringify(counts));
    renameSync(`${file}.new`, file);
  });
}
