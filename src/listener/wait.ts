import type { ListenerEvent } from "./event.js";
import type { Journal, Waited } from "./journal.js";
import { WaitError, type WaitOptions } from "./listener.js";
import { describeEvent, matcherOf, type MatchInput } from "./match.js";
import { checkShape, NUMBER, type Kind, type Shape } from "./options.js";

/** Runners give a test five seconds: this error, which says what arrived, has to come before theirs. */
const WAIT_MS = 3_000;
/** Events that an error lists, the last ones. */
const LISTED = 20;

/** Signals may be another realm's. */
const SIGNAL: Kind = {
  text: "an AbortSignal",
  holds: (value) => typeof value === "object" && value !== null && "aborted" in value,
};

const WAIT: Shape<WaitOptions> = { timeoutMs: NUMBER, signal: SIGNAL };

/** A `waitFor` over a journal. `unreadable`: how many requests were none. */
export function createWaitFor(
  journal: Journal,
  unreadable: () => number,
): (match?: MatchInput, options?: WaitOptions) => Promise<ListenerEvent> {
  return async function waitFor(match = {}, options = {}) {
    checkShape(options, WAIT, "the options of waitFor");
    const { timeoutMs = WAIT_MS, signal } = options;
    const { fits, text } = matcherOf(match);
    const calledAt = stackOf(waitFor);
    const how = await journal.next(fits, { timeoutMs, signal });
    if (how.kind === "event") return how.event;
    if (how.kind === "failed") throw how.error;
    if (how.kind === "aborted") throw signal?.reason;
    const what = `no event${text === "" ? "" : ` with ${text}`} ${endText(how.kind, timeoutMs)}`;
    const error = new WaitError(`${what}; ${arrived(journal, unreadable())}`);
    error.stack = `${error.name}: ${error.message}\n${calledAt}`;
    throw error;
  };
}

/** Where the test called: the error is made later, when a timer ends the wait. */
function stackOf(caller: (...words: never[]) => unknown): string {
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, caller);
  return (here.stack ?? "").split("\n").slice(1).join("\n");
}

function endText(kind: Exclude<Waited["kind"], "event" | "failed" | "aborted">, timeoutMs: number): string {
  if (kind === "timeout") return `within ${timeoutMs} ms`;
  return kind === "closed" ? "before the listener was closed" : "before the listener was cleared";
}

/** What did arrive, one line each. */
function arrived(journal: Journal, unreadable: number): string {
  const { events } = journal;
  const broken =
    unreadable === 0 ? "" : `; ${unreadable} ${unreadable === 1 ? "request was" : "requests were"} not readable`;
  if (events.length === 0) return `nothing arrived${broken}`;
  const lines = events
    .slice(-LISTED)
    .map((event) => `\n  ${describeEvent(event)}${journal.isTaken(event) ? ", taken by an earlier waitFor" : ""}`);
  const more = events.length > LISTED ? `, the last ${LISTED} of them` : "";
  return `${events.length} arrived${more}${broken}:${lines.join("")}`;
}
