import { setMaxListeners } from "node:events";
import type { Context } from "../context.js";
import type { EventSource, EventState, HookEvent } from "../events/event.js";
import type { HeaderList } from "../events/headers.js";
import type { Background, BegunDelivery, DeliveryNext } from "../store/delivery.js";
import type { Store } from "../store/store.js";
import type { Deliverer, Delivery, DeliveryRequest, Target } from "./deliverer.js";
import { following, nextAttemptAt } from "./following.js";
import { Lane } from "./lane.js";
import type { RetrySettings } from "./retry.js";
import type { Route } from "./routes.js";

/** For how long a process may have deliveries without a word, and how often it renews that, milliseconds. */
export const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

/** How events are delivered in the background. */
export interface QueueSettings {
  /** Attempts to one target at a time. */
  readonly concurrency: number;
  /** An event's delivery is over before that of the next one begins. */
  readonly ordered: boolean;
  /** While a target's port refuses connections nothing is tried there. */
  readonly holds: boolean;
  readonly dropDuplicates: boolean;
  /** For routes that do not say it themselves. */
  readonly retry: RetrySettings;
}

/** What is told of the deliveries in the background. */
export interface QueueReport {
  /** An attempt has ended; it is the last one of the event. `nextAttemptAt`: when its target gets the next one. */
  attempted(event: HookEvent, nextAttemptAt: number | null): void;
  /** An event was removed while its attempt was under way. */
  gone(eventId: string): void;
  /** An event was not delivered: the app has taken an earlier copy. */
  dropped(event: HookEvent): void;
  /** The port of a target refuses, and its events are held; or it takes connections again. */
  held(target: Target): void;
  back(target: Target): void;
  /** The store does not take what is to be stored. Anything but a StoreError is a bug, and thrown. */
  trouble(error: unknown): void;
}

export interface QueueParts {
  readonly store: Store;
  readonly deliverer: Deliverer;
  readonly context: Pick<Context, "now" | "monotonic" | "sleep" | "random" | "pid">;
  readonly project: string;
  readonly settings: QueueSettings;
  /** Every route there is: what waits for their targets since an earlier run is delivered. */
  readonly routes: readonly Route[];
  readonly forwarded: (event: ForwardedEvent) => DeliveryRequest["forwarded"];
  /** The waits that an event's provider documents. */
  readonly schedule: (provider: string | null) => readonly number[] | undefined;
  readonly report: QueueReport;
  /** When an event's provider no longer waits for the app that answers its sender, milliseconds; absent: it always does. */
  readonly deadlineMs?: (provider: string | null) => number | undefined;
  /** In place of a look at a target's port. */
  readonly look?: (target: Target) => Promise<boolean>;
}

/** What X-Forwarded-* is made of. */
export interface ForwardedEvent {
  readonly source: EventSource;
  readonly remoteIp: string | null;
  readonly headers: HeaderList;
}

/** What became of an event by the attempt whose answer its sender got. */
export interface InlineEnd {
  readonly state: EventState;
  readonly nextAttemptAt: number | null;
}

/** A new event's way: what is stored with it, and what goes on once it is. */
export interface QueuePlan {
  readonly background: Background;
  /** It is on disk. `event`: as it is there, without attempts. */
  committed(event: HookEvent, begun: readonly BegunDelivery[]): void;
  /** It is not, or goes nowhere. */
  abandoned(): void;
}

/**
 * Delivers in the background what the store holds. Only what is being tried is in memory; all else waits in the store, is
 * claimed from there under a lease when there is room for it, and survives this process.
 */
export class DeliveryQueue {
  private readonly parts: QueueParts;
  private readonly owner: string;
  private readonly lanes = new Map<string, Lane>();
  private readonly ending = new AbortController();
  private renewing: Promise<void> | undefined;

  constructor(parts: QueueParts) {
    this.parts = parts;
    this.owner = `${parts.context.pid}.${Buffer.from(parts.context.random(8)).toString("hex")}`;
    // Every lane listens.
    setMaxListeners(0, this.ending.signal);
    for (const route of parts.routes) this.lane(route);
  }

