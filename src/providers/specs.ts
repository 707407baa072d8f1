import { GENERIC } from "../signatures/generic.js";
import type { Scheme } from "../signatures/scheme.js";
import type { Provider, ValueSource } from "./provider.js";
import { define, STANDARD_LOOKS } from "./define.js";
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
  secretPlace: "the service that sends: whsec_... of the endpoint for v1; for v1a its public key, whpk_...",
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
  ackDeadlineMs: 15_000,
  retry: {
    delaysMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000],
    retries: 7,
    note: "an endpoint that fails for five days is disabled",
  },
};

/** What a signature of ours covers: where the request goes to, its body, and what the body is. */
const MESSAGE_COMPONENTS = ["@method", "@target-uri", "content-digest", "content-type"] as const;

/** A scheme of RFC 9421: the key tells which, never the request; `algorithm` is its name in the registry of the RFC. */
function messageScheme(algorithm: string, how: Pick<Scheme, "algorithm" | "secret">): Scheme {
  return {
    ...how,
    name: `http-message-signatures-${algorithm}`,
    label: algorithm,
    content: [{ part: "signatureBase", components: MESSAGE_COMPONENTS }],
    signature: { from: "header", names: ["Signature"], parse: { kind: "dictionary", label: "sig1", algorithm } },
    encoding: "base64",
    timestamp: {
      from: { kind: "signature" },
      unit: "s",
      providerToleranceSeconds: null,
      providerRefusesFuture: false,
    },
  };
}

/** HTTP Message Signatures (RFC 9421), the body by Content-Digest (RFC 9530). */
export const httpMessageSignatures: Provider = define("http-message-signatures", ["rfc9421"], () => ({
  title: "HTTP Message Signatures (RFC 9421)",
  evidence: "vector",
  documents: "https://www.rfc-editor.org/rfc/rfc9421.html",
  schemes: [
    messageScheme("ed25519", { algorithm: { family: "ed25519" }, secret: { kind: "key", type: "ed25519" } }),
    messageScheme("hmac-sha256", {
      algorithm: { family: "hmac", hash: "sha256" },
      secret: { kind: "prefixedBase64", prefix: "base64:", without: "utf8" },
    }),
    messageScheme("ecdsa-p256-sha256", {
      algorithm: { family: "ecdsa", hash: "sha256", curve: "p256", format: "p1363" },
      secret: { kind: "key", type: "ec" },
    }),
    messageScheme("ecdsa-p384-sha384", {
      algorithm: { family: "ecdsa", hash: "sha384", curve: "p384", format: "p1363" },
      secret: { kind: "key", type: "ec" },
    }),
    messageScheme("rsa-pss-sha512", {
      algorithm: { family: "rsa", hash: "sha512", padding: "pss" },
      secret: { kind: "key", type: "rsa" },
    }),
    messageScheme("rsa-v1_5-sha256", {
      algorithm: { family: "rsa", hash: "sha256", padding: "pkcs1" },
      secret: { kind: "key", type: "rsa" },
    }),
  ],
  detection: {
    signatureHeaders: ["Signature-Input", "Signature"],
    signatureLooks: { Signature: /^[a-z*][a-z0-9_.*-]*=:/ },
    commonHeaders: ["Signature-Input", "Signature"],
  },
  eventType: GENERIC_EVENT_TYPE,
  eventId: GENERIC_EVENT_ID,
}));
