import type { Context } from "../../context.js";
import type { Deliverer, Delivery } from "../../deliver/deliverer.js";
import type { EventSource, NewEvent, SignatureNote } from "../../events/event.js";
import type { HeaderList } from "../../events/headers.js";
import { newEventId } from "../../events/id.js";
import type { Output } from "../../output/output.js";
import { describeEvent } from "../../providers/describe.js";
import type { Provider } from "../../providers/provider.js";
import { StoreError, type Store } from "../../store/store.js";
import type { OutgoingRequest } from "./request.js";
import type { Destination } from "./target.js";

/** One delivery, and where it stands in the store. */
export interface Recorded {
  readonly delivery: Delivery;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Number of the attempt, from 1. */
  readonly n: number;
  /** 0 when the event is not stored. */
  readonly seq: number;
}

/** A request as an event of ours. */
export function eventOf(
  request: OutgoingRequest,
  facts: {
    readonly context: Context;
    readonly project: string;
    readonly source: EventSource;
    readonly provider: Provider | undefined;
    readonly eventType: string | undefined;
    readonly signature: SignatureNote;
    readonly replayOf?: string;
  },
): NewEvent {
  const { context, project, source, signature, replayOf } = facts;
  const now = context.now();
  const { method, path, headers, body } = request;
  const described = describeEvent(request, facts.provider);
  return {
    id: newEventId(now, context.random),
    project,
    receivedAt: now,
    source,
    method,
    path,
    headers,
    trailers: [],
    body,
    bodyComplete: true,
    remoteIp: null,
    ...described,
    eventType: described.eventType ?? facts.eventType ?? null,
    signature,
    replayOf: replayOf ?? null,
    state: "pending",
    refusal: null,
  };
}

/** Makes the attempts of one event, each stored before it starts and when it has ended. */
export class Recorder {
  private readonly deliverer: Deliverer;
  private readonly context: Context;
  private readonly output: Output;
  private store: Store | undefined;
  private readonly strict: boolean;
  private readonly cutting: AbortSignal;

  /**
   * `strict`: a failing store is an error; else it is a warning, and the deliveries go on. `cutting`: breaks off what is
   * under way.
   */
  constructor(parts: {
    deliverer: Deliverer;
    context: Context;
    output: Output;
    store: Store | undefined;
    strict: boolean;
    cutting: AbortSignal;
  }) {
    this.deliverer = parts.deliverer;
    this.context = parts.context;
    this.output = parts.output;
    this.store = parts.store;
    this.strict = parts.strict;
    this.cutting = parts.cutting;
  }

  /** One attempt of `event`; `earlier` is the one before it. */
  async attempt(
    event: NewEvent,
    to: { readonly destination: Destination; readonly headers?: HeaderList; readonly earlier?: Recorded },
  ): Promise<Recorded> {
    const { destination, earlier } = to;
    const start = { target: destination.target.label, startedAt: this.context.now() };
    const stored = await this.storing(async (store) => {
      if (earlier !== undefined && earlier.seq > 0)
        return { seq: earlier.seq, n: await store.startAttempt(event.id, start) };
      return { seq: (await store.append(event, start)).seq, n: 1 };
    });
    const n = stored?.n ?? (earlier?.n ?? 0) + 1;
    const delivery = await this.deliver(event, to);
    if (stored !== undefined) await this.storing((store) => store.endAttempt(event.id, n, delivery));
    return { delivery, startedAt: start.startedAt, n, seq: stored?.seq ?? 0 };
  }

  private deliver(event: NewEvent, to: { destination: Destination; headers?: HeaderList }): Promise<Delivery> {
    return this.deliverer.deliver({
      request: event,
      // The event's path is the whole place already.
      target: { ...to.destination.target, path: undefined },
      forwarded: {},
      ...(to.headers === undefined ? {} : { headers: to.headers }),
      signal: this.cutting,
    });
  }

  private async storing<Result>(work: (store: Store) => Promise<Result>): Promise<Result | undefined> {
    if (this.store === undefined) return undefined;
    try {
      return await work(this.store);
    } catch (error) {
      if (this.strict || !(error instanceof StoreError)) throw error;
      this.output.warn(`the store failed, so this is not kept: ${error.message}`);
      this.store = undefined;
      return undefined;
    }
  }
}
