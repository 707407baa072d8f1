import type { Context } from "../../context.js";
import type { DeliveryQueue, QueuePlan } from "../../deliver/queue.js";
import type { Route, Router } from "../../deliver/routes.js";
import { capturedEvent } from "../../events/captured-event.js";
import type { EventState, NewEvent } from "../../events/event.js";
import { newEventId } from "../../events/id.js";
import { RETRY_SOON } from "../../receive/refusal.js";
import type { ReceivedRequest, Responder } from "../../receive/receiver.js";
import { StoreError, type Store } from "../../store/store.js";
import type { EventFacts } from "./gatekeeper.js";
import { storedEvent, type Passage } from "./passage.js";
import { routedEvent } from "./routing.js";

/** What the sender is told when the store could not commit its event. */
const STORE_REFUSALS = {
  full: { status: 507, message: "the disk is full; the event is not stored" },
  other: { status: 503, message: "the event could not be stored; send it again" },
} as const;

export interface KeeperParts {
  readonly context: Context;
  readonly project: string;
  readonly store: Store;
  readonly queue: DeliveryQueue;
  /** Where an event goes; none: nowhere, it is answered by ourselves. */
  readonly route: Router;
  /** Copies of events that the app has taken go nowhere. */
  readonly dropsDuplicates: boolean;
  readonly onTrouble: (error: StoreError) => void;
}

/** Who gets the answer to an event: its sender, from the first route's app, or nobody, for the sender has another one. */
export type AnswerOf = "first" | "only" | "none";

/** Puts events on disk, before anything else happens to them. */
export class EventKeeper {
  private readonly parts: KeeperParts;
  /** The store's trouble was told, and it has not worked since. */
  private troubleTold = false;

  constructor(parts: KeeperParts) {
    this.parts = parts;
  }

  /**
   * Puts an event on disk, with the starts of its attempts; a sender whose event is not there is told so. `answerOf`: with
   * `first` the routes beyond the first are delivered to in the background, with `none` all are, with `only` there are none.
   */
  async commit(
    request: ReceivedRequest,
    facts: EventFacts,
    { answer, answerOf }: { answer: Pick<Responder, "send">; answerOf: AnswerOf },
  ): Promise<Passage | undefined> {
    const { context, store } = this.parts;
    const found = this.parts.route(routedEvent(request, facts));
    const routes = answerOf === "only" ? found.slice(0, 1) : found;
    const route = answerOf === "none" ? undefined : routes[0];
    const event = this.newEvent(request, facts, { state: routes.length === 0 ? "stored" : "pending", refusal: null });
    const plan = this.plan(routes, route);
    const startedAt = context.now();
    const attempt = route === undefined ? undefined : { target: route.target.label, startedAt };
    try {
      const appended = await store.append(event, attempt, plan?.background);
      this.troubleTold = false;
      const passage = { event, appended, route, routes: routes.length, startedAt };
      if (appended.dropped !== true) plan?.committed(storedEvent(passage), appended.begun ?? []);
      else plan?.abandoned();
      return appended.dropped === true
        ? { ...passage, event: { ...event, state: "stored" }, route: undefined }
        : passage;
    } catch (error) {
      plan?.abandoned();
      this.tellTrouble(error);
      const { status, message } =
        STORE_REFUSALS[error instanceof StoreError && error.fault === "full" ? "full" : "other"];
      answer.send(status, "not_stored", message, RETRY_SOON);
      return undefined;
    }
  }

  /** Keeps a request that was refused; `undefined`: the store did not take it. */
  async refused(request: ReceivedRequest, facts: EventFacts, code: string): Promise<Passage | undefined> {
    const event = this.newEvent(request, facts, { state: "refused", refusal: code });
    try {
      const appended = await this.parts.store.append(event);
      return { event, appended, route: undefined, routes: 0, startedAt: 0 };
    } catch (error) {
      this.tellTrouble(error);
      return undefined;
    }
  }

  /** Tells of the store's trouble, once until it works again. Anything else is a bug, and thrown. */
  readonly tellTrouble = (error: unknown): void => {
    if (!(error instanceof StoreError)) throw error;
    if (this.troubleTold) return;
    this.troubleTold = true;
    this.parts.onTrouble(error);
  };

  /** What happens in the background; `undefined`: nothing. */
  private plan(routes: readonly Route[], inline: Route | undefined): QueuePlan | undefined {
    const { queue, dropsDuplicates } = this.parts;
    const beside = inline === undefined ? routes : routes.slice(1);
    return beside.length > 0 || (dropsDuplicates && routes.length > 0) ? queue.plan(beside) : undefined;
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
}
