import type { Attempt, EventState, HookEvent } from "../events/event.js";
import type { BegunDelivery, DeliveryNext } from "../store/delivery.js";
import type { Delivery, Target } from "./deliverer.js";
import { following, nextAttemptAt } from "./following.js";
import { insist, type Insistence } from "./insist.js";
import type { PortWatch } from "./port-watch.js";
import type { QueueParts } from "./queue.js";
import type { Route } from "./routes.js";

/** An attempt that is to be made. */
export interface Job extends BegunDelivery {
  readonly eventId: string;
  readonly tries: number;
  readonly startedAt: number;
  /** As it is stored; absent: it is read from the store. */
  readonly event?: HookEvent;
}

/** An attempt that was made. */
export interface MadeAttempt {
  readonly job: Job;
  readonly event: HookEvent;
  readonly delivery: Delivery;
  readonly next: DeliveryNext;
}

/** What an attempt is made with. */
export interface AttemptPlace {
  readonly target: Target;
  readonly owner: string;
  readonly route: (name: string) => Route;
  readonly watch: PortWatch;
  /** Aborted when nothing is to begin any more. */
  readonly ending: AbortSignal;
  /** Aborted when what is under way is cut off. */
  readonly cutting: AbortSignal;
}

/** Makes attempts at a target, from the event in the store to its end there. */
export class AttemptMaker {
  private readonly parts: QueueParts;
  private readonly place: AttemptPlace;
  private readonly insistence: Insistence;

  constructor(parts: QueueParts, place: AttemptPlace) {
    const { context, report } = parts;
    this.parts = parts;
    this.place = place;
    this.insistence = {
      tell: (error) => report.trouble(error),
      sleep: (ms, signal) => context.sleep(ms, signal),
      ending: place.ending,
    };
  }

  /** Makes an attempt; `undefined`: the event was removed, or we are ending. */
  async make(job: Job): Promise<MadeAttempt | undefined> {
    const event = job.event ?? (await this.read(job.eventId));
    if (event === undefined) return undefined;
    const route = this.place.route(job.route);
    const delivery = await this.deliver(event, route, job.n);
    return { job, event, delivery, next: await this.nextOf(event, { route, delivery, tries: job.tries }) };
  }

  /** Stores the end of an attempt, and tells of it. */
  async keep({ job, event, delivery, next }: MadeAttempt): Promise<void> {
    const { store, report } = this.parts;
    const { id, eventId, n, route } = job;
    const { owner, target } = this.place;
    const what = { id, eventId, n, owner, target: target.label, route, end: delivery, next };
    const state = await insist(() => store.endDelivery(what), this.insistence);
    if (state === null) report.gone(eventId);
    else if (state !== undefined)
      report.attempted(attempted(event, { job, delivery, state, target }), nextAttemptAt(next));
  }

  private async read(eventId: string): Promise<HookEvent | undefined> {
    const event = await insist(() => this.parts.store.get(eventId), this.insistence);
    return this.place.ending.aborted ? undefined : event;
  }

  private deliver(event: HookEvent, route: Route, n: number): Promise<Delivery> {
    const again = n > 1 ? ([["hookcli-attempt", String(n)]] as const) : [];
    return this.parts.deliverer.deliver({
      request: event,
      target: route.target,
      forwarded: this.parts.forwarded(event),
      headers: [...(route.headers ?? []), ...again],
      signal: this.place.cutting,
      deadlineMs: this.deadlineMs(event),
      ...(route.timeoutMs === undefined ? {} : { timeoutMs: route.timeoutMs }),
    });
  }

  /** The provider waits for the app that its sender had the answer of, the next time as well, and for no other one. */
  private deadlineMs({ provider, attempts }: HookEvent): number | undefined {
    const first = attempts.find(({ n }) => n === 1);
    return first?.target === this.place.target.label ? this.parts.deadlineMs?.(provider) : undefined;
  }

  private async nextOf(
    event: HookEvent,
    made: { readonly route: Route; readonly delivery: Delivery; readonly tries: number },
  ): Promise<DeliveryNext> {
    const { watch, cutting } = this.place;
    const atOnce = { kind: "wait", dueAt: 0, now: this.parts.context.now(), counts: false } as const;
    if (made.delivery.error === "aborted" && cutting.aborted) return atOnce;
    if (!this.parts.settings.holds || !(await watch.isAway(made.delivery))) return following(event, made, this.parts);
    watch.hold();
    return atOnce;
  }
}

/** The event after an attempt, as it is in the store. */
function attempted(
  event: HookEvent,
  { job, delivery, state, target }: { job: Job; delivery: Delivery; state: EventState; target: Target },
): HookEvent {
  const { durationMs, status, error, headers, body } = delivery;
  const attempt: Attempt = {
    n: job.n,
    target: target.label,
    startedAt: job.startedAt,
    durationMs,
    status,
    error,
    headers,
    body,
  };
  return { ...event, state, attempts: [...event.attempts.filter(({ n }) => n !== job.n), attempt] };
}
