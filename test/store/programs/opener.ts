// Opens a store for writing, then for reading; prints the fault of the one and the number of events of the other.
import { pathToFileURL } from "node:url";
import { openStore } from "../../../src/store/open.js";
import { StoreError } from "../../../src/store/store.js";

const [path = "", writer = ""] = process.argv.slice(2);
const options = { path, context: { now: () => 0 }, writerPath: pathToFileURL(writer) };

const write = await openStore(options).then(
  () => "written",
  (error: unknown) => (error instanceof StoreError ? error.fault : String(error)),
);
const store = await openStore({ ...options, readOnly: true });
process.stdout.write(JSON.stringify({ write, read: [...store.select({ names: [] })].length }));
await store.close();
