import { GENERIC } from "../signatures/generic.js";
import type { HeaderNames, Scheme } from "../signatures/scheme.js";
import type { Provider, ValueSource } from "./provider.js";

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
  schemes: [GENERIC],
  contentType: "application/json",
  detection: { signatureHeaders: ["X-Signature"] },
  eventType: GENERIC_EVENT_TYPE,
  eventId: GENERIC_EVENT_ID,
  deliveryId: [],
  outgoing: [],
};

interface StandardNames {
  readonly id: HeaderNames;
  readonly timestamp: HeaderNames;
  readonly signature: HeaderNames;
}

/**
 * The Standard Webhooks scheme under the header names given: `v1` with a shared secret, `v1a` with Ed25519 keys.
 * A header may list signatures of both, and of versions to come; only those of the scheme's own version count.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
function standardScheme(prefix: string, version: "v1" | "v1a", names: StandardNames): Scheme {
  const isShared = version === "v1";
  return {
    name: `${prefix}-${version}`,
    label: version,
    algorithm: isShared ? { family: "hmac", hash: "sha256" } : { family: "ed25519" },
    content: [
      { part: "id" },
      { part: "literal", text: "." },
      { part: "timestamp" },
      { part: "literal", text: "." },
      { part: "body" },
    ],
    signature: {
      from: "header",
      names: names.signature,
      parse: { kind: "pairs", item: " ", pair: ",", signature: version },
    },
    encoding: "base64",
    secret: isShared
      ? { kind: "prefixedBase64", prefix: "whsec_", without: "base64" }
      : { kind: "key", type: "ed25519", text: "standard-webhooks" },
    timestamp: {
      from: { kind: "header", names: names.timestamp },
      unit: "s",
      providerToleranceSeconds: 300,
      providerRefusesFuture: true,
    },
    id: names.id,
  };
}

const STANDARD_NAMES: StandardNames = {
  id: ["webhook-id"],
  timestamp: ["webhook-timestamp"],
  signature: ["webhook-signature"],
};

/** Svix's libraries take the headers of Standard Webhooks too; where both are whole, `svix-` wins. */
const SVIX_NAMES: StandardNames = {
  id: ["svix-id", "webhook-id"],
  timestamp: ["svix-timestamp", "webhook-timestamp"],
  signature: ["svix-signature", "webhook-signature"],
};

export const standardWebhooks: Provider = {
  name: "standard-webhooks",
  aliases: ["standardwebhooks", "standard"],
  title: "Standard Webhooks",
  schemes: [
    standardScheme("standard-webhooks", "v1", STANDARD_NAMES),
    standardScheme("standard-webhooks", "v1a", STANDARD_NAMES),
  ],
  contentType: "application/json",
  detection: { signatureHeaders: ["webhook-signature"], otherHeaders: ["webhook-id"] },
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
  schemes: [standardScheme("svix", "v1", SVIX_NAMES), standardScheme("svix", "v1a", SVIX_NAMES)],
  contentType: "application/json",
  detection: { signatureHeaders: ["svix-signature"], otherHeaders: ["svix-id"] },
  eventType: [
    { in: "body", path: ["type"] },
    { in: "body", path: ["eventType"] },
  ],
  eventId: [{ in: "header", name: "svix-id" }],
  deliveryId: [{ in: "header", name: "svix-id" }],
  outgoing: [],
};
