import { detectProvider } from "./detect.js";
import { firstValue, makeReader, type Describable } from "./places.js";
import type { Provider } from "./provider.js";
import { GENERIC_EVENT_ID, GENERIC_EVENT_TYPE } from "./specs.js";

/** What a request says of itself; `null` where it says nothing. Untrusted text. */
export interface Description {
  readonly provider: string | null;
  readonly eventType: string | null;
  readonly providerEventId: string | null;
  readonly deliveryId: string | null;
}

/**
 * Tells provider, event type and ids of a request: by the provider's rules, and by the generic ones where those find
 * nothing. Never throws, whatever the body; JSON is read up to 4 MiB, and only when it is valid UTF-8.
 *
 * @param provider the provider, when it is known; else it is detected
 * @param own rows that the user has defined
 */
export function describeEvent(request: Describable, provider?: Provider, own?: readonly Provider[]): Description {
  const reader = makeReader(request);
  const detected =
    provider === undefined
      ? detectProvider({ headers: request.headers, body: request.body, json: reader.json }, own)
      : undefined;
  const row = provider ?? (detected?.kind === "one" ? detected.provider : undefined);
  return {
    provider: row?.name ?? null,
    eventType: firstValue([...(row?.eventType ?? []), ...GENERIC_EVENT_TYPE], reader),
    providerEventId: firstValue(row === undefined || row.name === "generic" ? GENERIC_EVENT_ID : row.eventId, reader),
    deliveryId: firstValue(row?.deliveryId ?? [], reader),
  };
}
