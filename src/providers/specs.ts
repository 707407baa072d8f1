import { GENERIC } from "../signatures/generic.js";
import type { Provider, ValueSource } from "./provider.js";
import { STANDARD_LOOKS } from "./define.js";
import { STANDARD_NAMES, standardScheme, type StandardNames } from "./schemes.js";

/** Generic events: where the type and the id stand when no provider's rule says better. */
export const GENERIC_EVENT_TYPE: readonly ValueSource[] = [
  { in: "body", path: ["type"] },
  { in: "body", path: ["event"] },
  { in: "body", path: ["event_type"] },
  { in: "header", name: "X-Event-Type" },
  { in: "header", name: "X-Webhook-Event" },
];
export const GENERIC_EVENT_ID: readonly ValueSource[] = [
  { in: "body", path: ["id"] },
  { in: "body", path: ["data", "id"] },
];

/** A service of one's own, and what is meant when no provider is named. */
export const generic: Provider = {
  name: "generic",
  aliases: ["hmac"],
  title: "Generic HMAC",
  evidence: "source",
  schemes: [GENERIC],
  contentType: "application/json",
  detection: { signatureHeaders: ["X-Signature"], commonHeaders: ["X-Signature"] },
  eventType: GENERIC_EVENT_TYPE,
  eventId: GENERIC_EVENT_ID,
  deliveryId: [],
  outgoing: [],
};

/** Svix's libraries take the headers of Standard Webhooks too; where both are whole, `svix-` wins. */
export const SVIX_NAMES: StandardNames = {
  id: ["svix-id", "webhook-id"],
  timestamp: ["svix-timestamp", "webhook-timestamp"],
  signature: ["svix-signature", "webhook-signature"],
};

export const standardWebhooks: Provider = {
  name: "standard-webhooks",
  aliases: ["standardwebhooks", "standard"],
  title: "Standard Webhooks",
  evidence: "vector",
  documents: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
  schemes: [
    standardScheme("standard-webhooks", "v1", STANDARD_NAMES),
    standardScheme("standard-webhooks", "v1a", STANDARD_NAMES),
  ],
  contentType: "application/json",
  detection: {
    signatureHeaders: ["webhook-signature"],
    signatureLooks: STANDARD_LOOKS,
    otherHeaders: ["webhook-id"],
    commonHeaders: ["webhook-signature"],
  },
  eventType: [{ in: "body", path: ["type"] }],
  eventId: [{ in: "header", name: "webhook-id" }],
  deliveryId: [{ in: "header", name: "webhook-id" }],
  outgoing: [],
  retry: {
    delaysMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000],
    retries: 9,
    note: "the specification's example schedule; 410 ends an endpoint, 429, 502 and 504 slow it down",
  },
};

export const svix: Provider = {
  name: "svix",
  aliases: [],
  title: "Svix",
  evidence: "vector",
  documents: "https://docs.svix.com/receiving/verifying-payloads/how",
  secretPlace: "the consumer portal > the endpoint > Signing Secret",
  schemes: [standardScheme("svix", "v1", SVIX_NAMES), standardScheme("svix", "v1a", SVIX_NAMES)],
  contentType: "application/json",
  detection: { signatureHeaders: ["svix-signature"], otherHeaders: ["svix-id"], commonHeaders: ["svix-signature"] },
  eventType: [
    { in: "body", path: ["type"] },
    { in: "body", path: ["eventType"] },
  ],
  eventId: [{ in: "header", name: "svix-id" }],
  deliveryId: [{ in: "header", name: "svix-id" }],
  outgoing: [],
};
