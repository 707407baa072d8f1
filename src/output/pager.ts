import { Writable } from "node:stream";
import type { Context, TerminalOutput } from "../context.js";
import type { Output } from "./output.js";
import { createOutput, widthOfTerminal, type OutputSettings } from "./terminal.js";
import { textWidth } from "./width.js";

/** A pager that runs: it has the terminal, and shows what it reads. */
export interface Pager {
  readonly input: Writable;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<unknown>;
}

/** Starts the pager; `undefined` when there is none. */
export type StartPager = () => Promise<Pager | undefined>;

/** An output that may be paged, and its end: resolves when all is printed and the user has left the pager. */
export interface PagedOutput {
  readonly output: Output;
  readonly close: () => Promise<void>;
}

/** An {@link Output} to a terminal, whose results go through a pager as soon as they are longer than a screen. */
export function createPagedOutput(
  { stdout, stderr, env }: Pick<Context, "stdout" | "stderr" | "env">,
  settings: OutputSettings,
  startPager: StartPager,
): PagedOutput {
  const screen = new Screen(stdout, startPager);
  return { output: createOutput({ stdout: screen, stderr, env }, settings), close: () => screen.finish() };
}

/** In the place of the terminal: keeps back what fits on it, and gives more than that to a pager. */
class Screen extends Writable {
  readonly isTTY = true;
  private readonly terminal: TerminalOutput;
  private readonly startPager: StartPager;
  private held: string[] | undefined = [];
  private rows = 0;
  private pager: Pager | undefined;

  constructor(terminal: TerminalOutput, startPager: StartPager) {
    super({ decodeStrings: false, defaultEncoding: "utf8" });
    this.terminal = terminal;
    this.startPager = startPager;
    // A pager that was left early is no failure.
    this.on("error", () => undefined);
  }

  get columns(): number {
    return widthOfTerminal(this.terminal);
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    void this.takeAndTell(chunk, done);
  }

  /** Prints what is held, or lets the pager know that it has all, and waits for it. */
  async finish(): Promise<void> {
    if (!this.destroyed) await new Promise<void>((resolve) => this.end(() => resolve()));
    if (this.held !== undefined) await writeTo(this.terminal, this.held.join(""));
    this.held = undefined;
    this.pager?.input.end();
    await this.pager?.ended;
  }

  private async takeAndTell(chunk: string | Buffer, done: () => void): Promise<void> {
    await this.take(chunk);
    done();
  }

  private async take(chunk: string | Buffer): Promise<void> {
    if (this.held === undefined) return writeTo(this.pager?.input ?? this.terminal, chunk);
    this.held.push(String(chunk));
    this.rows += rowsOf(String(chunk), this.columns);
    // One row is the pager's prompt.
    if (this.rows < rowsOfTerminal(this.terminal)) return;
    const all = this.held.join("");
    this.held = undefined;
    this.pager = await this.startPager();
    void this.pager?.ended.then(() => this.destroy());
    await writeTo(this.pager?.input ?? this.terminal, all);
  }
}

/** Rows that a text takes on a terminal of that width, colours not counted. */
function rowsOf(text: string, columns: number): number {
  const lines = text
    .replaceAll(/\u001b\[\d+m/g, "")
    .replace(/\n$/, "")
    .split("\n");
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
}

/** A terminal that does not tell its height is never full; 0 tells nothing. */
function rowsOfTerminal({ rows = 0 }: TerminalOutput & { readonly rows?: number }): number {
  return rows > 0 ? rows : Number.POSITIVE_INFINITY;
}

/** Resolves when the stream has taken the text, or will take nothing any more. */
function writeTo(stream: Writable, text: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded || text.length === 0) return resolve();
    const finish = () => {
      stream.off("close", finish);
      resolve();
    };
    stream.once("close", finish);
    stream.write(text, finish);
  });
}
