import { isFormType, type HeaderList } from "../events/headers.js";
import type { OutgoingHeader, Provider } from "./provider.js";

/** What the headers of a test event are made from. */
export interface OutgoingFacts {
  readonly provider: Provider;
  readonly eventType: string | undefined;
  readonly eventId?: string | undefined;
  readonly deliveryId?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly body: Uint8Array;
  /** In place of the provider's own content type. */
  readonly contentType?: string | undefined;
}

/** The headers that the provider sends with an event, but for the signature's (`signRequest` makes those). */
export function outgoingHeaders(facts: OutgoingFacts): HeaderList {
  const { provider, body } = facts;
  const contentType = facts.contentType ?? contentTypeOf(provider, body);
  const own = provider.outgoing.flatMap((header) => {
    const value = VALUES[header.value.from](facts, header);
    return value === undefined ? [] : [[header.name, value] as const];
  });
  return [["Content-Type", contentType], ...own];
}

type Source = OutgoingHeader["value"]["from"];

const VALUES: Readonly<Record<Source, (facts: OutgoingFacts, header: OutgoingHeader) => string | undefined>> = {
  literal: (_facts, { value }) => (value.from === "literal" ? value.text : undefined),
  eventType: ({ eventType }, { value }) =>
    value.from === "eventType" && eventType !== undefined ? typeText(eventType, value) : undefined,
  eventId: ({ eventId }) => eventId,
  deliveryId: ({ deliveryId }) => deliveryId,
  now: ({ now }) => new Date(now).toISOString(),
  nowSeconds: ({ now }) => String(Math.floor(now / 1000)),
};

function typeText(
  eventType: string,
  value: Extract<OutgoingHeader["value"], { readonly from: "eventType" }>,
): string | undefined {
  if (value.names !== undefined) return Object.hasOwn(value.names, eventType) ? value.names[eventType] : undefined;
  const dot = eventType.indexOf(".");
  if (dot < 0 || value.form === undefined || value.form === "whole") return eventType;
  if (value.form === "beforeDot") return eventType.slice(0, dot);
  if (value.form === "colon") return eventType.includes(":") ? eventType : eventType.replaceAll(".", ":");
  return eventType.includes("/") ? eventType : `${eventType.slice(0, dot)}/${eventType.slice(dot + 1)}`;
}

/** A provider that sends forms sends JSON too (Twilio): the body tells. */
function contentTypeOf({ contentType }: Provider, body: Uint8Array): string {
  const first = body.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  const isJson = first === 0x7b || first === 0x5b;
  return isJson && isFormType(contentType) ? "application/json" : contentType;
}
