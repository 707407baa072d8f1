import { createHash } from "node:crypto";
import type { Deliverer, Delivery, Target } from "../deliver/deliverer.js";
import { attemptErrorText } from "../events/attempt-error.js";
import { capturedEvent } from "../events/captured-event.js";
import type { Attempt, HookEvent, NewEvent } from "../events/event.js";
import { headerValue } from "../events/headers.js";
import { newEventId } from "../events/id.js";
import { repeatIdentity } from "../events/repeat.js";
import { describeEvent, type Description } from "../providers/describe.js";
import type { Provider } from "../providers/provider.js";
import { refuseSignature } from "../receive/gates.js";
import type { ReceivedRequest, Responder, UpgradeRequest } from "../receive/receiver.js";
import { answerOf, writeAnswer, type AnswerOf, type AnswerRules } from "./answer.js";
import { listenerEvent, type ListenerEvent } from "./event.js";
import type { Journal } from "./journal.js";
import { checkSignature, type Checked, type SignatureOptions } from "./signatures.js";
import { redactUrl } from "../events/redact.js";

/** The app that events go on to. */
export interface Onward {
  readonly target: Target;
  readonly deliverer: Deliverer;
}

interface FlowParts {
  readonly journal: Journal;
  readonly rules: AnswerRules;
  /** What answers where no rule does. */
  readonly answer: AnswerOf;
  readonly onward: Onward | undefined;
  readonly provider: Provider | undefined;
  readonly signatures: SignatureOptions & { readonly now: () => number };
  readonly project: string;
  readonly random: (length: number) => Uint8Array;
}

/** What is known of a request before it becomes an event. */
interface Facts extends Checked {
  readonly description: Description;
}

/** The way of an event through the listener: checked, kept, answered. */
export class ListenerFlow {
  /** Requests that were none: not HTTP, or broken off. */
  unreadable = 0;
  /** What functions that make answers have thrown. */
  readonly failures: unknown[] = [];
  readonly #parts: FlowParts;
  readonly #ids = new Map<string, string>();
  #seq = 0;

  constructor(parts: FlowParts) {
    this.#parts = parts;
  }

  async receive(request: ReceivedRequest, responder: Responder): Promise<void> {
    const facts = this.#look(request);
    if (this.#refuse(request, facts, responder)) return;
    const event = this.#event(request, facts, { state: "stored" });
    const shown = listenerEvent(event);
    const { onward, journal } = this.#parts;
    const make = this.#rule(shown);
    if (make === undefined && onward !== undefined) {
      await this.#forward(event, onward, (forwarded) =>
        onward.deliverer.deliver({ request, target: onward.target, forwarded, answer: responder }).then((delivery) => {
          if (delivery.unanswered) responder.send(502, delivery.error ?? "failed", noAnswer(delivery, onward));
          return delivery;
        }),
      );
      return;
    }
    journal.add(shown);
    try {
      writeAnswer(responder, answerOf(await (make ?? this.#parts.answer)(shown)));
    } catch (error) {
      this.failures.push(error);
      if (responder.started) responder.destroy();
      else responder.send(500, "respond_failed", error instanceof Error ? error.message : String(error));
    }
  }

  /** A WebSocket upgrade goes to the app, where there is one. */
  async upgrade(upgrade: UpgradeRequest): Promise<void> {
    const { request } = upgrade;
    const facts = this.#look(request);
    if (this.#refuse(request, facts, upgrade)) return;
    const { onward, journal } = this.#parts;
    const event = this.#event(request, facts, { state: "stored" });
    if (onward !== undefined) {
      await this.#forward(event, onward, (forwarded) =>
        onward.deliverer.upgrade(upgrade, { target: onward.target, forwarded }),
      );
      return;
    }
    journal.add(listenerEvent(event));
    upgrade.send(501, "no_target", "there is no target to upgrade with");
  }

  /** A request that the receiver refused by itself: too large, malformed, broken off. */
  turnedAway({ request, code }: { request?: ReceivedRequest; code: string }): void {
    if (request === undefined) this.unreadable += 1;
    else this.#keepRefused(request, this.#look(request), code);
  }

  clear(): void {
    this.#ids.clear();
    this.unreadable = 0;
  }

  /** A rule whose condition throws answers with what it threw. */
  #rule(event: ListenerEvent): AnswerOf | undefined {
    try {
      return this.#parts.rules.take(event);
    } catch (error) {
      return () => Promise.reject(error);
    }
  }

  #look(request: ReceivedRequest): Facts {
    const { provider, signatures } = this.#parts;
    const description = describeEvent(request, provider);
    return { description, ...checkSignature(request, description.provider, signatures) };
  }

  #refuse(request: ReceivedRequest, facts: Facts, answer: Pick<Responder, "send">): boolean {
    if (this.#parts.signatures.requireSignature !== true) return false;
    const refusal = refuseSignature(facts.verdict);
    if (refusal === undefined) return false;
    this.#keepRefused(request, facts, refusal.code);
    answer.send(refusal.status, refusal.code, refusal.message);
    return true;
  }

  #keepRefused(request: ReceivedRequest, facts: Facts, refusal: string): void {
    this.#parts.journal.add(listenerEvent(this.#event(request, facts, { state: "refused", refusal })));
  }

  async #forward(
    event: HookEvent,
    { target }: Onward,
    deliver: (forwarded: { host?: string; proto: string; for?: string }) => Promise<Delivery>,
  ): Promise<void> {
    const { signatures, journal } = this.#parts;
    const startedAt = signatures.now();
    const host = headerValue(event.headers, "host");
    const delivery = await deliver({
      proto: "http",
      ...(host === undefined ? {} : { host }),
      ...(event.remoteIp === null ? {} : { for: event.remoteIp }),
    });
    const { durationMs, status, error, headers, body } = delivery;
    const attempt: Attempt = { n: 1, target: target.label, startedAt, durationMs, status, error, headers, body };
    const isTaken = error === null && status !== null && (status === 101 || (status >= 200 && status < 300));
    journal.add(listenerEvent({ ...event, state: isTaken ? "delivered" : "failed", attempts: [attempt] }));
  }

  #event(
    request: ReceivedRequest,
    { description, note }: Facts,
    { state, refusal = null }: { state: "stored" | "refused"; refusal?: string | null },
  ): HookEvent {
    const { project, random } = this.#parts;
    const id = newEventId(request.receivedAt, random);
    const event = capturedEvent(request, { id, project, ...description, signature: note, state, refusal });
    this.#seq += 1;
    return {
      ...event,
      seq: this.#seq,
      bodySha256: createHash("sha256").update(event.body).digest("hex"),
      size: event.body.byteLength,
      duplicateOf: this.#repeated(event),
      attempts: [],
    };
  }

  /** The id of the first event that the provider gave the same id, as the store finds it. */
  #repeated(event: NewEvent): string | null {
    const identity = repeatIdentity(event);
    if (identity === null) return null;
    const first = this.#ids.get(identity);
    if (first === undefined) this.#ids.set(identity, event.id);
    return first ?? null;
  }
}

function noAnswer({ error }: Delivery, { target }: Onward): string {
  return `no answer from ${redactUrl(target.label)}: ${attemptErrorText(error ?? "none")}`;
}
