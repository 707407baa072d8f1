import { Option, type Command } from "commander";
import type { Config } from "../config/config.js";
import { collect, parseDuration, parseList } from "../config/values.js";
import { CliError } from "../errors.js";
import { EVENT_SOURCES, EVENT_STATES, SIGNATURE_STATUSES } from "../events/event.js";
import { parseDayTime, type Moment } from "../events/moment.js";
import type { SelectorFlags } from "../events/selector.js";
import { nearest } from "../providers/nearest.js";

/** The filters of cli.md's selectors as commander gives them: `options` of a command that used {@link addSelectorOptions}. */
export type SelectorOptions = Omit<SelectorFlags, "limit">;

/**
 * Adds the filters that select events to a command: `--type`, `--provider`, `--status`, `--state`, `--signature`,
 * `--source` (each repeatable, or a list with commas), `--since`, `--until`, `--grep`, `--all-projects`.
 */
export function addSelectorOptions(command: Command): Command {
  return command
    .addOption(list("--type <glob>", "events of a type, such as 'invoice.*'", anyText))
    .addOption(list("--provider <name>", "events of a provider", anyText))
    .addOption(list("--status <code>", "last answer's status: 200, 5xx", status))
    .addOption(list("--state <state>", EVENT_STATES.join(", "), oneOf("--state", EVENT_STATES)))
    .addOption(list("--signature <verdict>", SIGNATURE_STATUSES.join(", "), oneOf("--signature", SIGNATURE_STATUSES)))
    .addOption(list("--source <source>", EVENT_SOURCES.join(", "), oneOf("--source", EVENT_SOURCES)))
    .option("--since <time>", "not older than 2h, 18:01, yesterday, a date", parseMoment)
    .option("--until <time>", "not newer than 2h ago, 18:01, today, a date", parseMoment)
    .option("--grep <text>", "text in headers or in a text body, in any case", grepText)
    .option("--all-projects", "events of all projects, not of this one alone");
}

/**
 * Makes an alias of a provider its name, as events have it. Imported events may have providers that are not known here; only
 * a name that is nearly a known one is refused (CliError 2).
 */
export async function settledProviders<Options extends SelectorOptions>(
  options: Options,
  { ownProviders: own }: Pick<Config, "ownProviders">,
): Promise<Options> {
  const { provider: given } = options;
  if (given === undefined) return options;
  const { findProvider, providers } = await import("../providers/index.js");
  const settled = given.map((name) => {
    const known = findProvider(name, own)?.name;
    const like =
      known ??
      nearest(
        name,
        [...own, ...providers].map((row) => row.name),
        2,
      ).join(" or ");
    if (known === undefined && like !== "")
      throw new CliError(`unknown provider: ${name}`, { hint: `did you mean ${like}?` });
    return known ?? name;
  });
  return { ...options, provider: settled };
}

/**
 * `5m`, `2h` (ago), a time of day as lists print it (`18:01`, `18:01:45`: the last one that was), `today`, `yesterday`, or a date:
 * `2025-03-01`, `2025-03-01T12:00`, `2025-03-01T12:00:00Z`. Throws CliError 2.
 */
function parseMoment(text: string): Moment {
  const moment = parseDayTime(text) ?? parseDate(text);
  if (moment !== undefined) return moment;
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(text)) return { agoMs: parseDuration(text) };
  throw new CliError(`not a time: ${text}`, {
    hint: "write it as 30m, 2h or 3d (ago), 18:01, today, yesterday, 2025-03-01 or 2025-03-01T12:00:00Z",
  });
}

function parseDate(text: string): Moment | undefined {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // A date without a time would be read as UTC midnight, one with a time as local: both are meant locally.
  const at = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text);
  return Number.isNaN(at) ? undefined : { at };
}

function list(flags: string, description: string, check: (item: string) => string): Option {
  const name = flags.split(" ")[0] ?? flags;
  const parse = (text: string, previous: readonly string[] | undefined) =>
    parseList(text, name)
      .map(check)
      .reduce((all, item) => collect(item, all), previous ?? []);
  return new Option(flags, description).argParser(parse);
}

function anyText(text: string): string {
  return text;
}

function status(text: string): string {
  if (/^[1-9](?:\d\d|xx)$/i.test(text)) return text.toLowerCase();
  throw new CliError(`--status takes a status such as 404 or 5xx, not ${text}`);
}

function oneOf(name: string, allowed: readonly string[]): (text: string) => string {
  return (text) => {
    if (allowed.includes(text)) return text;
    const like = nearest(text, allowed, 2);
    const hint = like.length === 0 ? undefined : `did you mean ${like.join(" or ")}?`;
    throw new CliError(`${name} takes ${allowed.join(", ")}, not ${text}`, { hint });
  };
}

/** An index of three-letter pieces cannot find less. */
function grepText(text: string): string {
  if (Array.from(text).length >= 3) return text;
  throw new CliError(`--grep takes three characters or more, not ${text}`);
}
