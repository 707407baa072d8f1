import type { Context } from "../../context.js";
import type { Deliverer, DeliveryRequest, Target } from "../../deliver/deliverer.js";
import { DeliveryQueue, type ForwardedEvent, type QueueReport, type QueueSettings } from "../../deliver/queue.js";
import type { Route } from "../../deliver/routes.js";
import type { HookEvent } from "../../events/event.js";
import { redactUrl } from "../../events/redact.js";
import type { Output } from "../../output/output.js";
import { counted } from "../../output/quantity.js";
import { findProvider } from "../../providers/index.js";
import type { Provider } from "../../providers/provider.js";
import { StoreError, type Store } from "../../store/store.js";
import type { ListenReporter } from "./report.js";

/** Tells what happens in the background: attempts as every other one, dead letters, a port that refuses. */
export class BackgroundReport implements QueueReport {
  private readonly output: Pick<Output, "note" | "warn">;
  private readonly reporter: ListenReporter;
  /** What ends the pending lines of events that are under way. */
  private readonly pending = new Map<string, () => void>();
  private deaths = 0;
  private isTroubled = false;

  constructor(output: Pick<Output, "note" | "warn">, reporter: ListenReporter) {
    this.output = output;
    this.reporter = reporter;
  }

  /** An event is under way, and shown as pending until `settle` is called. */
  begun(id: string, settle: () => void): void {
    this.pending.set(id, settle);
  }

  attempted(event: HookEvent, nextAttemptAt: number | null): void {
    this.gone(event.id);
    this.isTroubled = false;
    this.reporter.answered(event, { nextAttemptAt });
    this.ended(event);
  }

  /** An event that is given up is told of, whoever made its last attempt. */
  ended({ seq, state, attempts }: HookEvent): void {
    if (state !== "dead") return;
    this.deaths += 1;
    const hint = this.deaths === 1 ? "; hookcli replay --state dead delivers dead letters again" : "";
    this.output.warn(`#${seq} is given up after ${counted(attempts.length, "attempt")}, and is a dead letter${hint}`);
  }

  /** Nothing of an event is under way any more. */
  gone(eventId: string): void {
    this.pending.get(eventId)?.();
    this.pending.delete(eventId);
  }

  dropped(event: HookEvent): void {
    this.reporter.answered(event);
  }

  held(target: Target): void {
    this.output.note(`hookcli: note: ${redactUrl(target.label)} refuses connections: events are held until it is back`);
  }

  back(target: Target): void {
    this.output.note(`hookcli: note: ${redactUrl(target.label)} is back: what was held is delivered`);
  }

  /** At the end: what is yet to be delivered. */
  left(count: number): void {
    if (count === 0) return;
    const [are, them] = count === 1 ? ["is", "it"] : ["are", "them"];
    this.output.note(
      `${counted(count, "event")} ${are} left to deliver: the next listen of this target goes on with ${them}`,
    );
  }

  trouble(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (!this.isTroubled) this.reporter.storeTrouble(error);
    this.isTroubled = true;
  }
}

/** Makes the queue of a `listen`. */
export function createQueue(parts: {
  readonly context: Context;
  readonly project: string;
  readonly store: Store;
  readonly deliverer: Deliverer;
  readonly settings: QueueSettings;
  readonly routes: readonly Route[];
  readonly own: readonly Provider[];
  readonly forwarded: (event: ForwardedEvent) => DeliveryRequest["forwarded"];
  readonly report: QueueReport;
  readonly deadlineMs?: (provider: string | null) => number | undefined;
}): DeliveryQueue {
  const { own, ...rest } = parts;
  return new DeliveryQueue({
    ...rest,
    schedule: (provider) => (provider === null ? undefined : findProvider(provider, own)?.retry?.delaysMs),
  });
}

/**
 * Ends what a process that was killed has left: events whose sender was waiting for the app's answer. Resolves to how many
 * they were. While another `listen` runs in the project they may be its own.
 */
export async function endInterrupted(store: Store, project: string): Promise<number> {
  if (store.listeners(project).length > 0) return 0;
  const seqs = store.interrupted(project);
  return seqs.length === 0 ? 0 : store.interrupt(seqs);
}
