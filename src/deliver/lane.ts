import { setMaxListeners } from "node:events";
import type { HookEvent } from "../events/event.js";
import type { BegunDelivery, Claimed, Lease } from "../store/delivery.js";
import { AttemptMaker, type Job } from "./attempting.js";
import type { Target } from "./deliverer.js";
import { AGAIN_MS } from "./insist.js";
import { takesConnections } from "./port.js";
import { PortWatch } from "./port-watch.js";
import type { QueueParts } from "./queue.js";
import type { Route } from "./routes.js";

/** How often the store is asked at least, milliseconds: another process may have left something, and a clock may jump. */
const POLL_MS = 5_000;

/** A new event's place in a lane. */
export interface Ticket {
  /** Its first attempt begins as soon as it is stored. */
  readonly begins: boolean;
  use(event: HookEvent, begun: BegunDelivery | undefined): void;
  giveBack(): void;
}

/** What a lane is told by its queue. */
export interface LanePlace {
  readonly target: Target;
  readonly lease: () => Lease;
  /** Sees to it that the lease is kept up. */
  readonly hold: () => void;
  /** Aborted when nothing is to begin any more. */
  readonly ending: AbortSignal;
}

/** The deliveries to one target. */
export class Lane {
  private readonly parts: QueueParts;
  private readonly place: LanePlace;
  private readonly routes = new Map<string, Route>();
  /** Attempts under way, and places that are kept for some. */
  private running = 0;
  /** Events on their way to the disk that will wait. */
  private expected = 0;
  /** Something may wait in the store that nobody has claimed. */
  private waiting = false;
  private claiming = false;
  /** Something has come since the last claim began. */
  private poked = false;
  /** The clock at the last claim. */
  private claimedAt = Number.POSITIVE_INFINITY;
  private alarm: AbortController | undefined;
  private readonly cutting = new AbortController();
  private readonly work = new Set<Promise<void>>();
  private readonly watch: PortWatch;
  private readonly maker: AttemptMaker;

  constructor(parts: QueueParts, place: LanePlace) {
    this.parts = parts;
    this.place = place;
    const { context, report, look = takesConnections } = parts;
    const { target, ending } = place;
    this.watch = new PortWatch({
      context,
      look: () => look(target),
      ending,
      held: () => report.held(target),
      back: () => {
        report.back(target);
        this.expect();
      },
    });
    this.maker = new AttemptMaker(parts, {
      target,
      owner: place.lease().owner,
      route: (name) => this.routeOf(name),
      watch: this.watch,
      ending,
      cutting: this.cutting.signal,
    });
    // Every attempt listens.
    setMaxListeners(0, this.cutting.signal);
    place.ending.addEventListener("abort", () => this.alarm?.abort(), { once: true });
  }

  serve(route: Route): void {
    if (!this.routes.has(route.name)) this.routes.set(route.name, route);
  }

  /** Delivers what waits in the store; gives how many that is. */
  resume(): number {
    const count = this.backlog();
    if (count > 0) this.expect();
    else this.wakeIn(POLL_MS);
    return count;
  }

  /** Something waits in the store. */
  expect(): void {
    this.waiting = true;
    this.poked = true;
    this.pump();
  }

  ticket(): Ticket {
    const begins = this.mayBegin();
    if (begins) this.running += 1;
    else this.expected += 1;
    return {
      begins,
      use: (event, begun) => {
        if (!begins) this.expected -= 1;
        else if (begun === undefined) this.running -= 1;
        else
          this.follow(this.make({ ...begun, event, eventId: event.id, tries: 0, startedAt: this.parts.context.now() }));
        if (!begins) this.expect();
      },
      giveBack: () => {
        if (begins) this.running -= 1;
        else this.expected -= 1;
        this.pump();
      },
    };
  }

  /** Resolves when nothing is under way any more; what is so after `graceMs` is cut off. */
  async stop(graceMs: number): Promise<void> {
    if (this.work.size === 0) return;
    const over = new AbortController();
    const cut = this.parts.context.sleep(graceMs, over.signal).then(
      () => this.cutting.abort(),
      () => {},
    );
    while (this.work.size > 0) await Promise.all(this.work);
    over.abort();
    await cut;
  }

