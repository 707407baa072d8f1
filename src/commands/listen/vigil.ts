import { EXIT } from "../../errors.js";
import { attemptErrorText } from "../../events/attempt-error.js";
import type { Attempt, HookEvent } from "../../events/event.js";
import { Facts, fieldNamed } from "../../events/expectation-fields.js";
import { sayInstead, statusFits, unmetConditions, type Expectation } from "../../events/expectation.js";
import { redactWord } from "../../events/redact.js";
import { counted } from "../../output/quantity.js";
import type { ListenObserver } from "./report.js";

/** Fields that tell of an event that was refused; an expectation without any of them means one that was let in. */
const OF_REFUSAL = /^(?:state|reason|signature)\s*=/;
/** Of what came in place of what was expected, so much is told. */
const TOLD = 5;

/** What a vigil ends by: enough events, all expectations met, or an answer that must not be. */
export type VigilEnd = "count" | "expected" | "fail_on";

export interface VigilSettings {
  /** `undefined`: it is not counted. */
  readonly exitAfter: number | undefined;
  readonly expect: readonly Expectation[];
  readonly failOn: readonly string[];
}

/** Looks at every event whose answer is known, and knows when what a script waits for has come. */
export class Vigil implements ListenObserver {
  /** Resolves when it is over; never, when nothing ends it. */
  readonly over: Promise<VigilEnd>;
  /** Exit codes of the answers that must not be, each once. */
  readonly failures = new Set<number>();
  private readonly settings: VigilSettings;
  private readonly watches: readonly Watch[];
  private readonly warn: (message: string) => void;
  /** Events whose fate is known. */
  private readonly settled = new Set<string>();
  /** Events that met something, and are to be delivered still. */
  private readonly open = new Set<string>();
  /** Of events that are to be delivered still, the last attempt to each target; for `--fail-on`. */
  private readonly lasts = new Map<string, Map<string, Attempt>>();
  private came = 0;
  private finish: (end: VigilEnd) => void = () => undefined;

  /** `warn` is told of each answer that must not be. */
  constructor(settings: VigilSettings, warn: (message: string) => void) {
    this.settings = settings;
    this.warn = warn;
    this.watches = settings.expect.map((expectation) => new Watch(expectation));
    this.over = new Promise((resolve) => (this.finish = resolve));
  }

  /** Whether anything is waited for. */
  get waits(): boolean {
    return this.settings.exitAfter !== undefined || this.watches.length > 0;
  }

  /** Whether all that was waited for has come. */
  get isMet(): boolean {
    return this.unmet.length === 0;
  }

  /** What has not come, each as a sentence that says what came instead. */
  get unmet(): readonly string[] {
    const { exitAfter } = this.settings;
    const missing = this.watches.filter((watch) => !watch.isMet).map((watch) => watch.sentence(this.came));
    if (missing.length === 0 && this.watches.length > 0 && this.open.size > 0)
      missing.push(`what was expected came, and is not delivered: ${counted(this.open.size, "event")}`);
    if (exitAfter !== undefined && this.settled.size < exitAfter)
      missing.push(`${this.settled.size} of ${counted(exitAfter, "event")} came`);
    return missing;
  }

  stored(): void {
    this.came += 1;
  }

  answered(event: HookEvent): void {
    const isSettled = event.state !== "pending";
    this.look(event, isSettled);
    this.remember(event);
    if (!isSettled || event.state === "refused") return this.endIfMet();
    if (this.settings.exitAfter !== undefined && this.settled.size < this.settings.exitAfter)
      this.settled.add(event.id);
    if (this.fails(event)) return this.finish("fail_on");
    this.endIfMet();
  }

  private look(event: HookEvent, isSettled: boolean): void {
    if (this.watches.length === 0) return;
    const facts = new Facts(event, event.attempts.at(-1));
    let fits = false;
    for (const watch of this.watches) fits = watch.look(event.id, facts) || fits;
    if (isSettled) this.open.delete(event.id);
    else if (fits) this.open.add(event.id);
  }

  /** An event is told of with the attempt that has just ended, and not with those to other targets. */
  private remember({ id, attempts }: HookEvent): void {
    if (this.settings.failOn.length === 0 || attempts.length === 0) return;
    const known = this.lasts.get(id) ?? new Map<string, Attempt>();
    for (const attempt of attempts) known.set(attempt.target, attempt);
    this.lasts.set(id, known);
  }

  /** Whether the answer of any of its targets must not be; of those of one target the last one counts. */
  private fails(event: HookEvent): boolean {
    const lasts = [...(this.lasts.get(event.id)?.values() ?? [])];
    this.lasts.delete(event.id);
    return lasts.filter((attempt) => this.failsBy(event, attempt)).length > 0;
  }

  private failsBy(event: HookEvent, { status, error }: Attempt): boolean {
    // What the sender reads when the app says nothing.
    const seen = status ?? (error === "timeout" ? 504 : 502);
    const wanted = this.settings.failOn.find((one) => statusFits(one, seen));
    if (wanted === undefined) return false;
    const silent = error === "timeout" ? EXIT.timeout : EXIT.unreachable;
    this.failures.add(status === null ? silent : EXIT.no);
    const answer = status === null ? attemptErrorText(error ?? "unknown") : `answered ${status}`;
    this.warn(`event #${event.seq} ${redactWord(event.eventType) ?? event.method}: ${answer} (--fail-on ${wanted})`);
    return true;
  }

  private endIfMet(): void {
    if (!this.waits || !this.isMet) return;
    this.finish(this.settings.exitAfter === undefined ? "expected" : "count");
  }
}

/** One expectation, and how far it is met. */
class Watch {
  private readonly expectation: Expectation;
  private readonly met = new Set<string>();
  /** How many conditions the nearest events missed, and what stood there instead. */
  private nearest = { missed: Number.POSITIVE_INFINITY, told: new Set<string>() };

  constructor(expectation: Expectation) {
    this.expectation = expectation;
  }

  get isMet(): boolean {
    return this.met.size >= this.expectation.count;
  }

  /** Whether the event fits. */
  look(id: string, facts: Facts): boolean {
    const unmet = unmetConditions(this.expectation, facts);
    const isOut = facts.event?.state === "refused" && !this.meansRefused;
    const refusal = () =>
      isOut ? [`it was refused (${fieldNamed("reason", "event")?.read(facts) ?? "unknown"})`] : [];
    const fits = unmet.length === 0 && !isOut;
    if (!fits)
      this.remember(unmet.length + (isOut ? 1 : 0), () =>
        [...unmet.map((one) => sayInstead(one, facts)), ...refusal()].join(", "),
      );
    else if (!this.isMet) this.met.add(id);
    return fits;
  }

  private get meansRefused(): boolean {
    return this.expectation.conditions.some(({ text }) => OF_REFUSAL.test(text));
  }

  sentence(came: number): string {
    const { text, count } = this.expectation;
    const told = [...this.nearest.told].join("; ");
    const progress = count > 1 ? `${this.met.size} of ${count} events fit` : "no event fits";
    const instead = came === 0 ? ", none came" : told === "" ? "" : `: ${told}`;
    return `--expect ${text} is not met: ${progress}${instead}`;
  }

  private remember(missed: number, say: () => string): void {
    if (this.isMet || missed > this.nearest.missed) return;
    if (missed < this.nearest.missed) this.nearest = { missed, told: new Set() };
    if (this.nearest.told.size < TOLD) this.nearest.told.add(say());
  }
}
