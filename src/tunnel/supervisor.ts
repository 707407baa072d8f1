import { FIRST_ATTEMPT_AFTER_FLAP } from "./backoff.js";
import { describeFailure, openUntilUp, type Opening } from "./opening.js";
import { closeAside, type SuperviseOptions, type Supervision } from "./supervision.js";
import { watchTunnel } from "./watch.js";

export type { SuperviseOptions } from "./supervision.js";

/** A tunnel that was up for less than this was never quite up. */
const STABLE_AFTER_MS = 5_000;
/** How long answers on their way may take when the supervisor is closed, milliseconds. */
const CLOSE_GRACE_MS = 2_000;

/** How the first opening went. The supervisor goes on trying in either case. */
export type FirstOpen =
  | { readonly opened: true; readonly url: string }
  | { readonly opened: false; readonly reason: string; readonly hint?: string | undefined };

export interface Supervised {
  /** The public URL last told, up or not; `undefined` before the first one. */
  readonly url: string | undefined;
  /** Resolves when the tunnel is up, or has failed for some seconds, or was closed. Never rejects. */
  readonly firstOpen: Promise<FirstOpen>;
  /** Resolves when all is closed: no timer, listener, socket or program is left. Never rejects. */
  close(): Promise<void>;
}

/**
 * Keeps a tunnel open until it is closed: opens it, asks through its public URL whether requests arrive, closes it when
 * they do not, and opens it again under the same name, for ever.
 *
 * The name: what the service gave first is asked for again after a loss. A service may still take the old connections for
 * alive and give another name; then the old one is asked for again for 30 s, as it is the one that providers know, before
 * the new one is taken and told as changed.
 */
export function superviseTunnel(options: SuperviseOptions): Supervised {
  const stop = new AbortController();
  const supervision: Supervision = {
    ...options,
    signal: stop.signal,
    url: undefined,
    name: options.request.subdomain,
    provenUrl: undefined,
    closings: new Set(),
  };
  let tellFirst: (first: FirstOpen) => void = () => undefined;
  const firstOpen = new Promise<FirstOpen>((resolve) => (tellFirst = resolve));
  const running = run(supervision, tellFirst)
    .catch((error: unknown) => tellBug(supervision, error, tellFirst))
    .finally(() => tellFirst({ opened: false, reason: "closed" }));
  return {
    get url() {
      return supervision.url;
    },
    firstOpen,
    async close() {
      stop.abort();
      await running;
      await Promise.all(supervision.closings);
    },
  };
}

/** What nobody foresaw ends the supervision, and is told as the loss that it is. */
function tellBug(supervision: Supervision, error: unknown, tellFirst: (first: FirstOpen) => void): void {
  const failure = describeFailure(error);
  tellFirst({ opened: false, ...failure });
  if (supervision.signal.aborted) return;
  try {
    supervision.onState({ state: "down", ...failure });
  } catch {
    // The listener of the states is what failed: there is nobody to tell.
  }
}

async function run(supervision: Supervision, tellFirst: (first: FirstOpen) => void): Promise<void> {
  let firstAttempt = 0;
  let onFailure: ((error: unknown) => void) | undefined = (error) => {
    const failure = describeFailure(error);
    supervision.onState({ state: "down", ...failure });
    tellFirst({ opened: false, ...failure });
  };
  for (;;) {
    const opening = await openUntilUp(supervision, { firstAttempt, onFailure });
    if (opening === undefined) break;
    onFailure = undefined;
    const upAt = supervision.monotonic();
    const reason = await holdUntilLost(supervision, opening, tellFirst);
    if (reason === undefined) break;
    closeAside(supervision, opening.open.close());
    supervision.onState({ state: "down", reason });
    firstAttempt = supervision.monotonic() - upAt < STABLE_AFTER_MS ? FIRST_ATTEMPT_AFTER_FLAP : 0;
  }
}

/** The reason of the loss; `undefined` when the supervisor was closed, and the tunnel with it. */
async function holdUntilLost(
  supervision: Supervision,
  opening: Opening,
  tellFirst: (first: FirstOpen) => void,
): Promise<string | undefined> {
  let reason: string | undefined;
  try {
    tellUp(supervision, opening);
    tellFirst({ opened: true, url: opening.open.url });
    reason = await watchTunnel(supervision, opening);
    return reason;
  } finally {
    if (reason === undefined) await opening.open.close(CLOSE_GRACE_MS);
  }
}

function tellUp(supervision: Supervision, opening: Opening): void {
  const { url, name } = opening.open;
  const changed = supervision.url !== undefined && supervision.url !== url;
  supervision.url = url;
  if (name !== undefined) supervision.name = name;
  if (opening.verified) supervision.provenUrl = url;
  supervision.onState({ state: "up", url, changed, verified: opening.verified, notGranted: opening.notGranted });
}
