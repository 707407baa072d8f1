import type { Context } from "../../context.js";
import type { Deliverer, Delivery, DeliveryRequest } from "../../deliver/deliverer.js";
import { insist } from "../../deliver/insist.js";
import type { ForwardedEvent } from "../../deliver/queue.js";
import type { Route } from "../../deliver/routes.js";
import type { HeaderList } from "../../events/headers.js";
import type { Refusal } from "../../receive/refusal.js";
import type { ReceivedRequest, Responder, UpgradeRequest } from "../../receive/receiver.js";
import type { BackgroundReport } from "./background.js";
import type { Deadlines } from "./deadlines.js";
import type { DeliveryMode } from "./delivery-options.js";
import { FloodGuard } from "./flood.js";
import type { EventFacts, Gatekeeper } from "./gatekeeper.js";
import type { HandshakeAnswerer, HandshakeOutcome } from "./handshakes.js";
import { EventKeeper, type KeeperParts } from "./keeping.js";
import { failureText, stateAfter, storedEvent, type Passage } from "./passage.js";
import type { ListenReporter } from "./report.js";

/** What `listen` answers by itself, without a target or to an event that is not delivered. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

export interface FlowParts extends Omit<KeeperParts, "dropsDuplicates" | "onTrouble"> {
  readonly context: Context;
  readonly deliverer: Deliverer;
  readonly gatekeeper: Gatekeeper;
  readonly reporter: ListenReporter;
  readonly background: BackgroundReport;
  readonly deadlines: Deadlines;
  readonly mode: DeliveryMode;
  readonly ownAnswer: OwnAnswer;
  /** Answers handshakes that no app answers; absent: nobody does. */
  readonly handshakes?: HandshakeAnswerer | undefined;
  readonly forwarded: (request: ForwardedEvent) => DeliveryRequest["forwarded"];
}

/** The way of an event through `listen`: gates, store, delivery, answer, in this order. */
export class EventFlow {
  readonly flood: FloodGuard;
  private readonly parts: FlowParts;
  private readonly keeper: EventKeeper;
  /** What goes on beside the answers: ends of attempts being stored, refused requests, upgraded connections. */
  private readonly beside = new Set<Promise<void>>();

  constructor(parts: FlowParts) {
    const { reporter, mode } = parts;
    this.parts = parts;
    this.flood = new FloodGuard(parts.context.monotonic);
    this.keeper = new EventKeeper({
      ...parts,
      dropsDuplicates: mode.queue.dropDuplicates,
      onTrouble: (error) => reporter.storeTrouble(error),
    });
  }

  /** One request from its last byte to the end of its answer. */
  async receive(request: ReceivedRequest, answer: Responder): Promise<void> {
    const { gatekeeper, reporter, mode } = this.parts;
    const facts = await gatekeeper.look(request);
    const refusal = gatekeeper.refuse(request, facts);
    if (refusal !== undefined) return this.refuse(request, facts, refusal, answer);
    const answerOf = mode.ackStatus === undefined ? "first" : "none";
    const passage = await this.keeper.commit(request, facts, { answer, answerOf });
    if (passage === undefined) return;
    if (answerOf === "none" && passage.routes > 0) return this.acknowledge(passage, { request, facts, answer });
    const settle = reporter.stored(passage.event.state, () => storedEvent(passage));
    const { delivery, handshake } =
      passage.route === undefined
        ? await this.answerAlone(request, facts, answer)
        : await this.deliver(request, facts, { route: passage.route, answer });
    settle();
    if (delivery === undefined) reporter.answered(storedEvent(passage), { handshake });
    else this.end(passage, delivery, handshake);
  }

  /** A WebSocket upgrade: its head is the event, its attempt lasts as long as the connection. */
  upgrade(upgrade: UpgradeRequest): Promise<void> {
    return this.track(this.join(upgrade));
  }

  /** A request that the receiver refused by itself (too large, no room, malformed): kept with what is known of it. */
  async turnedAway({ request, code }: { request?: ReceivedRequest; code: string }): Promise<void> {
    if (request === undefined) this.parts.reporter.refused += 1;
    else await this.track(this.keepRefused(request, code));
  }

  /** Resolves when all that happened is stored: the ends of attempts, and what was refused. */
  async settled(): Promise<void> {
    while (this.beside.size > 0) await Promise.all(this.beside);
  }

  private async join(upgrade: UpgradeRequest): Promise<void> {
    const { request } = upgrade;
    const { gatekeeper, deliverer, forwarded, reporter } = this.parts;
    const facts = await gatekeeper.look(request);
    const refusal = gatekeeper.refuse(request, facts);
    if (refusal !== undefined) return this.refuse(request, facts, refusal, upgrade);
    const passage = await this.keeper.commit(request, facts, { answer: upgrade, answerOf: "only" });
    if (passage === undefined) return;
    const { route } = passage;
    const settle = reporter.stored(passage.event.state, () => storedEvent(passage));
    const delivery =
      route === undefined
        ? refuseUpgrade(upgrade)
        : await deliverer.upgrade(upgrade, { ...wayOf(route), forwarded: forwarded(request) });
    settle();
    if (delivery !== undefined) this.keepAttempt(passage, delivery);
    reporter.answered(storedEvent(passage, delivery));
  }

  private async keepRefused(request: ReceivedRequest, code: string): Promise<void> {
    await this.storeRefused(request, await this.parts.gatekeeper.look(request), code);
  }

  private async refuse(
    request: ReceivedRequest,
    facts: EventFacts,
    refusal: Refusal,
    answer: Pick<Responder, "send">,
  ): Promise<void> {
    answer.send(refusal.status, refusal.code, refusal.message);
    await this.storeRefused(request, facts, refusal.code);
  }

