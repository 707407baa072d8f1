import { loadConfig } from "../../../config/config.js";
import type { Interrupted } from "../../../context.js";
import { CliError, EXIT } from "../../../errors.js";
import type { ImportedEvent } from "../../../events/event.js";
import type { ImportForm } from "../../../events/import-request.js";
import { startProgress, type Progress } from "../../../output/progress.js";
import { formatBytes } from "../../../output/quantity.js";
import type { Store } from "../../../store/store.js";
import type { Invocation } from "../../command.js";
import type { ImportOptions } from "../import.js";
import { documentsOf, type Found } from "./documents.js";
import { openInput, type Input } from "./input.js";
import { eventOfImport, isRedacted, type IntakeOptions } from "./intake.js";
import { Tally } from "./tally.js";

/** What is handed to the store at once. The next is read while this one is written. */
const BATCH_EVENTS = 500;
const BATCH_BYTES = 8 * 2 ** 20;

/** Runs `events import`. */
export async function runImport(invocation: Invocation<ImportOptions>): Promise<number> {
  const { args, options, context, global, output } = invocation;
  if (args.filter((name) => name === "-").length > 1) throw new CliError("standard input can be read once");
  const inputs = args.map((name) => openInput(name, context));
  const config = await loadConfig(context, global);
  const { openStore } = await import("../../../store/open.js");
  const store = await openStore({ path: config.dbPath, context, readOnly: options.dryRun === true });
  const progress = startProgress({
    context,
    output,
    what: "importing",
    total: () => sizeOf(inputs),
    format: formatBytes,
  });
  const tally = new Tally(output, () => progress);
  const intake = {
    context,
    project: config.project,
    keepProject: options.keepProject === true,
    own: config.ownProviders,
  };
  const batch = new Batch(store, tally, options.dryRun === true);
  const importing = { tally, batch, intake, progress, signal: context.signal };
  try {
    await importAll(counted(inputs, progress), importing, options.from === "auto" ? undefined : options.from);
    await batch.flush();
  } finally {
    progress.end();
    await store.close();
  }
  tally.warn();
  tally.report(options.dryRun === true);
  if (context.signal.aborted) return (context.signal.reason as Interrupted).exitCode;
  return tally.bad > 0 ? EXIT.usage : EXIT.done;
}

/** Bytes of all inputs; `undefined` when one does not tell. */
function sizeOf(inputs: readonly Input[]): number | undefined {
  const sizes = inputs.flatMap(({ size }) => (size === undefined ? [] : [size]));
  return sizes.length === inputs.length ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
}

interface Importing {
  readonly tally: Tally;
  readonly batch: Batch;
  readonly intake: IntakeOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Ends early, and without an error, when the signal is aborted: what was read until then counts. */
async function importAll(inputs: readonly Input[], importing: Importing, only: ImportForm | undefined): Promise<void> {
  for (const input of inputs) {
    try {
      for await (const found of documentsOf(input, only)) {
        for (const one of found) {
          const event = readOne(one, importing);
          if (event !== undefined) await importing.batch.add(event);
        }
        if (importing.signal.aborted) return;
      }
    } catch (error) {
      if (importing.signal.aborted) return;
      // What cannot be read at all: the other files can be.
      if (!(error instanceof CliError)) throw error;
      importing.tally.addBad(input.name, error);
    }
  }
}

function readOne({ where, read }: Found, { tally, intake }: Importing): ImportedEvent | undefined {
  try {
    const imported = read();
    const event = eventOfImport(imported, intake);
    if (imported.kind === "request" && imported.request.lossy !== undefined) tally.addLossy(imported.request.lossy);
    if (isRedacted(event)) tally.redacted += 1;
    return event;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    tally.addBad(where, error);
    return undefined;
  }
}

/** Events on their way to the store: one batch is gathered while the one before is written. */
class Batch {
  private readonly store: Store;
  private readonly tally: Tally;
  private readonly dryRun: boolean;
  private events: ImportedEvent[] = [];
  private bytes = 0;
  private writing: Promise<void> = Promise.resolve();
  /** Ids that a dry run has met; the store knows them otherwise. */
  private readonly seen = new Set<string>();

  constructor(store: Store, tally: Tally, dryRun: boolean) {
    this.store = store;
    this.tally = tally;
    this.dryRun = dryRun;
  }

  async add(event: ImportedEvent): Promise<void> {
    this.events.push(event);
    this.bytes += event.body.byteLength;
    if (this.events.length >= BATCH_EVENTS || this.bytes >= BATCH_BYTES) await this.next();
  }

  /** Writes what is left, and waits until all of it is on disk. */
  async flush(): Promise<void> {
    await this.next();
    await this.writing;
  }

  private async next(): Promise<void> {
    await this.writing;
    const events = this.events;
    this.events = [];
    this.bytes = 0;
    this.writing = this.dryRun ? this.look(events) : this.write(events);
    // Its failure is met where it is waited for.
    this.writing.catch(() => {});
  }

  private async write(events: readonly ImportedEvent[]): Promise<void> {
    for (const seq of await this.store.importEvents(events)) this.count(seq !== null);
  }

  private async look(events: readonly ImportedEvent[]): Promise<void> {
    for (const { id } of events) {
      this.count(!this.seen.has(id) && this.store.get(id) === undefined);
      this.seen.add(id);
    }
  }

  private count(isNew: boolean): void {
    if (isNew) this.tally.imported += 1;
    else this.tally.duplicates += 1;
  }
}

/** The inputs, which tell the progress how many bytes of them were read. */
function counted(inputs: readonly Input[], progress: Progress): Input[] {
  let bytes = 0;
  async function* chunksOf(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      progress.at(bytes);
      yield chunk;
    }
  }
  return inputs.map((input) => ({ ...input, chunks: chunksOf(input.chunks) }));
}
