import type { Context } from "../../context.js";
import type { EventState, HookEvent } from "../../events/event.js";
import { attemptToJson, eventToJson, STREAM_BODY_LIMIT } from "../../events/event-json.js";
import { redactUrl } from "../../events/redact.js";
import { routeLines, type ToldRoute } from "./banner.js";
import { eventLine } from "../../output/event-line.js";
import type { Output } from "../../output/output.js";
import { bold, dim } from "../../output/style.js";
import type { TunnelState } from "../../tunnel/tunnel.js";
import { printEvent } from "../../output/event-page.js";
import type { Provider } from "../../providers/provider.js";
import type { StoreError } from "../../store/store.js";
import type { HandshakeOutcome } from "./handshakes.js";
import { shownEvent, withRetry } from "../events/shown-event.js";
import { counted } from "../../output/quantity.js";

/** On a terminal an event whose answer takes longer than this is shown as pending first, milliseconds. */
const PENDING_AFTER_MS = 100;
const NOTHING_PENDING = () => {};

/** What the banner and the `ready` line tell. */
export interface ReadyFacts {
  readonly url: string | undefined;
  readonly localUrl: string;
  readonly target: string | undefined;
  readonly routes: readonly ToldRoute[];
  /** What to know of the tunnel, told once it is up. */
  readonly caution: string | undefined;
  /** What to know besides. */
  readonly remarks: readonly (string | undefined)[];
}

/** The `ready` line. */
export interface ReadyRecord {
  readonly type: "ready";
  /** RFC 3339. */
  readonly at: string;
  readonly url: string | null;
  readonly localUrl: string;
  readonly target: string | null;
  readonly routes: readonly ToldRoute[];
}

/** What is known besides of how an event was answered. */
export interface BesideAnswer {
  readonly handshake?: HandshakeOutcome | undefined;
  /** When the next attempt is due, milliseconds since 1970; `null`: there is none, or it waits for the app's port. */
  readonly nextAttemptAt?: number | null;
}

/** Sees every event, whoever is told of it. */
export interface ListenObserver {
  /** It is on disk. */
  stored?(event: HookEvent): void;
  /** An answer to it is known: of each attempt, which is the last of its attempts; without a target once. */
  answered?(event: HookEvent): void;
}

/** Everything that `listen` says: lines for people, NDJSON for programs. Counts what it tells. */
export class ListenReporter {
  /** Events captured, refused ones not among them. */
  captured = 0;
  refused = 0;
  /** An event could not be stored. */
  storeFailed = false;
  private readonly observers: ListenObserver[] = [];
  private readonly output: Output;
  private readonly context: Context;
  /** Rows that the user has defined. */
  private readonly own: readonly Provider[];
  /** The public URL last told. */
  private url: string | undefined;
  private wasReady = false;
  /** What is still to be told once the tunnel is up. */
  private caution: string | undefined;

  constructor(output: Output, context: Context, own: readonly Provider[] = []) {
    this.output = output;
    this.context = context;
    this.own = own;
  }

  observe(observer: ListenObserver): void {
    this.observers.push(observer);
  }

  /** Resolves to the line for programs. */
  ready(facts: ReadyFacts): ReadyRecord {
    const { output } = this;
    const { localUrl, routes, caution, remarks } = facts;
    const url = shownUrl(facts.url);
    const target = shownUrl(facts.target);
    this.wasReady = true;
    const places = { url: url ?? null, localUrl, target: target ?? null, routes };
    const record = { type: "ready", at: this.at(), ...places } as const;
    output.record(record);
    if (url !== undefined) output.note([dim("public   "), bold(url)]);
    output.note([dim("local    "), localUrl]);
    for (const line of routeLines(routes, output.columns)) output.note(line);
    const whose = routes.length === 0 ? "events are" : "what no route takes is";
    output.note([dim("target   "), target ?? `none: ${whose} captured and answered`]);
    this.caution = caution;
    if (url !== undefined) this.tellCaution();
    for (const remark of remarks) if (remark !== undefined) output.note([dim("note     "), remark]);
    output.note([dim("         Ctrl-C ends it")]);
    return record;
  }