  private async storeRefused(request: ReceivedRequest, facts: EventFacts, code: string): Promise<void> {
    if (!this.flood.admit()) return;
    const passage = await this.keeper.refused(request, facts, code);
    if (passage === undefined) return;
    const stored = storedEvent(passage);
    this.parts.reporter.stored(stored.state, () => stored)();
    this.parts.reporter.answered(stored);
  }

  /** Answers an event that is delivered in the background; a handshake gets what it asks for. */
  private async acknowledge(
    passage: Passage,
    { request, facts, answer }: { request: ReceivedRequest; facts: EventFacts; answer: Responder },
  ): Promise<void> {
    const { reporter, background, mode, handshakes } = this.parts;
    const settle = reporter.stored(passage.event.state, () => storedEvent(passage));
    if (passage.appended.dropped === true) settle();
    else if (passage.appended.begun?.length === passage.routes) background.begun(passage.event.id, settle);
    const handshake = await handshakes?.(request, facts, false);
    sendOwn(handshake?.answer ?? { ...ACKNOWLEDGED, status: mode.ackStatus ?? ACKNOWLEDGED.status }, answer);
    if (passage.appended.dropped === true) background.dropped(storedEvent(passage));
  }

  private async answerAlone(request: ReceivedRequest, facts: EventFacts, answer: Responder): Promise<Answered> {
    const handshake = await this.parts.handshakes?.(request, facts, false);
    sendOwn(handshake?.answer ?? this.parts.ownAnswer, answer);
    return { delivery: undefined, handshake };
  }

  private async deliver(
    request: ReceivedRequest,
    facts: EventFacts,
    { route, answer }: { route: Route; answer: Responder },
  ): Promise<Answered> {
    const delivery = await this.attempt(request, facts, { route, answer });
    const isDown = delivery.unanswered && delivery.error === "refused";
    const handshake = isDown ? await this.parts.handshakes?.(request, facts, true) : undefined;
    if (handshake?.answer !== undefined) sendOwn(handshake.answer, answer);
    else if (delivery.unanswered) {
      const late = delivery.error === "timeout" || delivery.error === "deadline";
      answer.send(late ? 504 : 502, delivery.error ?? "failed", failureText(delivery, route.target));
    }
    this.parts.deadlines.ended(facts.provider, delivery);
    return { delivery, handshake };
  }

  private attempt(
    request: ReceivedRequest,
    { provider }: EventFacts,
    { route, answer }: { route: Route; answer: Responder },
  ): Promise<Delivery> {
    const { deliverer, forwarded, deadlines } = this.parts;
    return deliverer.deliver({
      ...wayOf(route),
      request,
      forwarded: forwarded(request),
      answer,
      deadlineMs: deadlines.cutMs(provider),
    });
  }

  /** Stores the end of the attempt that the sender has had, and tells of it. */
  private end(passage: Passage, delivery: Delivery, handshake: HandshakeOutcome | undefined): void {
    const { reporter, mode } = this.parts;
    const { retries } = passage.route?.retry ?? mode.queue.retry;
    if (passage.routes > 1 || retries > 0) return void this.track(this.follow(passage, delivery, handshake));
    this.keepAttempt(passage, delivery);
    reporter.answered(storedEvent(passage, delivery), { handshake });
  }

  /** The same for an event that goes on: to further targets, or to this one again. */
  private async follow(passage: Passage, delivery: Delivery, handshake: HandshakeOutcome | undefined): Promise<void> {
    const { queue, reporter, background } = this.parts;
    const { route } = passage;
    if (route === undefined) return;
    const event = storedEvent(passage, delivery);
    const end = await this.insist(() => queue.endInline(event, route, delivery));
    if (end === undefined) return reporter.answered(event, { handshake });
    const ended = { ...event, state: end.state };
    reporter.answered(ended, { handshake, nextAttemptAt: end.nextAttemptAt });
    background.ended(ended);
  }

  /** Stores the end of an attempt, beside the answer and never before it. */
  private keepAttempt({ event }: Passage, delivery: Delivery): void {
    void this.track(this.insist(() => this.parts.store.endAttempt(event.id, 1, delivery, stateAfter(delivery))));
  }

  /** A store in trouble is asked again until it has the end of an attempt: what the app answered is known to nobody else. */
  private insist<Result>(store: () => Promise<Result>): Promise<Result | undefined> {
    const { context, queue } = this.parts;
    return insist(store, { tell: this.keeper.tellTrouble, sleep: context.sleep, ending: queue.ended });
  }

  private track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.beside.delete(tracked));
    this.beside.add(tracked);
    return tracked;
  }
}

/** What the sender of an event gets that is delivered in the background. */
const ACKNOWLEDGED: OwnAnswer = { status: 202, headers: [["Content-Length", "0"]], body: new Uint8Array() };

/** How an event was answered: by an attempt, or by us. */
interface Answered {
  readonly delivery: Delivery | undefined;
  readonly handshake: HandshakeOutcome | undefined;
}

/** What a route says of its deliveries. */
function wayOf({ target, headers, timeoutMs }: Route): Pick<DeliveryRequest, "target" | "headers" | "timeoutMs"> {
  return {
    target,
    ...(headers === undefined ? {} : { headers }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function sendOwn({ status, headers, body }: OwnAnswer, answer: Responder): void {
  const isBodyless = status === 204 || status === 205;
  answer.writeHead(status, undefined, isBodyless ? headers.filter(([name]) => name !== "Content-Length") : headers);
  if (body.length > 0) void answer.write(body);
  answer.end();
}

/** Nobody could speak with the sender of an upgrade that goes nowhere; its event is kept all the same. */
function refuseUpgrade(upgrade: UpgradeRequest): undefined {
  upgrade.send(501, "no_target", "the event is stored; there is no target to upgrade with");
}
