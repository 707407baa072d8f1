// A process that appends events for tests of several processes, of kill -9 and of file modes.
// Arguments: the store, the writer's bundle, how many events, a umask in octal.
import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { openStore } from "../../../src/store/open.js";
import { newEvent } from "../../helpers/event.js";

const [path = "", writer = "", count = "0", mask = "22"] = process.argv.slice(2);
const AT_ONCE = 32;

process.umask(Number.parseInt(mask, 8));
const store = await openStore({ path, context: { now: () => Date.now() }, writerPath: pathToFileURL(writer) });

let left = Number(count);
await Promise.all(Array.from({ length: AT_ONCE }, appendMany));
for (const name of readdirSync(dirname(path))) say(`mode ${name} ${modeOf(join(dirname(path), name))}`);
say(`mode . ${modeOf(dirname(path))}`);
await store.close();

async function appendMany(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const body = Buffer.alloc(1024, left % 251);
    const event = newEvent({ body });
    const { seq } = await store.append(event);
    say(`stored ${event.id} ${seq} ${createHash("sha256").update(body).digest("hex")}`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}
