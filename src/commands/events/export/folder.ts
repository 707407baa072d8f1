import { isUtf8 } from "node:buffer";
import { existsSync, statSync } from "node:fs";
import { mkdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { plainReason } from "../../../config/input.js";
import { CliError } from "../../../errors.js";
import type { HookEvent } from "../../../events/event.js";
import { looksLikeTemplate } from "../../../events/export-fixture.js";
import { FileNames } from "../../../events/export-name.js";
import type { Output } from "../../../output/output.js";
import { writeAll } from "../../whole-file.js";
import { fileSink, stdoutSink } from "./file.js";
import type { FileForm } from "./forms.js";
import { sinkOptions, turn, type Exporting, type Written } from "./work.js";

/** Writes a form that holds one event a file: one to standard output or to the file named, several into a folder. */
export async function writeFiles(work: Exporting, form: FileForm, path: string | undefined): Promise<Written> {
  const { first, rest, several } = startOf(work.events);
  if (first === undefined) return { events: 0, files: 0 };
  warnOfLosses(work, [first]);
  if (!several && (path === undefined || !isFolder(path, work.options.output))) {
    if (path !== undefined) await writeAll(await fileSink(path, sinkOptions(work)), form.entry(first));
    else await print(work.output, form.entry(first));
    return { events: 1, files: 1 };
  }
  if (path === undefined) {
    throw new CliError(`--as ${work.options.as} holds one event a file, and these are several`, {
      hint: "name a folder: --output saved/",
    });
  }
  return writeFolder(work, { form, path, events: rest });
}

async function writeFolder(
  work: Exporting,
  { form, path, events }: { form: FileForm; path: string; events: Iterable<HookEvent> },
): Promise<Written> {
  const names = new Map<string, FileNames>();
  let count = 0;
  for (const event of events) {
    if (count > 0) warnOfLosses(work, [event]);
    const { folder, base, extension } = form.name(event);
    const inside = join(path, folder);
    if (!names.has(folder)) await makeFolder(inside, path);
    const taken = names.get(folder) ?? new FileNames();
    names.set(folder, taken);
    await writeAll(
      await fileSink(join(inside, taken.next(base, extension)), { ...sinkOptions(work), isSynced: false }),
      form.entry(event),
    );
    count += 1;
    await turn(work, count);
  }
  return { events: count, files: count };
}

/** One that leads out of the folder that was named, by a link that is there, is refused: its name is an event's choice. */
async function makeFolder(path: string, named: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    const [root, real] = await Promise.all([realpath(named), realpath(path)]);
    if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return;
    throw new CliError(`the folder ${path} leads out of ${named}`);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot make the folder ${path}: ${plainReason(error)}`, { cause: error });
  }
}

/** People see lines; a program gets the bytes. */
async function print(output: Output, data: Uint8Array): Promise<void> {
  if (output.isTerminal && isUtf8(data)) output.block(Buffer.from(data).toString("utf8").replaceAll("\r\n", "\n"));
  else await writeAll(stdoutSink(output), data);
}

/** The first event, and whether there is a second; `rest` gives them all once. */
function startOf(events: Iterable<HookEvent>): {
  first: HookEvent | undefined;
  several: boolean;
  rest: Iterable<HookEvent>;
} {
  const iterator = events[Symbol.iterator]();
  const first = iterator.next();
  if (first.done === true) return { first: undefined, several: false, rest: [] };
  const second = iterator.next();
  return { first: first.value, several: second.done !== true, rest: joined([first, second], iterator) };
}

function* joined(begun: readonly IteratorResult<HookEvent>[], iterator: Iterator<HookEvent>): Iterable<HookEvent> {
  for (const result of begun) if (result.done !== true) yield result.value;
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
}

/** A folder that is there, or a name that can be none but a folder's. */
function isFolder(path: string, named: string | undefined): boolean {
  if (named !== undefined && /[/\\]$/.test(named)) return true;
  return existsSync(path) && statSync(path).isDirectory();
}

function warnOfLosses({ output, options, progress }: Exporting, events: readonly HookEvent[]): void {
  for (const event of events) {
    if (options.as === "fixture" && looksLikeTemplate(event)) {
      progress.above(() => output.warn(`#${event.seq} holds {{, which send fills in when it is a placeholder`));
    }
    if (options.as === "http" && event.trailers.length > 0) {
      progress.above(() => output.warn(`#${event.seq} has trailers, which this form cannot hold`));
    }
  }
}
