import type { Context } from "../../context.js";
import type { Deliverer, Delivery, DeliveryRequest, Target } from "../../deliver/deliverer.js";
import type { Router } from "../../deliver/routes.js";
import { capturedEvent } from "../../events/captured-event.js";
import type { EventState, NewEvent } from "../../events/event.js";
import type { HeaderList } from "../../events/headers.js";
import { newEventId } from "../../events/id.js";
import { RETRY_SOON, type Refusal } from "../../receive/refusal.js";
import type { ReceivedRequest, Responder, UpgradeRequest } from "../../receive/receiver.js";
import { StoreError, type Store } from "../../store/store.js";
import { FloodGuard } from "./flood.js";
import type { EventFacts, Gatekeeper } from "./gatekeeper.js";
import type { HandshakeAnswerer, HandshakeOutcome } from "./handshakes.js";
import { failureText, stateAfter, storedEvent, type Passage } from "./passage.js";
import type { ListenReporter } from "./report.js";
import { routedEvent } from "./routing.js";

/** What the sender is told when the store could not commit its event. */
const STORE_REFUSALS = {
  full: { status: 507, message: "the disk is full; the event is not stored" },
  other: { status: 503, message: "the event could not be stored; send it again" },
} as const;

/** What `listen` answers by itself, without a target or to an event that is not delivered. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

export interface FlowParts {
  readonly context: Context;
  readonly project: string;
  readonly store: Store;
  readonly deliverer: Deliverer;
  readonly gatekeeper: Gatekeeper;
  readonly reporter: ListenReporter;
  /** Where an event goes; none: nowhere, it is answered by `ownAnswer`. */
  readonly route: Router;
  readonly ownAnswer: OwnAnswer;
  /** Answers handshakes that no app answers; absent: nobody does. */
  readonly handshakes?: HandshakeAnswerer | undefined;
  readonly forwarded: (request: ReceivedRequest) => DeliveryRequest["forwarded"];
}

/** The way of an event through `listen`: gates, store, delivery, answer, in this order. */
export class EventFlow {
  readonly flood: FloodGuard;
  private readonly parts: FlowParts;
  /** What goes on beside the answers: ends of attempts being stored, refused requests, upgraded connections. */
  private readonly beside = new Set<Promise<void>>();
  /** The store's trouble was told, and it has not worked since. */
  private storeTroubleTold = false;

  constructor(parts: FlowParts) {
    this.parts = parts;
    this.flood = new FloodGuard(parts.context.monotonic);
  }

  /** One request from its last byte to the end of its answer. */
  async receive(request: ReceivedRequest, answer: Responder): Promise<void> {
    const { gatekeeper } = this.parts;
    const facts = await gatekeeper.look(request);
    const refusal = gatekeeper.refuse(request, facts);
    if (refusal !== undefined) return this.refuse(request, facts, refusal, answer);
    const passage = await this.commit(request, facts, answer);
    if (passage === undefined) return;
    const settle = this.parts.reporter.stored(passage.event.state, () => storedEvent(passage));
    const { delivery, handshake } =
      passage.target === undefined
        ? await this.answerAlone(request, facts, answer)
        : await this.deliver(request, facts, { target: passage.target, answer });
    settle();
    if (delivery !== undefined) this.keepAttempt(passage, delivery);
    this.parts.reporter.answered(storedEvent(passage, delivery), handshake);
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
    const passage = await this.commit(request, facts, upgrade);
    if (passage === undefined) return;
    const { target } = passage;
    const settle = reporter.stored(passage.event.state, () => storedEvent(passage));
    const delivery =
      target === undefined ? refuseUpgrade(upgrade) : await deliverer.upgrade(upgrade, target, forwarded(request));
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
    const event = this.newEvent(request, facts, { state: "refused", refusal: code });
    try {
      const appended = await this.parts.store.append(event);
      const stored = storedEvent({ event, appended, target: undefined, startedAt: 0 });
      this.parts.reporter.stored(stored.state, () => stored)();
      this.parts.reporter.answered(stored);
    } catch (error) {
      this.tellStoreTrouble(error);
    }
  }

