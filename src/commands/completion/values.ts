import type { Argument, Option } from "commander";
import type { Context } from "../../context.js";
import { PARTS } from "../../events/diff/parts.js";
import { EVENT_SOURCES, EVENT_STATES, SIGNATURE_STATUSES } from "../../events/event.js";
import { helpTopics } from "../help.js";
import { commands } from "../index.js";
import { findEntry, type Line } from "./line.js";
import { values, withPrefix, type Candidate, type Reply } from "./reply.js";

/** Where the cursor stands. */
export interface Place {
  readonly line: Line;
  /** What is typed of the value. */
  readonly typed: string;
  readonly context: Context;
}

type Source = (place: Place) => Promise<Reply> | Reply;
type Names = (place: Place) => Promise<Iterable<Candidate | string>> | Iterable<Candidate | string>;

const eventNames: Names = async (place) => (await import("./sources/events.js")).eventNames(place);
const eventTypes: Names = async (place) => (await import("./sources/events.js")).eventTypes(place);
const fixtureNames: Names = async (place) => (await import("./sources/fixtures.js")).fixtureNames(place);
const providerNames: Names = async (place) => (await import("./sources/providers.js")).providerNames(place);
const schemeNames: Names = async (place) => (await import("./sources/providers.js")).schemeNames(place);
const profileNames: Names = async (place) => (await import("./sources/config.js")).profileNames(place);
const findingNames: Names = async () => (await import("../../doctor/findings.js")).findings.map(({ name }) => name);
const configKeys: Names = async () => (await import("./sources/config.js")).configKeys();

const FILES: Source = () => ({ kind: "files", prefix: "" });
const FOLDERS: Source = () => ({ kind: "folders", prefix: "" });
const EVENTS = from(eventNames);
const PROVIDERS = from(providerNames);
const TYPES = listOf(eventTypes);

/** By an option's name, or its name and what it takes where the name alone means different things. */
const OPTION_SOURCES: Readonly<Record<string, Source>> = {
  "--provider": listOf(providerNames),
  "--new-key": PROVIDERS,
  "--scheme": from(schemeNames),
  "--profile": from(profileNames),
  "--event": EVENTS,
  "--type": TYPES,
  "--events": TYPES,
  "--allow-type": TYPES,
  "--state": listOf(() => EVENT_STATES),
  "--signature <verdict>": listOf(() => SIGNATURE_STATUSES),
  "--source": listOf(() => EVENT_SOURCES),
  "--only <findings>": listOf(findingNames),
  "--skip <findings>": listOf(findingNames),
  "--only <parts>": listOf(() => PARTS),
  "--status": listOf(() => ["2xx", "3xx", "4xx", "5xx"]),
  "--expect": from(() => ["2xx", "3xx", "4xx", "5xx"]),
  "--host-header": from(() => ["target", "keep"]),
  "--tolerance": from(() => ["off", "300s"]),
  "--since": from(() => ["10m", "1h", "24h", "7d", "today", "yesterday"]),
  "--until": from(() => ["10m", "1h", "24h", "7d", "today", "yesterday"]),
  "--method": from(() => ["POST", "PUT", "PATCH", "GET", "DELETE"]),
  "--secret": orFile(secretReferences),
  "--key": orFile(() => ["@"]),
  "--data": orFile(() => ["@", "-"]),
  "--body": orFile(() => ["@", "-"]),
  "--payload": orFile(() => ["@", "-"]),
  "--request": orFile(() => ["@", "-"]),
  "--headers": orFile(() => ["@", "-"]),
  "--db": FILES,
  "--config": FILES,
};

/** By what an option takes, as its help writes it. */
const SOURCES_OF_KINDS: Readonly<Record<string, Source>> = {
  file: FILES,
  schema: FILES,
  folder: FOLDERS,
  directory: FOLDERS,
  provider: PROVIDERS,
  event: EVENTS,
};

/** By an argument's name, or the command and its argument where the name alone means different things. */
const ARGUMENT_SOURCES: Readonly<Record<string, Source>> = {
  "send event": orPath(from(fixtureNames)),
  "help command": from(helpWords),
  filter: PROVIDERS,
  "help subcommand": from(({ line }) => subcommandsOf(line)),
  event: EVENTS,
  events: EVENTS,
  other: EVENTS,
  glob: from(fixtureNames),
  fixture: orPath(from(fixtureNames)),
  fixtures: orPath(from(fixtureNames)),
  provider: PROVIDERS,
  providers: PROVIDERS,
  key: from(configKeys),
  shell: from(() => ["bash", "zsh", "fish", "powershell"]),
  file: FILES,
  files: FILES,
  path: FILES,
  folder: FOLDERS,
};

/** What an option takes; `undefined`: nothing is known of it. */
export async function optionValues({ long = "", flags }: Option, place: Place): Promise<Reply | undefined> {
  const kind = /<([^>]+)>/.exec(flags)?.[1] ?? "";
  const source = OPTION_SOURCES[`${long} <${kind}>`] ?? OPTION_SOURCES[long] ?? SOURCES_OF_KINDS[kind];
  return source?.(place);
}

/** What an argument takes; `undefined`: nothing is known of it. */
export async function argumentValues(argument: Argument, place: Place): Promise<Reply | undefined> {
  const name = argument.name();
  const source = ARGUMENT_SOURCES[[...place.line.path, name].join(" ")] ?? ARGUMENT_SOURCES[name];
  return source?.(place);
}

function from(names: Names): Source {
  return async (place) => values(await names(place), place.typed);
}

/** A list with commas: its last item is completed, with what does not stand before it. */
function listOf(names: Names): Source {
  return async (place) => {
    const start = place.typed.lastIndexOf(",") + 1;
    const typed = place.typed.slice(start);
    const there = new Set(place.typed.slice(0, start).split(","));
    const left = [...(await names({ ...place, typed }))].filter(
      (name) => !there.has(typeof name === "string" ? name : name.value),
    );
    return withPrefix(values(left, typed), place.typed.slice(0, start));
  };
}

/** What begins like a path is one. */
function orPath(source: Source): Source {
  return (place) => (/^(?:\.{0,2}\/|~|[A-Za-z]:[\\/])/.test(place.typed) ? FILES(place) : source(place));
}

/** `@` stands before the name of a file: the word goes on after it. */
function orFile(names: Names): Source {
  return async (place) => {
    if (place.typed.startsWith("@")) return { kind: "files", prefix: "@" };
    const found = [...(await names(place))];
    return { ...values(found, place.typed), open: found.length === 1 };
  };
}

/** Variables that may hold a secret: their names are none. */
function secretReferences({ context }: Place): readonly string[] {
  const names = Object.keys(context.env).filter((name) => /(?:SECRET|TOKEN)$/.test(name));
  return ["@", "-", ...names.toSorted().map((name) => `env:${name}`)];
}

function helpWords(): Candidate[] {
  return [...commands, ...helpTopics].map(({ name, summary }) => ({ value: name, about: summary }));
}

async function subcommandsOf({ positionals }: Line): Promise<Candidate[]> {
  const { subcommands = [] } = (await findEntry(commands, positionals[0] ?? "")?.load()) ?? {};
  return subcommands.map(({ name, summary }) => ({ value: name, about: summary }));
}
