import { Option } from "commander";
import { parseDuration, parseHeaderLine, parseInteger } from "../../config/values.js";
import { parseExpectation, parseStatuses, type Expectation } from "../../events/expectation.js";
import type { HeaderList } from "../../events/headers.js";
import { suggestion } from "../../providers/nearest.js";

/** What scripts ask of `listen`: when it ends, with what exit code, and what it tells other programs. */
export interface ScriptOptions {
  readonly once?: boolean;
  readonly exitAfter?: number;
  readonly expect?: readonly Expectation[];
  /** Milliseconds. */
  readonly wait?: number;
  readonly failOn?: readonly string[];
  readonly readyFile?: string;
  readonly writeEnv?: string;
  readonly register?: string;
  /** With their values read. */
  readonly registerHeader?: HeaderList;
  readonly registerBody?: string;
  readonly registerPath?: string;
  readonly unregister?: string;
  readonly requireRegister?: boolean;
  readonly onUrl?: string;
  readonly exec?: string;
}

/** Most events that `--exit-after` counts. */
const MAX_EVENTS = 1_000_000;

const expectation = (text: string, before: readonly Expectation[] = []) => [
  ...before,
  parseExpectation(text, { of: "event", suggest: suggestion }),
];
const statuses = (text: string, before: readonly string[] = []) => [...before, ...parseStatuses(text, "--fail-on")];

/** The options that make `listen` a part of a script. */
export function scriptOptions(): Option[] {
  return [
    new Option("--once", "end after one event").conflicts("exitAfter"),
    new Option("--exit-after <n>", "end after n events").argParser((text) =>
      parseInteger(text, { name: "--exit-after", min: 1, max: MAX_EVENTS }),
    ),
    new Option(
      "--expect <expectation>",
      "end with 0 when an event fits, as type=message.created (repeatable); see hookcli help expectations",
    ).argParser(expectation),
    new Option("--wait <duration>", "longest wait for all that, then 3").argParser(parseDuration),
    new Option("--fail-on <statuses>", "end with 1 when the app answers so, as 4xx,5xx").argParser(statuses),
    new Option("--ready-file <file>", "a file that is there while listen is ready, with its URLs as JSON"),
    new Option("--write-env <file>", "set HOOKCLI_URL and HOOKCLI_LOCAL_URL in this file, such as .env"),
    new Option("--register <url>", "tell a service the public URL with POST, at the start and after a change"),
    new Option(
      "--register-header <header>",
      "'Name: value' or 'Name: env:NAME' of these requests (repeatable)",
    ).argParser((text, before?: HeaderList) => [...(before ?? []), parseHeaderLine(text)]),
    new Option("--register-body <body>", `what it is told, or @file (default: {"url":"{url}"})`),
    new Option("--register-path <path>", "where the id stands in the JSON that it answers (default: id, else data.id)"),
    new Option("--unregister <url>", "take the URL back with DELETE in the end; {id} and {url} are filled in"),
    new Option("--require-register", "an error when the service does not take the URL"),
    new Option("--on-url <command>", "run this, without a shell, at the start and after a change: it has HOOKCLI_URL"),
    new Option(
      "--exec <command>",
      "run this for each event, without a shell: its body on stdin; see hookcli help environment",
    ),
  ];
}

/** Whether a script asks for anything. `words`: a command after `--`. */
export function isScripted(options: ScriptOptions, words: readonly string[]): boolean {
  const { once, exitAfter, expect, wait, failOn, readyFile, writeEnv, register, onUrl, exec } = options;
  const asked = [
    once,
    exitAfter,
    expect,
    wait,
    failOn,
    readyFile,
    writeEnv,
    register,
    onUrl,
    exec,
    ...ofRegister(options),
  ];
  return words.length > 0 || asked.some((one) => one !== undefined);
}

/** Options that mean nothing without `--register`. */
export function ofRegister(options: ScriptOptions): readonly unknown[] {
  const { registerHeader, registerBody, registerPath, unregister, requireRegister } = options;
  return [registerHeader, registerBody, registerPath, unregister, requireRegister === true ? true : undefined];
}
