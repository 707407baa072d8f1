import type { Context, Interrupted } from "../../context.js";
import { attemptToJson, eventToJson, STREAM_BODY_LIMIT } from "../../events/event-json.js";
import type { HookEvent } from "../../events/event.js";
import type { Selection } from "../../events/selector.js";
import { eventLine } from "../../output/event-line.js";
import type { Output } from "../../output/output.js";
import { StoreError, type Store } from "../../store/store.js";
import { Follower, type News } from "./follower.js";

/** How often the store is asked whether somebody has written; the question costs microseconds. */
const POLL_MS = 50;
/** How often it is looked whether there is a store with events by now: that opens a file. */
const WAIT_MS = 100;
/** Events that are told in one go; between two goes signals are heard. */
const AT_ONCE = 200;

export interface FollowOptions {
  readonly path: string;
  readonly context: Context;
  readonly output: Output;
  /** Filters alone. */
  readonly selection: Selection;
  /** Events that are there already and are shown first; 0 for all. */
  readonly limit: number;
  /** Takes from an event what may not be shown. */
  readonly redact: (event: HookEvent) => HookEvent;
}

/** Prints events as they come, whichever process captures them, until the signal, whose exit code it returns. A store that is not there is waited for. */
export async function followEvents(options: FollowOptions): Promise<number> {
  const { context, output, selection, limit } = options;
  const opened = await openWithEvents(options);
  if (opened !== undefined) {
    const { store, waited } = opened;
    try {
      const follower = new Follower({ store, selection, limit, whole: output.json, fromStart: waited });
      while (!context.signal.aborted) {
        await tellAll(follower.news(context.monotonic()), options);
        await pause(POLL_MS, context);
      }
    } finally {
      await store.close();
    }
  }
  return (context.signal.reason as Interrupted).exitCode;
}

async function tellAll(news: Iterable<News>, options: FollowOptions): Promise<void> {
  const { context, output } = options;
  let told = 0;
  for (const one of news) {
    if (context.signal.aborted) return;
    tell(one, options);
    told += 1;
    if (told % AT_ONCE === 0) await output.drain().then(() => context.sleep(0));
  }
  if (told > 0) await output.drain();
}

/** For people the event's line, as often as there is something new in it; for programs the event once, then each attempt's end. */
function tell({ kind, event, toldAttempts }: News, { context, output, redact }: FollowOptions): void {
  const shown = redact(event);
  if (!output.json) {
    output.line(eventLine(shown, { columns: output.columns, now: context.now() }));
    return;
  }
  const at = new Date(context.now()).toISOString();
  if (kind === "event") {
    output.record({ type: "event", at, event: eventToJson(shown, { omitBodiesOver: STREAM_BODY_LIMIT }) });
  }
  const ended = shown.attempts.filter(({ durationMs }) => durationMs !== null);
  for (const attempt of ended.slice(toldAttempts)) {
    output.record({ type: "attempt", at, eventId: event.id, attempt: attemptToJson(attempt) });
  }
}

/** The store, once it has an event. While there is no file each look is a new one: it may be made at any time. */
async function openWithEvents({
  path,
  context,
  output,
}: FollowOptions): Promise<{ store: Store; waited: boolean } | undefined> {
  const { openStore } = await import("../../store/open.js");
  let waited = false;
  const tellOnce = () => {
    if (!waited) output.note("no events yet: waiting for the first one, Ctrl-C ends it");
    waited = true;
  };
  while (!context.signal.aborted) {
    try {
      const store = await openStore({ path, context, readOnly: true });
      let isKept = false;
      try {
        isKept = hasEvents(store);
        if (!isKept) tellOnce();
        isKept ||= await eventsCome(store, context);
        if (isKept) return { store, waited };
      } finally {
        if (!isKept) await store.close();
      }
    } catch (error) {
      // Somebody makes or mends the file at this moment.
      if (!(error instanceof StoreError) || error.fault !== "busy") throw error;
    }
    tellOnce();
    await pause(WAIT_MS, context);
  }
  return undefined;
}

/** Waits for the first event of a store that has a file. False when it has none, or at the signal. */
async function eventsCome(store: Store, context: Context): Promise<boolean> {
  while (store.room().bytes > 0 && !context.signal.aborted) {
    if (store.changed() && hasEvents(store)) return true;
    await pause(POLL_MS, context);
  }
  return false;
}

function hasEvents(store: Store): boolean {
  for (const _ of store.select({ names: [], limit: 1 })) return true;
  return false;
}

/** Ends early, without an error, at the signal. */
async function pause(ms: number, { sleep, signal }: Context): Promise<void> {
  try {
    await sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
