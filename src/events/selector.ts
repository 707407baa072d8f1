import { CliError } from "../errors.js";
import type { EventState, SignatureNote, EventSource } from "./event.js";
import { isEventIdPrefix, SHORTEST_PREFIX } from "./id.js";
import { momentMs, type Moment } from "./moment.js";

/** Which events a command means: all conditions must hold. Built by `parseSelectors`. */
export interface Selection {
  /** Absolute project folder; `undefined`: all projects. */
  readonly project?: string | undefined;
  /** Events named one by one, in the order named: numbers, ids or id prefixes, `last~N`, ranges. Empty: no such limit. */
  readonly names: readonly EventName[];
  readonly types?: readonly string[];
  readonly providers?: readonly string[];
  /** Status patterns of the last attempt: `200`, `5xx`. */
  readonly statuses?: readonly string[];
  readonly states?: readonly EventState[];
  readonly signatures?: readonly SignatureNote["status"][];
  readonly sources?: readonly EventSource[];
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** Case-insensitive substring of headers and text bodies. */
  readonly grep?: string;
  /** The newest `limit` events; 0 or absent: all. */
  readonly limit?: number;
  readonly order?: "newest" | "oldest";
}

/** One event, or a range of them, as named on the command line. */
export type EventName =
  | { readonly kind: "seq"; readonly seq: number }
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "id"; readonly prefix: string }
  | { readonly kind: "last"; readonly back: number };

/** The filters of the command line, each parsed already. */
export interface SelectorFlags {
  readonly type?: readonly string[] | undefined;
  readonly provider?: readonly string[] | undefined;
  readonly status?: readonly string[] | undefined;
  readonly state?: readonly EventState[] | undefined;
  readonly signature?: readonly SignatureNote["status"][] | undefined;
  readonly source?: readonly EventSource[] | undefined;
  readonly since?: Moment | undefined;
  readonly until?: Moment | undefined;
  readonly grep?: string | undefined;
  readonly limit?: number | undefined;
  readonly allProjects?: boolean | undefined;
}

/** The forms that name events, for hints. */
const SELECTOR_FORMS = "12, evt_..., last, last~2 or 3..7";

/** What the words and filters of a command line select. Throws CliError 2. */
export function parseSelectors(
  words: readonly string[],
  flags: SelectorFlags,
  where: { readonly project: string; readonly now: number },
): Selection {
  const { type, provider, status, state, signature, source, since, until, grep, limit, allProjects } = flags;
  return {
    names: words.map(parseEventName),
    ...(allProjects === true ? {} : { project: where.project }),
    ...(type === undefined ? {} : { types: type }),
    ...(provider === undefined ? {} : { providers: provider }),
    ...(status === undefined ? {} : { statuses: status }),
    ...(state === undefined ? {} : { states: state }),
    ...(signature === undefined ? {} : { signatures: signature }),
    ...(source === undefined ? {} : { sources: source }),
    ...(since === undefined ? {} : { since: momentMs(since, where.now) }),
    ...(until === undefined ? {} : { until: momentMs(until, where.now) }),
    ...(grep === undefined ? {} : { grep }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** True when a selection names no event and sets no filter: it means everything. */
export function selectsAll({ project: _project, names, limit: _limit, order: _order, ...filters }: Selection): boolean {
  return names.length === 0 && Object.values(filters).every((filter) => filter === undefined);
}

/** `12`, `evt_...` or its beginning, `last`, `last~2`, `3..7`. Throws CliError 2. */
export function parseEventName(text: string): EventName {
  const back = /^last(?:~(\d{1,15}))?$/.exec(text);
  if (back !== null) return { kind: "last", back: Number(back[1] ?? 0) };
  if (isEventIdPrefix(text)) return { kind: "id", prefix: text };
  const range = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  if (range !== null) return parseRange(Number(range[1]), Number(range[2]), text);
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return { kind: "seq", seq: Number(text) };
  throw new CliError(`not an event: ${text}`, { hint: nameHint(text) });
}

/** An event name as one would type it. */
export function describeEventName(name: EventName): string {
  if (name.kind === "seq") return String(name.seq);
  if (name.kind === "range") return `${name.from}..${name.to}`;
  if (name.kind === "id") return name.prefix;
  return name.back === 0 ? "last" : `last~${name.back}`;
}

function parseRange(from: number, to: number, text: string): EventName {
  if (from <= to) return { kind: "range", from, to };
  throw new CliError(`the range ${text} ends before it begins`, { hint: `write ${to}..${from}` });
}

function nameHint(text: string): string {
  if (text.startsWith("evt_") && text.length < SHORTEST_PREFIX)
    return `give at least ${SHORTEST_PREFIX} characters of an id`;
  return `name an event by ${SELECTOR_FORMS}; hookcli events list shows them`;
}
