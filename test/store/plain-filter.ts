import type { HookEvent } from "../../src/events/event.js";
import { globMatches } from "../../src/events/glob.js";
import type { Selection } from "../../src/events/selector.js";

/** What a selection of filters means, written as a plain loop over all events: the numbers, newest first. */
export function plainFilter(events: readonly HookEvent[], selection: Selection): number[] {
  const { order, limit } = selection;
  const found = events.filter((event) => fits(event, selection)).map(({ seq }) => seq);
  const newest = found.toSorted((a, b) => b - a).slice(0, limit === undefined || limit === 0 ? undefined : limit);
  return order === "oldest" ? newest.toReversed() : newest;
}

function fits(event: HookEvent, selection: Selection): boolean {
  const { project, types, providers, statuses, states, signatures, sources, since, until, grep } = selection;
  const status = String(event.attempts.at(-1)?.status ?? "");
  return (
    (project === undefined || event.project === project) &&
    matches(types, event.eventType) &&
    matches(providers, event.provider) &&
    matches(
      statuses?.map((pattern) => pattern.replaceAll(/x/gi, "?")),
      status,
    ) &&
    matches(states, event.state) &&
    matches(signatures, event.signature.status) &&
    matches(sources, event.source) &&
    event.receivedAt >= (since ?? 0) &&
    event.receivedAt <= (until ?? Infinity) &&
    (grep === undefined || contains(event, grep))
  );
}

function matches(patterns: readonly string[] | undefined, value: string | null): boolean {
  return patterns === undefined || (value !== null && patterns.some((pattern) => globMatches(pattern, value)));
}

/** Character by character, so that what a character becomes does not hang on its neighbours. */
function fold(text: string): string {
  return Array.from(text, (character) => character.toLowerCase().replace("ς", "σ")).join("");
}

function contains({ path, headers, body }: HookEvent, grep: string): boolean {
  const places = [path, headers.map(([name, value]) => `${name}: ${value}`).join("\n")];
  const bytes = Buffer.from(body);
  if (Buffer.from(bytes.toString("utf8")).equals(bytes)) places.push(bytes.toString("utf8"));
  return places.some((place) => fold(place).includes(fold(grep)));
}
