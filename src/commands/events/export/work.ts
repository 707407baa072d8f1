import type { Context } from "../../../context.js";
import type { HookEvent } from "../../../events/event.js";
import type { Output } from "../../../output/output.js";
import type { Progress } from "../../../output/progress.js";
import type { ExportOptions } from "../export.js";
import type { FileOptions } from "../../whole-file.js";

/** How many events are written between two turns of the loop, in which a signal is heard. */
const EVENTS_A_TURN = 100;

/** What an export has written. */
export interface Written {
  readonly events: number;
  readonly files: number;
}

/** What every part of an export works with. */
export interface Exporting {
  readonly context: Context;
  readonly output: Output;
  readonly options: ExportOptions;
  readonly events: Iterable<HookEvent>;
  readonly progress: Progress;
}

/** Shows how far it is, and hears signals. Throws the signal's reason. */
export async function turn({ context, progress }: Exporting, count: number): Promise<void> {
  progress.at(count);
  if (count % EVENTS_A_TURN === 0) await new Promise((done) => setImmediate(done));
  context.signal.throwIfAborted();
}

/** How files are made for an export. */
export function sinkOptions({ context, options }: Exporting): FileOptions {
  return { context, force: options.force === true, isPrivate: options.includeSecrets === true, isSynced: true };
}