  /** How many deliveries there are yet to be made, waiting or under way. */
  backlog(): number {
    try {
      return this.parts.store.backlog(this.parts.project, this.place.target.label);
    } catch (error) {
      this.tell(error);
      return 0;
    }
  }

  private get ended(): boolean {
    return this.place.ending.aborted;
  }

  private get room(): number {
    const { concurrency, ordered } = this.parts.settings;
    return (ordered ? 1 : concurrency) - this.running;
  }

  /** What would have to wait for others is never begun before them; in order, another process may have some before it. */
  private mayBegin(): boolean {
    const isFree = !this.ended && !this.watch.holds && !this.waiting && this.expected === 0;
    return isFree && !this.parts.settings.ordered && this.room > 0;
  }

  private pump(): void {
    if (this.ended || this.watch.holds || this.claiming || !this.waiting || this.room <= 0) return;
    this.claiming = true;
    this.follow(this.claim(this.room));
  }

  /** Takes what is due, as much as there is room for. */
  private async claim(count: number): Promise<void> {
    this.running += count;
    this.poked = false;
    let claimed: Claimed = { deliveries: [], dropped: [], nextDueAt: this.parts.context.now() + AGAIN_MS };
    try {
      claimed = await this.ask(count);
    } catch (error) {
      this.tell(error);
    }
    this.running -= count - claimed.deliveries.length;
    this.claiming = false;
    // What was claimed too late is given back with the lease.
    if (this.ended) return;
    for (const delivery of claimed.deliveries) this.follow(this.make(delivery));
    for (const seq of claimed.dropped) this.dropped(seq);
    this.goOn(claimed);
  }

  private ask(count: number): Promise<Claimed> {
    const { store, context, project, settings } = this.parts;
    const { ordered, dropDuplicates } = settings;
    const now = context.now();
    // Nobody knows how the clock went before the first time.
    const clockWentBack = now < this.claimedAt;
    this.claimedAt = now;
    this.place.hold();
    const asked = { lease: this.place.lease(), now, project, target: this.place.target.label, count };
    return store.claimDeliveries({ ...asked, ordered, dropDuplicates, clockWentBack });
  }

  private goOn({ nextDueAt, deliveries }: Claimed): void {
    const mayFollow = this.parts.settings.ordered && deliveries.length > 0;
    this.waiting = nextDueAt !== null || this.poked || mayFollow;
    const waitMs = nextDueAt === null ? POLL_MS : nextDueAt - this.parts.context.now();
    if (waitMs > 0 && !this.poked) this.wakeIn(Math.min(waitMs, POLL_MS));
    else this.pump();
  }

  private dropped(seq: number): void {
    try {
      const event = this.parts.store.get(seq);
      if (event !== undefined) this.parts.report.dropped(event);
    } catch (error) {
      this.tell(error);
    }
  }

  /** Looks again after a while: one look at a time, the latest one asked for. */
  private wakeIn(waitMs: number): void {
    this.alarm?.abort();
    if (this.ended) return;
    const alarm = new AbortController();
    this.alarm = alarm;
    this.parts.context.sleep(waitMs, alarm.signal).then(
      () => {
        if (this.waiting || this.backlog() > this.running) this.expect();
        else this.wakeIn(POLL_MS);
      },
      () => {},
    );
  }

  /** One attempt, from the event in the store to its end there. */
  private async make(job: Job): Promise<void> {
    const made = await this.maker.make(job);
    const kept = made === undefined ? undefined : this.maker.keep(made);
    // Behind the end of this one, in the same transaction.
    this.running -= 1;
    if (made?.next.kind === "wait") this.expect();
    else this.pump();
    await kept;
  }

  private routeOf(name: string): Route {
    const [first] = this.routes.values();
    return this.routes.get(name) ?? first ?? { name, target: this.place.target };
  }

  private tell(error: unknown): void {
    this.parts.report.trouble(error);
  }

  private follow(work: Promise<void>): void {
    const followed = work.finally(() => this.work.delete(followed));
    this.work.add(followed);
  }
}
