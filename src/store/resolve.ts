import { CliError } from "../errors.js";
import type { HookEvent } from "../events/event.js";
import { describeEventName, type EventName, type Selection } from "../events/selector.js";
import type { Store } from "./store.js";

/** Candidates that an error lists. */
const CANDIDATES = 5;

/**
 * The events that a selection means, each name of which must mean something: one event, or a range with any. Throws
 * CliError 2 for an unknown or ambiguous one before the first event is given.
 */
export function resolveEvents(
  store: Store,
  selection: Selection,
  options: { readonly bodies?: boolean } = {},
): Iterable<HookEvent> {
  requireNamed(store, selection);
  return store.select(selection, options);
}

/** Throws CliError 2 for a name of a selection that means no event, or not one alone where it should. */
export function requireNamed(store: Store, selection: Selection): void {
  for (const name of selection.names) checkName(store, selection, name);
}

/** The one event that a name means, whole. Throws CliError 2. */
export function resolveEvent(store: Store, selection: Selection): HookEvent {
  const [first, second] = [...resolveEvents(store, { ...selection, limit: 2 }, { bodies: true })];
  if (first === undefined) throw new CliError("no event fits", { hint: "hookcli events list shows what there is" });
  if (second !== undefined)
    throw new CliError("that is more than one event", { hint: "name one: 12, evt_... or last" });
  return first;
}

function checkName(store: Store, selection: Selection, name: EventName): void {
  const found = [...store.select({ ...selection, names: [name], limit: CANDIDATES + 1 })];
  if (found.length === 0) throw unknownEvent(store, selection, name);
  if (name.kind === "id" && found.length > 1) throw ambiguous(name, found);
}

function unknownEvent(store: Store, selection: Selection, name: EventName): CliError {
  const what = `no event ${describeEventName(name)}`;
  const elsewhere = [...store.select({ names: [name], limit: 1 })];
  if (selection.project !== undefined && elsewhere[0] !== undefined) {
    const sameProject = elsewhere[0].project === selection.project;
    return new CliError(sameProject ? `${what} that fits the filters` : `${what} in this project`, {
      hint: sameProject ? undefined : "--all-projects looks at the events of all projects",
    });
  }
  return new CliError(what, { hint: "hookcli events list shows what there is" });
}

function ambiguous(name: EventName, found: readonly HookEvent[]): CliError {
  const shown = found.slice(0, CANDIDATES).map(({ id, seq }) => `${id} (#${seq})`);
  const more = found.length > CANDIDATES ? ", ..." : "";
  return new CliError(`${describeEventName(name)} is the beginning of several events`, {
    hint: `one of ${shown.join(", ")}${more}`,
  });
}