  /** Puts the event on disk, with the start of its attempt; a sender whose event is not there is told so. */
  private async commit(
    request: ReceivedRequest,
    facts: EventFacts,
    answer: Pick<Responder, "send">,
  ): Promise<Passage | undefined> {
    const { store, context, route } = this.parts;
    const target = route(routedEvent(request, facts))[0]?.target;
    const event = this.newEvent(request, facts, { state: target === undefined ? "stored" : "pending", refusal: null });
    const startedAt = context.now();
    try {
      const appended = await store.append(
        event,
        target === undefined ? undefined : { target: target.label, startedAt },
      );
      this.storeTroubleTold = false;
      return { event, appended, target, startedAt };
    } catch (error) {
      this.tellStoreTrouble(error);
      const { status, message } =
        STORE_REFUSALS[error instanceof StoreError && error.fault === "full" ? "full" : "other"];
      answer.send(status, "not_stored", message, RETRY_SOON);
      return undefined;
    }
  }

  private newEvent(
    request: ReceivedRequest,
    facts: EventFacts,
    outcome: { state: EventState; refusal: string | null },
  ): NewEvent {
    const { context, project } = this.parts;
    return capturedEvent(request, {
      id: newEventId(request.receivedAt, context.random),
      project,
      provider: facts.provider,
      eventType: facts.eventType,
      providerEventId: facts.providerEventId,
      deliveryId: facts.deliveryId,
      signature: facts.signature,
      state: outcome.state,
      refusal: outcome.refusal,
    });
  }

  private async answerAlone(request: ReceivedRequest, facts: EventFacts, answer: Responder): Promise<Answered> {
    const handshake = await this.parts.handshakes?.(request, facts, false);
    sendOwn(handshake?.answer ?? this.parts.ownAnswer, answer);
    return { delivery: undefined, handshake };
  }

  private async deliver(
    request: ReceivedRequest,
    facts: EventFacts,
    { target, answer }: { target: Target; answer: Responder },
  ): Promise<Answered> {
    const { deliverer, forwarded } = this.parts;
    const delivery = await deliverer.deliver({ request, target, forwarded: forwarded(request), answer });
    const isDown = delivery.unanswered && delivery.error === "refused";
    const handshake = isDown ? await this.parts.handshakes?.(request, facts, true) : undefined;
    if (handshake?.answer !== undefined) sendOwn(handshake.answer, answer);
    else if (delivery.unanswered) {
      const late = delivery.error === "timeout";
      answer.send(late ? 504 : 502, delivery.error ?? "failed", failureText(delivery, target));
    }
    return { delivery, handshake };
  }

  /** Stores the end of an attempt, beside the answer and never before it. */
  private keepAttempt({ event }: Passage, delivery: Delivery): void {
    const stored = this.parts.store.endAttempt(event.id, 1, delivery, stateAfter(delivery));
    void this.track(stored.catch((error: unknown) => this.tellStoreTrouble(error)));
  }

  private track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.beside.delete(tracked));
    this.beside.add(tracked);
    return tracked;
  }

  private tellStoreTrouble(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (this.storeTroubleTold) return;
    this.storeTroubleTold = true;
    this.parts.reporter.storeTrouble(error);
  }
}

/** How an event was answered: by an attempt, or by us. */
interface Answered {
  readonly delivery: Delivery | undefined;
  readonly handshake: HandshakeOutcome | undefined;
}

function sendOwn({ status, headers, body }: OwnAnswer, answer: Responder): void {
  answer.writeHead(status, undefined, headers);
  if (body.length > 0) void answer.write(body);
  answer.end();
}

/** Nobody could speak with the sender of an upgrade that goes nowhere; its event is kept all the same. */
function refuseUpgrade(upgrade: UpgradeRequest): undefined {
  upgrade.send(501, "no_target", "the event is stored; there is no target to upgrade with");
}
