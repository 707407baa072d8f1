/** Colours and weights that hookcli uses. */
export type Style = "plain" | "dim" | "bold" | "red" | "green" | "yellow" | "cyan";

/** A piece of text with a style. Its text is untrusted like any other: it is made safe when it is printed. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A line: a string, or pieces of it. No piece may carry control characters to the terminal: all are escaped. */
export type Line = string | readonly (string | Span)[];

/**
 * The only way to the terminal. Results go to stdout, talk goes to stderr; all text is made safe on the way, so that a
 * caller can pass bytes from the network as they came.
 */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Columns of the terminal that results go to; infinite when it is none, so that nothing is cut for programs. */
  readonly columns: number;
  /** True when results go to a terminal. */
  readonly isTerminal: boolean;
  /** One line of result. Nothing when `--json` is on. */
  line(line: Line): void;
  /** Several lines of result, such as a body: newlines and tabs are kept. Nothing when `--json` is on. */
  block(text: string): void;
  /** One JSON document or one NDJSON line on stdout, only when `--json` is on. */
  record(value: unknown): void;
  /** One JSON array on stdout, written as its members come and no faster than they are read; only when `--json` is on. */
  records(values: Iterable<unknown> | AsyncIterable<unknown>): Promise<void>;
  /** Lines of result, written no faster than they are read. Nothing when `--json` is on. */
  lines(lines: Iterable<Line>): Promise<void>;
  /** Both at once: the line for people, the value for programs. */
  result(line: Line, value: unknown): void;
  /** Exact bytes to stdout. Refused (CliError 2) when stdout is a terminal and the bytes are not plain text. */
  bytes(data: Uint8Array): Promise<void>;
  /** Talk, on stderr. Not with `--quiet`. */
  note(line: Line): void;
  /** `hookcli: warning: ...` on stderr. */
  warn(message: string): void;
  /** `hookcli: error: ...` and, with a hint, `hookcli: hint: ...` on stderr. */
  error(message: string, hint?: string): void;
  /** Resolves when everything written so far has left the process. */
  drain(): Promise<void>;
}
