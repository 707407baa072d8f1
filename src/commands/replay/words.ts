import type { HookEvent } from "../../events/event.js";
import { redactPath, redactUrl } from "../../events/redact.js";
import type { Named } from "../delivery/report.js";
import type { Prepared } from "./prepare.js";

/** What is replayed, where to, and what was done to it. */
export function sentence({ event, destination, resigned }: Prepared): string {
  const note = resigned.note === undefined ? "" : `; ${resigned.note}`;
  return `replaying ${nameOf(event)} to ${redactUrl(destination.target.label)} (${destination.why})${note}`;
}

/** What a report says of it. */
export function namedIn(prepared: Prepared): Named {
  return { name: nameOf(prepared.event), sentence: sentence(prepared) };
}

function nameOf(event: Pick<HookEvent, "seq" | "eventType" | "method" | "path">): string {
  return `#${event.seq} ${event.eventType ?? `${event.method} ${redactPath(event.path)}`}`;
}

/** By what an app knows a replay. */
export function replayHeader(event: HookEvent) {
  return [["hookcli-replay-of", event.id]] as const;
}
