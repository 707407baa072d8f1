import type { EventState, SignatureNote } from "../events/event.js";
import { globMatches } from "../events/glob.js";
import { safeText } from "../events/safe-text.js";
import type { ListenerEvent } from "./event.js";
import { checkShape, FUNCTION, oneOf, TEXT, type Shape } from "./options.js";

/** Which events are meant: all that is given must hold. */
export interface EventMatch {
  /** The event's type; `*` stands for any run of characters, `?` for one. */
  readonly type?: string;
  readonly provider?: string;
  /** In any case. */
  readonly method?: string;
  /** The path, with its query or without; `*` and `?` as in `type`. */
  readonly path?: string;
  readonly signature?: SignatureNote["status"];
  /** Without it all are meant but those that were refused. */
  readonly state?: EventState;
  /** Anything else. */
  readonly where?: EventPredicate;
}

/** Says whether an event is meant. */
export type EventPredicate = (event: ListenerEvent) => boolean;

/** A match; a type alone (`"invoice.*"`); or a function. */
export type MatchInput = EventMatch | string | EventPredicate;

/** A match to test events with, and to tell of. */
export interface Matcher {
  readonly fits: EventPredicate;
  /** Such as `type invoice.*, provider stripe`; empty for any event. */
  readonly text: string;
}

const STATES: Readonly<Record<EventState, true>> = {
  refused: true,
  stored: true,
  pending: true,
  delivered: true,
  failed: true,
  dead: true,
};

const SIGNATURES: Readonly<Record<SignatureNote["status"], true>> = {
  valid: true,
  invalid: true,
  unchecked: true,
  not_checkable: true,
};

const MATCH: Shape<EventMatch> = {
  type: TEXT,
  provider: TEXT,
  method: TEXT,
  path: TEXT,
  signature: oneOf(...Object.keys(SIGNATURES)),
  state: oneOf(...Object.keys(STATES)),
  where: FUNCTION,
};

/** Reads a match. Throws OptionsError for what is none: it must not fit every event. */
export function matcherOf(input: MatchInput): Matcher {
  if (typeof input !== "string" && typeof input !== "function") checkShape(input, MATCH, "a match");
  const match = typeof input === "string" ? { type: input } : typeof input === "function" ? { where: input } : input;
  return { fits: (event) => fits(match, event), text: describe(match) };
}

function fits(match: EventMatch, event: ListenerEvent): boolean {
  const { type, provider, method, path, signature, state, where } = match;
  return (
    (state === undefined ? event.state !== "refused" : event.state === state) &&
    (type === undefined || (event.eventType !== null && globMatches(type, event.eventType))) &&
    (provider === undefined || event.provider === provider) &&
    (method === undefined || event.method === method.toUpperCase()) &&
    (path === undefined || fitsPath(path, event.path)) &&
    (signature === undefined || event.signature.status === signature) &&
    (where === undefined || where(event))
  );
}

function fitsPath(pattern: string, path: string): boolean {
  const query = path.indexOf("?");
  return globMatches(pattern, path) || (query !== -1 && globMatches(pattern, path.slice(0, query)));
}

function describe(match: EventMatch): string {
  return Object.entries(match)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      typeof value === "function" ? "a condition of yours" : `${name} ${safeText(String(value))}`,
    )
    .join(", ");
}

/** One line that tells an event from others. */
export function describeEvent(event: ListenerEvent): string {
  const { seq, eventType, method, path, refusal } = event;
  const refused = refusal === undefined ? "" : `, refused: ${refusal}`;
  return `#${seq} ${safeText(eventType ?? "(no type)")}  ${safeText(method)} ${safeText(path)}${refused}`;
}
