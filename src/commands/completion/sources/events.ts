import type { HookEvent } from "../../../events/event.js";
import { isEventIdPrefix } from "../../../events/id.js";
import { REDACTED, redactEvent } from "../../../events/redact.js";
import type { EventName, Selection } from "../../../events/selector.js";
import { peek } from "../peek.js";
import type { Candidate } from "../reply.js";
import type { Place } from "../values.js";
import { configOf } from "./config.js";

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
    return [...newest].flatMap((event) => {
      const { eventType } = redactEvent(event);
      return eventType === null || eventType === REDACTED ? [] : [eventType];
    });
  });
  return [...new Set(types)].toSorted();
}

/** Without credentials, and without the query, which is long. */
function candidate(value: string, event: HookEvent): Candidate {
  const { eventType, method, path, state, attempts } = redactEvent(event);
  const outcome = attempts.at(-1)?.status ?? state;
  return { value, about: `${eventType ?? "(no type)"}  ${method} ${path.replace(/\?.*/s, "")}  ${outcome}` };
}
