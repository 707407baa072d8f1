import type { HookEvent } from "../events/event.js";
import type { DeliveryNext } from "../store/delivery.js";
import type { Delivery } from "./deliverer.js";
import type { QueueParts } from "./queue.js";
import { nextDelay, randomShare, retryAfterMs } from "./retry.js";
import type { Route } from "./routes.js";

/** What becomes of a delivery by a route after an attempt, before which `tries` had an outcome. */
export function following(
  { provider }: HookEvent,
  { route, delivery, tries }: { route: Route; delivery: Delivery; tries: number },
  { context, settings, schedule }: Pick<QueueParts, "context" | "settings" | "schedule">,
): DeliveryNext {
  const now = context.now();
  const plan = {
    settings: route.retry ?? settings.retry,
    schedule: schedule(provider),
    random: () => randomShare(context.random),
  };
  const step = nextDelay(tries + 1, { ...delivery, retryAfterMs: retryAfterMs(delivery.headers, now) }, plan);
  if (step.kind === "wait") return { kind: "wait", dueAt: now + step.waitMs, now, counts: true };
  return { kind: step.kind === "done" ? "done" : "dead" };
}

/** When the next attempt is due, milliseconds since 1970; `null`: there is none, or it waits for something else than a time. */
export function nextAttemptAt(next: DeliveryNext): number | null {
  return next.kind === "wait" && next.dueAt > 0 ? next.dueAt : null;
}