  /** Takes up what an earlier run has left; gives how many deliveries that is. */
  resume(): number {
    let count = 0;
    for (const lane of this.lanes.values()) count += lane.resume();
    return count;
  }

  /** How many deliveries there are yet to be made, waiting or under way. */
  backlog(): number {
    let count = 0;
    for (const lane of this.lanes.values()) count += lane.backlog();
    return count;
  }

  /** Aborted when nothing is to begin any more. */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  /** How a new event is delivered by routes in the background. Deliveries begin with it where nothing waits before them. */
  plan(routes: readonly Route[]): QueuePlan {
    const { settings, context } = this.parts;
    if (routes.length > 0) this.holdLease();
    const tickets = routes.map((route) => this.lane(route).ticket());
    const deliveries = routes.map(({ name, target }, index) => {
      return { route: name, target: target.label, begins: tickets[index]?.begins === true };
    });
    const { dropDuplicates } = settings;
    return {
      background: { deliveries, owner: this.owner, now: context.now(), dropDuplicates },
      committed: (event, begun) => {
        const rest = [...begun];
        for (const ticket of tickets) ticket.use(event, ticket.begins ? rest.shift() : undefined);
      },
      abandoned: () => tickets.forEach((ticket) => ticket.giveBack()),
    };
  }

  /** Stores the end of the attempt whose answer the sender got, and delivers the event again where that may help. */
  async endInline(event: HookEvent, route: Route, delivery: Delivery): Promise<InlineEnd> {
    const next = this.afterInline(event, route, delivery);
    const { name, target } = route;
    const { owner } = this;
    const where = { id: undefined, eventId: event.id, n: 1, owner, target: target.label, route: name };
    const state = await this.parts.store.endDelivery({ ...where, end: delivery, next });
    if (next.kind === "wait") this.lane(route).expect();
    return { state: state ?? event.state, nextAttemptAt: nextAttemptAt(next) };
  }

  /** What follows an attempt whose answer the sender got: where it was the only one, the sender has been told how it ended. */
  private afterInline(event: HookEvent, route: Route, delivery: Delivery): DeliveryNext {
    const { retries } = route.retry ?? this.parts.settings.retry;
    const next = following(event, { route, delivery, tries: 0 }, this.parts);
    return next.kind === "dead" && retries === 0 ? { kind: "failed" } : next;
  }

  /** Begins nothing any more; what is under way may take `graceMs`, and then waits for the next run as all the rest does. */
  async stop(graceMs: number): Promise<void> {
    this.ending.abort();
    await Promise.all([...this.lanes.values()].map((lane) => lane.stop(graceMs)));
    if (this.renewing === undefined) return;
    await this.renewing;
    await this.parts.store.releaseLease(this.owner).catch(() => {});
  }

  private lane(route: Route): Lane {
    const { label } = route.target;
    let lane = this.lanes.get(label);
    if (lane === undefined) {
      const lease = () => ({ owner: this.owner, pid: this.parts.context.pid, untilAt: this.untilAt() });
      lane = new Lane(this.parts, {
        target: route.target,
        lease,
        hold: () => this.holdLease(),
        ending: this.ending.signal,
      });
      this.lanes.set(label, lane);
    }
    lane.serve(route);
    return lane;
  }

  /** The lease is there before the first delivery is: writes are committed in order. */
  private holdLease(): void {
    this.renewing ??= this.renew().catch(() => {});
  }

  private async renew(): Promise<void> {
    const { store, context } = this.parts;
    const { owner } = this;
    while (!this.ending.signal.aborted) {
      await store.renewLease({ owner, pid: context.pid, untilAt: this.untilAt() }).catch(() => {});
      await context.sleep(RENEW_MS, this.ending.signal);
    }
  }

  private untilAt(): number {
    return this.parts.context.now() + LEASE_MS;
  }
}
