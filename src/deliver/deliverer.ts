import type { LookupFunction } from "node:net";
import type { EventRequest } from "../events/event.js";
import type { HeaderList } from "../events/headers.js";
import type { Dialer } from "../proxies/dialer.js";
import type { AttemptEnd } from "../store/store.js";
import type { Responder, UpgradeRequest } from "../receive/receiver.js";

/** Where events are delivered to, parsed and judged. Made by `parseTarget`. */
export interface Target {
  /** For people: `http://localhost:5000/webhook`. */
  readonly label: string;
  readonly protocol: "http:" | "https:";
  /** Host as written, without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Set when the target names a path: every request goes to exactly this path, with the request's own query. */
  readonly path: string | undefined;
}

export interface DelivererOptions {
  /** Milliseconds without an answer's head, and then without progress, before an attempt is given up; 0: none. */
  readonly timeoutMs: number;
  /** Accept self-signed certificates. */
  readonly insecure: boolean;
  /** Targets outside loopback are allowed. Judged on the resolved address that is then connected to. */
  readonly allowRemote: boolean;
  /** `target`, `keep`, or a literal Host value. */
  readonly hostHeader: string;
  /** Headers added to (replacing same-named in) every delivery. */
  readonly headers: HeaderList;
  readonly monotonic: () => number;
  /** Instead of the system's resolver. */
  readonly lookup?: LookupFunction;
  /** The proxies before targets on other machines. */
  readonly dialer?: Dialer | undefined;
}

/** What the app answered, as it comes in. */
export interface DeliveryRequest {
  readonly request: EventRequest;
  readonly target: Target;
  /** What X-Forwarded-* should carry, where known. */
  readonly forwarded: { readonly host?: string; readonly proto?: string; readonly for?: string };
  /** Extra headers of this delivery, such as `hookcli-replay-of`. */
  readonly headers?: HeaderList;
  /** The app's answer streams here; absent: it is only recorded. */
  readonly answer?: Responder;
  readonly signal?: AbortSignal;
  /** In place of that of all deliveries. */
  readonly timeoutMs?: number;
  /** The whole attempt is cut off after this long, as `deadline`, however the answer comes along. */
  readonly deadlineMs?: number | undefined;
}

/** The end of an attempt, with what a command needs besides. */
export interface Delivery extends AttemptEnd {
  /** True when nothing of an answer came: the sender is still to be answered (502 or 504). */
  readonly unanswered: boolean;
  /** Reason phrase of the answer. */
  readonly reason: string;
  /** Whole answer body length, bytes. */
  readonly answerSize: number;
}

/** Where an upgrade goes, and what is its own there. */
export type UpgradeWay = Pick<DeliveryRequest, "target" | "forwarded" | "headers" | "timeoutMs">;

export interface Deliverer {
  /** Makes one attempt. Never rejects: a failure is a `Delivery` with `error`. */
  deliver(request: DeliveryRequest): Promise<Delivery>;
  /** Joins a WebSocket upgrade with the app; resolves when both sides are closed. */
  upgrade(upgrade: UpgradeRequest, way: UpgradeWay): Promise<Delivery>;
  close(): Promise<void>;
}
