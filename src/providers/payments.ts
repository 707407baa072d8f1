import type { Provider } from "./provider.js";

/**
 * The secret is used as it is written, `whsec_` included. Old `v0` signatures are passed over.
 * Source: https://docs.stripe.com/webhooks/signature
 */
export const stripe: Provider = {
  name: "stripe",
  aliases: [],
  title: "Stripe",
  evidence: "vector",
  documents: "https://docs.stripe.com/webhooks/signature",
  secretPlace: "Dashboard > Developers > Webhooks > the endpoint > Signing secret",
  schemes: [
    {
      name: "stripe-v1",
      label: "v1",
      algorithm: { family: "hmac", hash: "sha256" },
      content: [{ part: "timestamp" }, { part: "literal", text: "." }, { part: "body" }],
      signature: {
        from: "header",
        names: ["Stripe-Signature"],
        parse: { kind: "pairs", item: ",", pair: "=", signature: "v1", timestamp: "t" },
      },
      encoding: "hex",
      secret: { kind: "utf8" },
      timestamp: {
        from: { kind: "signature" },
        unit: "s",
        providerToleranceSeconds: 300,
        providerRefusesFuture: false,
      },
    },
  ],
  contentType: "application/json; charset=utf-8",
  detection: { signatureHeaders: ["Stripe-Signature"] },
  eventType: [{ in: "body", path: ["type"] }],
  eventId: [{ in: "body", path: ["id"] }],
  deliveryId: [],
  outgoing: [],
  retry: { note: "with growing waits for up to 3 days in live mode, three times over a few hours in a sandbox" },
};

/** Source: https://developer.squareup.com/docs/webhooks/step3validate */
export const square: Provider = {
  name: "square",
  aliases: [],
  title: "Square",
  evidence: "vector",
  documents: "https://developer.squareup.com/docs/webhooks/step3validate",
  secretPlace: "Developer Console > the application > Webhooks > the subscription > Signature key",
  schemes: [
    {
      name: "square-hmacsha256",
      label: "hmacsha256",
      algorithm: { family: "hmac", hash: "sha256" },
      content: [{ part: "url" }, { part: "body" }],
      signature: { from: "header", names: ["x-square-hmacsha256-signature"], parse: { kind: "raw" } },
      encoding: "base64",
      secret: { kind: "utf8" },
    },
  ],
  contentType: "application/json",
  detection: { signatureHeaders: ["x-square-hmacsha256-signature"], otherHeaders: ["x-square-signature"] },
  eventType: [{ in: "body", path: ["type"] }],
  eventId: [{ in: "body", path: ["event_id"] }],
  deliveryId: [],
  outgoing: [],
  // Source: https://developer.squareup.com/docs/webhooks/troubleshooting, whose older copies say 72 hours.
  retry: { note: "for up to 24 hours" },
  // Source: https://developer.squareup.com/docs/webhooks/build-with-webhooks
  retryMark: {
    at: { in: "header", name: "square-retry-number" },
    counts: "retries",
    reason: { in: "header", name: "square-retry-reason" },
  },
};
