import type { Scheme } from "../signatures/scheme.js";
import type { Provider } from "./provider.js";

/**
 * Requests to an app's proxy and redirects to an app are signed over their query and say nothing of a body, so they count
 * only when asked for by name.
 * Source: shopify-api-js lib/utils/hmac-validator.ts
 */
function queryScheme(label: string, name: string, written: { between: string; encoded: boolean }): Scheme {
  return {
    name: `shopify-${label}`,
    label,
    algorithm: { family: "hmac", hash: "sha256" },
    content: [{ part: "parameters", without: ["hmac", "signature"], ...written }],
    signature: { from: "query", name, parse: { kind: "raw" } },
    encoding: "hex",
    secret: { kind: "utf8" },
    timestamp: {
      from: { kind: "query", name: "timestamp" },
      unit: "s",
      providerToleranceSeconds: 90,
      providerRefusesFuture: true,
    },
    weak: true,
  };
}

/**
 * Webhooks carry `X-Shopify-...`, the newer events the same names without `X-`.
 * Source: https://shopify.dev/docs/apps/build/webhooks/subscribe/https
 */
export const shopify: Provider = {
  name: "shopify",
  aliases: [],
  title: "Shopify",
  evidence: "sdk",
  documents: "https://shopify.dev/docs/apps/build/webhooks/subscribe/https",
  secretPlace: "the app's Client secret; for a store's own webhooks: Settings > Notifications > Webhooks",
  schemes: [
    {
      name: "shopify-hmac-sha256",
      label: "hmac-sha256",
      algorithm: { family: "hmac", hash: "sha256" },
      content: [{ part: "body" }],
      signature: { from: "header", names: ["X-Shopify-Hmac-Sha256", "shopify-hmac-sha256"], parse: { kind: "raw" } },
      encoding: "base64",
      secret: { kind: "utf8" },
    },
    queryScheme("app-proxy", "signature", { between: "", encoded: false }),
    queryScheme("oauth", "hmac", { between: "&", encoded: true }),
  ],
  contentType: "application/json",
  detection: {
    signatureHeaders: ["X-Shopify-Hmac-Sha256", "shopify-hmac-sha256"],
    otherHeaders: ["X-Shopify-Topic", "shopify-topic"],
  },
  eventType: [
    { in: "header", name: "X-Shopify-Topic" },
    { in: "header", name: "shopify-topic" },
  ],
  eventId: [
    { in: "header", name: "X-Shopify-Event-Id" },
    { in: "header", name: "shopify-event-id" },
  ],
  deliveryId: [
    { in: "header", name: "X-Shopify-Webhook-Id" },
    { in: "header", name: "shopify-webhook-id" },
  ],
  outgoing: [
    { name: "X-Shopify-Topic", value: { from: "eventType", form: "slash" } },
    { name: "X-Shopify-Shop-Domain", value: { from: "literal", text: "hookcli-test.myshopify.com" } },
    { name: "X-Shopify-API-Version", value: { from: "literal", text: "2025-07" } },
    { name: "X-Shopify-Webhook-Id", value: { from: "deliveryId" } },
    { name: "X-Shopify-Event-Id", value: { from: "eventId" } },
    { name: "X-Shopify-Triggered-At", value: { from: "now" } },
  ],
  ackDeadlineMs: 5_000,
  retry: { retries: 8, note: "over 4 hours; after 8 refusals in a row the subscription is removed" },
};
