import { join } from "node:path";
import { loadConfig, type Config } from "../../config/config.js";
import type { HookEvent } from "../../events/event.js";
import { isEventIdPrefix } from "../../events/id.js";
import type { EventName, Selection } from "../../events/selector.js";
import { peek } from "./peek.js";
import type { Candidate } from "./reply.js";
import type { Place } from "./values.js";

/** Events that are offered, the newest. */
const NEWEST = 30;
/** Events whose types are offered. */
const TYPES_OF = 100;

/** Numbers of the project's newest events, the one whose number is typed, or ids once those begin to be typed. */
export async function eventNames({ line, typed, context }: Place): Promise<Candidate[]> {
  const config = await configOf({ line, context });
  const where: Selection = { names: [], ...(line.given.has("--all-projects") ? {} : { project: config.project }) };
  const found = await peek(config, (reader) => {
    const pick = (names: readonly EventName[]) => [...reader.select({ ...where, names, limit: NEWEST }, false)];
    if (isEventIdPrefix(typed)) return pick([{ kind: "id", prefix: typed }]).map((event) => candidate(event.id, event));
    const newest = pick([]);
    if (typed.startsWith("e")) return newest.map((event) => candidate(event.id, event));
    const seq = /^[1-9]\d{0,14}$/.test(typed) ? Number(typed) : undefined;
    const exact = seq === undefined ? [] : pick([{ kind: "seq", seq }]);
    return [
      ...[...exact, ...newest].map((event) => candidate(String(event.seq), event)),
      ...newest.slice(0, 3).map((event, back) => candidate(back === 0 ? "last" : `last~${back}`, event)),
    ];
  });
  return found ?? [];
}

/** Types of the newest events. */
export async function eventTypes({ line, context }: Place): Promise<string[]> {
  const config = await configOf({ line, context });
  const types = await peek(config, (reader) => {
    const newest = reader.select({ names: [], project: config.project, limit: TYPES_OF }, false);
    return [...newest].flatMap(({ eventType }) => (eventType === null ? [] : [eventType]));
  });
  return [...new Set(types)].toSorted();
}

/** Fixtures by their whole names, and by the event's name alone while no provider is typed. */
export async function fixtureNames({ line, typed, context }: Place): Promise<Candidate[]> {
  const [{ fixturesDir }, { listFixtures }, { entryName }] = await Promise.all([
    configOf({ line, context }),
    import("../../fixtures/find.js"),
    import("../../fixtures/folder.js"),
  ]);
  const entries = await listFixtures([join(context.cwd, "fixtures"), fixturesDir, context.fixturesDir]);
  const whole = entries.map((entry) => ({
    value: entryName(entry),
    about: entry.root === context.fixturesDir ? undefined : "your own",
  }));
  return typed.includes("/") ? whole : [...whole, ...entries.map(({ event }) => ({ value: event }))];
}

/** Every provider's name. */
export async function providerNames(): Promise<Candidate[]> {
  const { providers } = await import("../../providers/index.js");
  return providers.map(({ name, title }) => ({ value: name, about: title }));
}

/** The schemes of the provider that is named, else of all; and those of bare algorithms, where a command takes them. */
export async function schemeNames({ line }: Place): Promise<Candidate[]> {
  const [{ findProvider, providers }, { RAW_ALGORITHMS }] = await Promise.all([
    import("../../providers/index.js"),
    import("../../signatures/raw.js"),
  ]);
  const named = findProvider(line.given.get("--provider") ?? "");
  const ofProviders = (named === undefined ? providers : [named]).flatMap(({ title, schemes }) =>
    schemes.map(({ name }) => ({ value: name, about: title })),
  );
  const takesRaw = named === undefined && (line.path[0] === "verify" || line.path[0] === "sign");
  return [...ofProviders, ...(takesRaw ? [...RAW_ALGORITHMS.keys()].map((value) => ({ value })) : [])];
}

/** The profiles of the config files. */
export async function profileNames({ line, context }: Place): Promise<readonly string[]> {
  return (await loadConfig(context, { config: line.given.get("--config") })).profiles;
}

/** The keys that a config may have. */
export async function configKeys(): Promise<Candidate[]> {
  const { CONFIG_KEYS } = await import("../../config/keys.js");
  return Object.entries(CONFIG_KEYS).map(([value, { about }]) => ({ value, about }));
}

function configOf({ line: { given }, context }: Pick<Place, "line" | "context">): Promise<Config> {
  return loadConfig(context, { config: given.get("--config"), db: given.get("--db"), profile: given.get("--profile") });
}

/** Without the query, which may hold a secret. */
function candidate(value: string, event: HookEvent): Candidate {
  const { eventType, method, path, state, attempts } = event;
  const outcome = attempts.at(-1)?.status ?? state;
  return { value, about: `${eventType ?? "(no type)"}  ${method} ${path.replace(/\?.*/s, "")}  ${outcome}` };
}