  /** The tunnel is up, or down; each once for each loss. */
  tunnel(state: TunnelState): void {
    const { output } = this;
    if (state.state === "down") {
      output.record({ type: "tunnel", at: this.at(), state: "down", url: this.url ?? null, reason: state.reason });
      output.warn(
        `${this.url === undefined ? "no tunnel" : "the tunnel is down"}: ${state.reason}; events at the local URL are captured, and hookcli keeps trying`,
      );
      if (state.hint !== undefined) output.note(`hookcli: hint: ${state.hint}`);
      return;
    }
    output.record({ type: "tunnel", at: this.at(), state: "up", url: state.url });
    if (state.notGranted !== undefined) output.warn(`the tunnel service did not give the name ${state.notGranted}`);
    if (state.changed)
      output.warn(
        `the public URL has changed to ${state.url}; services that send to ${this.url ?? "the old one"} must be told`,
      );
    else if (this.wasReady) output.note([dim("public   "), bold(state.url), " is up"]);
    if (this.wasReady) this.tellCaution();
    if (!state.verified) output.warn(`${state.url} could not be checked from here: no request came through it yet`);
    this.url = state.url;
  }

  private tellCaution(): void {
    if (this.caution !== undefined) this.output.note([dim("note     "), this.caution]);
    this.caution = undefined;
  }

  /** The store does not take events; told once until it does again. */
  storeTrouble(error: StoreError): void {
    this.storeFailed = true;
    this.output.warn(`${error.message}; senders are asked to try again`);
  }

  /** An event is on disk. Returns what ends its pending line. `make` gives the event, where something of it is shown. */
  stored(state: EventState, make: () => HookEvent): () => void {
    const { output } = this;
    if (state === "refused") this.refused += 1;
    else this.captured += 1;
    for (const observer of this.observers) observer.stored?.(make());
    if (output.json) {
      const event = eventToJson(shownEvent(make(), { own: this.own }), { omitBodiesOver: STREAM_BODY_LIMIT });
      output.record({ type: "event", at: this.at(), event });
      return NOTHING_PENDING;
    }
    if (!output.isTerminal) return NOTHING_PENDING;
    const timer = setTimeout(
      () => output.line(eventLine(withRetry(make(), this.own), { columns: output.columns })),
      PENDING_AFTER_MS,
    );
    return () => clearTimeout(timer);
  }

  /** The answer to an event is known; its last attempt, if any, is among its attempts. */
  answered(event: HookEvent, beside: BesideAnswer = {}): void {
    this.tellAnswer(event, beside);
    for (const observer of this.observers) observer.answered?.(event);
  }

  private tellAnswer(event: HookEvent, { handshake, nextAttemptAt = null }: BesideAnswer): void {
    const { output } = this;
    if (!output.json) {
      output.line(eventLine(withRetry(event, this.own), { columns: output.columns, remark: handshake?.remark }));
      if (handshake?.note !== undefined) output.note(`hookcli: note: ${handshake.note}`);
      if (output.verbose) printEvent(output, shownEvent(event, { own: this.own }), { now: this.context.now() });
      return;
    }
    const attempt = shownEvent(event, { own: this.own }).attempts.at(-1);
    if (handshake !== undefined)
      output.record({ type: "handshake", at: this.at(), ...handshakeJson(event, handshake) });
    if (attempt === undefined) return;
    const { id: eventId, state } = event;
    const dueAt = nextAttemptAt === null ? null : new Date(nextAttemptAt).toISOString();
    const record = { type: "attempt", at: this.at(), eventId, state, nextAttemptAt: dueAt };
    output.record({ ...record, attempt: attemptToJson(attempt) });
  }

  /** The end. `notStored`: requests that were refused and only counted. */
  done(end: {
    readonly reason: string;
    readonly exitCode: number;
    readonly notStored: number;
    readonly childExitCode?: number | undefined;
    readonly unmet?: readonly string[];
  }): void {
    const { reason, exitCode, notStored, childExitCode = null, unmet = [] } = end;
    const { output } = this;
    output.record({ type: "done", at: this.at(), reason, events: this.captured, childExitCode, unmet, exitCode });
    const refused = this.refused + notStored;
    output.note([`${counted(this.captured, "event")} captured`, refused === 0 ? "" : `, ${refused} refused`]);
  }

  private at(): string {
    return new Date(this.context.now()).toISOString();
  }
}

function handshakeJson({ id }: HookEvent, handshake: HandshakeOutcome): Record<string, unknown> {
  const { provider, answer, remark, note = null } = handshake;
  return { eventId: id, provider, answered: answer !== undefined, status: answer?.status ?? null, remark, note };
}

function shownUrl(url: string | undefined): string | undefined {
  return url === undefined ? undefined : redactUrl(url);
}
