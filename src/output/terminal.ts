// The rules of what hookcli prints:
// - results go to stdout, talk goes to stderr; with --json stdout holds JSON only
// - every text is made safe here and nowhere else; colours are added after that
// - no colour reaches a stream that is not a terminal, unless it was asked for
import { Chalk, type ChalkInstance } from "chalk";
import type { Context, TerminalOutput } from "../context.js";
import { CliError } from "../errors.js";
import { safeBlock, safeJson, safeText } from "../events/safe-text.js";
import type { Line, Output, Span } from "./output.js";
import { arrayTexts, writeStream } from "./stream.js";

export interface OutputSettings {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: "auto" | "always" | "never";
}

/** What is printed is made for this many columns at least. */
const NARROWEST = 40;
/** Columns of a terminal that tells none, or 0 as some pseudo-terminals do. */
const USUAL_WIDTH = 80;

/** Columns of a terminal. */
export function widthOfTerminal({ columns = 0 }: TerminalOutput): number {
  return columns > 0 ? columns : USUAL_WIDTH;
}

/** The {@link Output} over the streams of a context. */
export function createOutput(context: Pick<Context, "stdout" | "stderr" | "env">, settings: OutputSettings): Output {
  const { stdout, stderr } = context;
  const outColour = colourOf(stdout, settings.color, context.env);
  const errColour = colourOf(stderr, settings.color, context.env);
  const line = (text: Line) => {
    if (!settings.json) stdout.write(`${render(text, outColour)}\n`);
  };
  const record = (value: unknown) => {
    if (settings.json) stdout.write(`${safeJson(value)}\n`);
  };
  const talk = (text: Line) => void stderr.write(`${render(text, errColour)}\n`);
  return {
    json: settings.json,
    quiet: settings.quiet,
    verbose: settings.verbose,
    columns: stdout.isTTY === true ? Math.max(widthOfTerminal(stdout), NARROWEST) : Number.POSITIVE_INFINITY,
    isTerminal: stdout.isTTY === true,
    line,
    record,
    records: async (values) => {
      if (settings.json) await writeStream(stdout, arrayTexts(values, safeJson));
    },
    lines: async (lines) => {
      if (!settings.json) await writeStream(stdout, lineTexts(lines, outColour));
    },
    block: (text) => {
      if (!settings.json) stdout.write(ensureNewline(safeBlock(text)));
    },
    result: (text, value) => {
      line(text);
      record(value);
    },
    bytes: (data) => writeBytes(stdout, data),
    note: (text) => {
      if (!settings.quiet) talk(text);
    },
    warn: (message) => talk(["hookcli: ", { text: "warning:", style: "yellow" }, ` ${message}`]),
    error: (message, hint) => {
      talk(["hookcli: ", { text: "error:", style: "red" }, ` ${message}`]);
      if (hint !== undefined) talk(["hookcli: ", { text: "hint:", style: "cyan" }, ` ${hint}`]);
    },
    drain: async () => {
      await Promise.all([flushed(stdout), flushed(stderr)]);
    },
  };
}

function colourOf(stream: TerminalOutput, wish: OutputSettings["color"], env: Context["env"]): ChalkInstance {
  return new Chalk({ level: wantsColour(stream, wish, env) ? 1 : 0 });
}

/** https://no-color.org and https://force-color.org: set and not empty counts; `FORCE_COLOR=0` is a no. */
function wantsColour(stream: TerminalOutput, wish: OutputSettings["color"], env: Context["env"]): boolean {
  if (wish !== "auto") return wish === "always";
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"] ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

function render(line: Line, colour: ChalkInstance): string {
  if (typeof line === "string") return safeText(line);
  return line.map((piece) => (typeof piece === "string" ? safeText(piece) : paint(piece, colour))).join("");
}

function* lineTexts(lines: Iterable<Line>, colour: ChalkInstance): Iterable<string> {
  for (const line of lines) yield `${render(line, colour)}\n`;
}

function paint(span: Span, colour: ChalkInstance): string {
  const text = safeText(span.text);
  return span.style === "plain" ? text : colour[span.style](text);
}

function ensureNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

async function writeBytes(stdout: TerminalOutput, data: Uint8Array): Promise<void> {
  if (stdout.isTTY === true && !isPlainText(data)) {
    throw new CliError("will not write binary data to a terminal", {
      hint: "send it to a file or a pipe: hookcli ... > body.bin",
    });
  }
  await new Promise<void>((resolve) => stdout.write(data, () => resolve()));
}

function isPlainText(data: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    return safeBlock(text) === text;
  } catch {
    return false;
  }
}

async function flushed(stream: TerminalOutput): Promise<void> {
  if (stream.destroyed || stream.writableEnded || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      stream.off("error", finish);
      stream.off("close", finish);
      resolve();
    };
    stream.on("error", finish);
    stream.on("close", finish);
    stream.write("", finish);
  });
}
