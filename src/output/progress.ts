import type { Context, TerminalOutput } from "../context.js";
import type { Output } from "./output.js";
import { formatDuration } from "./quantity.js";

/** Work that is done before is not worth a bar, milliseconds. */
const PATIENCE_MS = 500;
/** Between two looks of the bar, milliseconds. */
const FRAME_MS = 100;
const BAR_WIDTH = 24;
/** Back to the first column, and nothing of the line stays. */
const CLEAR = "\r\u001b[2K";

/** How far a long work is. Nothing of it is seen when stderr is no terminal, or with `--quiet` or `--json`. */
export interface Progress {
  /** So much is done, of the total. */
  at(done: number): void;
  /** Talk that is to stand above the bar. */
  above(talk: () => void): void;
  /** Takes the bar away. */
  end(): void;
}

export interface ProgressOptions {
  readonly context: Pick<Context, "stderr" | "monotonic">;
  readonly output: Pick<Output, "quiet" | "json">;
  /** What is being done: `exporting`. */
  readonly what: string;
  /** What `at` counts up to; `undefined` when nobody knows. Asked for when the bar is first seen. */
  readonly total: () => number | undefined;
  /** The number as people read it. */
  readonly format?: (done: number) => string;
}

/** Starts a progress bar on stderr. Works that are short never show it. */
export function startProgress(options: ProgressOptions): Progress {
  const { context, output } = options;
  const { stderr } = context;
  if (stderr.isTTY !== true || output.quiet || output.json) return SILENT;
  const startedMs = context.monotonic();
  let drawnMs = startedMs + PATIENCE_MS - FRAME_MS;
  let shown = false;
  let total: { readonly known: number | undefined } | undefined;
  const clear = () => {
    if (shown) stderr.write(CLEAR);
    shown = false;
  };
  return {
    at: (done) => {
      const nowMs = context.monotonic();
      if (nowMs - drawnMs < FRAME_MS) return;
      drawnMs = nowMs;
      shown = true;
      total ??= { known: options.total() };
      const line = progressLine({ ...options, total: total.known, done, elapsedMs: nowMs - startedMs });
      stderr.write(`${CLEAR}${line.slice(0, widthOf(stderr) - 1)}`);
    },
    above: (talk) => {
      clear();
      talk();
    },
    end: clear,
  };
}

/** `exporting [######------------------] 25%  250000 of 1000000, 12 s left`, made of our own words and numbers alone. */
export function progressLine(
  state: Pick<ProgressOptions, "what" | "format"> & {
    readonly total: number | undefined;
    readonly done: number;
    readonly elapsedMs: number;
  },
): string {
  const { what, total, format = String, done, elapsedMs } = state;
  if (total === undefined || total <= 0) return `${what} ${format(done)}`;
  const share = Math.min(done / total, 1);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = `[${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}]`;
  const left = share > 0.01 ? `, ${formatDuration((elapsedMs / share) * (1 - share))} left` : "";
  return `${what} ${bar} ${Math.floor(share * 100)}%  ${format(done)} of ${format(total)}${left}`;
}

/** A terminal that does not know its width says 0. */
function widthOf({ columns = 0 }: TerminalOutput): number {
  return columns > 0 ? columns : 80;
}

const SILENT: Progress = { at: () => {}, above: (talk) => talk(), end: () => {} };
