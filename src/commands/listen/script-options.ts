import { Option } from "commander";
import { parseDuration, parseInteger } from "../../config/values.js";
import { parseExpectation, parseStatuses, type Expectation } from "../../events/expectation.js";
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
    new Option("--ready-file <path>", "a file that is there while listen is ready, with its URLs as JSON"),
    new Option("--write-env <path>", "set HOOKCLI_URL and HOOKCLI_LOCAL_URL in this file, such as .env"),
  ];
}

/** Whether a script asks for anything. `words`: a command after `--`. */
export function isScripted(options: ScriptOptions, words: readonly string[]): boolean {
  const { once, exitAfter, expect, wait, failOn, readyFile, writeEnv } = options;
  return (
    words.length > 0 || [once, exitAfter, expect, wait, failOn, readyFile, writeEnv].some((one) => one !== undefined)
  );
}
