import { body, define, header } from "./define.js";
import { bodyMac, headerToken, prefixed } from "./schemes.js";

/** A signed token that holds the hash of the body. */
export const netlify = define("netlify", [], () => ({
  title: "Netlify",
  evidence: "documents",
  documents: "https://docs.netlify.com/deploy/deploy-notifications/",
  secretPlace: "Site configuration > Notifications > the webhook > JWS secret token",
  schemes: [
    {
      ...bodyMac("netlify", "X-Webhook-Signature", { label: "jws" }),
      algorithm: {
        family: "jwt",
        algorithms: ["HS256"],
        claims: [
          { claim: "iss", equals: "netlify" },
          { claim: "sha256", content: [{ part: "body" }], hash: "sha256", encoding: "hex" },
        ],
      },
      content: [],
      encoding: "text",
    },
  ],
  detection: {
    signatureHeaders: ["X-Webhook-Signature"],
    signatureLooks: /^[\w-]+\.[\w-]+\.[\w-]+$/,
    otherHeaders: ["X-Netlify-Event"],
  },
  eventType: [header("X-Netlify-Event"), body("state")],
  eventId: [body("id")],
  outgoing: [{ name: "X-Netlify-Event", value: { from: "eventType" } }],
}));

/** The time is sent and not signed. An empty body is signed as the empty text. */
export const sentry = define("sentry", [], () => ({
  title: "Sentry",
  evidence: "source",
  documents: "https://docs.sentry.io/organization/integrations/integration-platform/webhooks/",
  secretPlace: "Settings > Developer Settings > the integration > Client Secret",
  schemes: [bodyMac("sentry", ["Sentry-Hook-Signature", "sentry-app-signature"])],
  detection: {
    signatureHeaders: ["Sentry-Hook-Signature", "sentry-app-signature"],
    otherHeaders: ["Sentry-Hook-Resource"],
  },
  eventType: [{ ...header("Sentry-Hook-Resource"), also: body("action") }],
  deliveryId: [header("Request-ID")],
  outgoing: [
    { name: "Request-ID", value: { from: "deliveryId" } },
    { name: "Sentry-Hook-Resource", value: { from: "eventType", form: "beforeDot" } },
    { name: "Sentry-Hook-Timestamp", value: { from: "nowSeconds" } },
  ],
  // The default of sentry-apps.webhook.timeout.sec.
  ackDeadlineMs: 1_000,
}));

export const pagerduty = define("pagerduty", [], () => ({
  title: "PagerDuty",
  evidence: "documents",
  documents: "https://developer.pagerduty.com/docs/verifying-webhook-signatures",
  secretPlace: "Integrations > Generic Webhooks (v3) > the subscription, when it is made",
  schemes: [
    {
      ...bodyMac("pagerduty", "X-PagerDuty-Signature", { label: "v1" }),
      signature: {
        from: "header",
        names: ["X-PagerDuty-Signature"],
        parse: { kind: "pairs", item: ",", pair: "=", signature: "v1", trim: true },
      },
    },
  ],
  eventType: [body("event", "event_type")],
  eventId: [body("event", "id")],
  deliveryId: [header("X-Webhook-Id")],
}));

/** The time that counts stands in the body; its SDK takes no other. */
export const linear = define("linear", [], () => ({
  title: "Linear",
  evidence: "sdk",
  documents: "https://linear.app/developers/webhooks",
  secretPlace: "Settings > API > Webhooks > the webhook > Signing secret",
  schemes: [
    {
      ...bodyMac("linear", "Linear-Signature"),
      timestamp: {
        from: { kind: "bodyField", path: ["webhookTimestamp"] },
        unit: "ms",
        providerToleranceSeconds: 60,
        providerRefusesFuture: true,
      },
    },
  ],
  detection: { signatureHeaders: ["Linear-Signature"], otherHeaders: ["Linear-Event", "Linear-Delivery"] },
  eventType: [{ ...body("type"), also: body("action") }, header("Linear-Event")],
  deliveryId: [header("Linear-Delivery")],
  outgoing: [
    { name: "Linear-Delivery", value: { from: "deliveryId" } },
    { name: "Linear-Event", value: { from: "eventType", form: "beforeDot" } },
  ],
  ackDeadlineMs: 5_000,
  retry: {
    delaysMs: [60_000, 3_600_000, 21_600_000],
    retries: 3,
    note: "a webhook that goes on failing may be disabled",
  },
}));

export const jira = define("jira", [], () => ({
  title: "Jira Cloud",
  evidence: "documents",
  documents: "https://developer.atlassian.com/cloud/jira/platform/webhooks/",
  secretPlace: "System > WebHooks > the webhook > Secret",
  schemes: [bodyMac("jira", "X-Hub-Signature", { parse: prefixed("sha256=") })],
  detection: {
    signatureHeaders: ["X-Hub-Signature"],
    signatureLooks: /^sha256=/i,
    otherHeaders: ["X-Atlassian-Webhook-Identifier"],
  },
  eventType: [body("webhookEvent")],
  deliveryId: [header("X-Atlassian-Webhook-Identifier")],
  outgoing: [{ name: "X-Atlassian-Webhook-Identifier", value: { from: "deliveryId" } }],
  retryMark: { at: header("X-Atlassian-Webhook-Retry"), counts: "retries" },
}));

/** SHA-1 over the body and the callback's URL as it was registered. */
export const trello = define("trello", [], () => ({
  title: "Trello",
  evidence: "documents",
  documents: "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/",
  secretPlace: "trello.com/power-ups/admin > the Power-Up > API Key > Secret",
  schemes: [
    bodyMac("trello", "X-Trello-Webhook", {
      hash: "sha1",
      encoding: "base64",
      content: [{ part: "body" }, { part: "url" }],
    }),
  ],
  eventType: [body("action", "type")],
  eventId: [body("action", "id")],
  retry: {
    delaysMs: [30_000, 60_000, 120_000],
    retries: 3,
    note: "after 30 days of failures in a row the webhook is disabled",
  },
  handshake: "trello-head",
}));

/** The key is the X-Hook-Secret of the handshake. */
export const asana = define("asana", [], () => ({
  title: "Asana",
  evidence: "documents",
  documents: "https://developers.asana.com/docs/webhooks-guide",
  secretPlace: "the X-Hook-Secret header of the handshake, which the endpoint keeps",
  schemes: [bodyMac("asana", "X-Hook-Signature")],
  eventType: [{ ...body("events", 0, "resource", "resource_type"), also: body("events", 0, "action") }],
  retry: { note: "for up to 24 hours" },
  ackDeadlineMs: 10_000,
  handshake: "asana-hook-secret",
}));

/** The key is the verification_token that Notion posts once, when the subscription is made. */
export const notion = define("notion", [], () => ({
  title: "Notion",
  evidence: "sdk",
  documents: "https://developers.notion.com/reference/webhooks",
  secretPlace: "the verification_token of the first request",
  schemes: [bodyMac("notion", "X-Notion-Signature", { parse: prefixed("sha256=") })],
  eventType: [body("type")],
  eventId: [body("id")],
  retry: { retries: 8, note: "with growing waits, the last about 24 hours after the event" },
  handshake: "notion-verification-token",
  // Source: https://developers.notion.com/reference/webhooks-events-delivery
  retryMark: { at: body("attempt_number"), counts: "attempts" },
}));

/** Where the contact point names a timestamp header, the signed content has it too: such a scheme is the user's own. */
export const grafana = define("grafana", [], () => ({
  title: "Grafana Alerting",
  evidence: "sdk",
  documents:
    "https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/",
  secretPlace: "Alerting > Contact points > the webhook > HMAC Signature > Secret",
  schemes: [bodyMac("grafana", "X-Grafana-Alerting-Signature")],
  eventType: [body("status")],
}));

export const doppler = define("doppler", [], () => ({
  title: "Doppler",
  evidence: "sdk",
  documents: "https://docs.doppler.com/docs/webhooks",
  secretPlace: "the project > Webhooks > the webhook > Signing Secret",
  schemes: [bodyMac("doppler", "X-Doppler-Signature", { parse: prefixed("sha256=") })],
  eventType: [body("type")],
}));

/** A relay: what it passes on keeps the original provider's body, and the type in it. */
export const hookdeck = define("hookdeck", [], () => ({
  title: "Hookdeck",
  evidence: "third-party",
  documents: "https://hookdeck.com/docs/authentication",
  secretPlace: "Settings > Secrets > Signing secret",
  schemes: [bodyMac("hookdeck", "x-hookdeck-signature", { encoding: "base64", more: ["x-hookdeck-signature-2"] })],
  eventId: [header("x-hookdeck-eventid")],
  retryMark: { at: header("x-hookdeck-attempt-count"), counts: "attempts" },
}));

/** What it sends is what the user typed: a header with a secret is the usual way. Type and id are those of the default payload. */
export const datadog = define("datadog", [], () => ({
  title: "Datadog",
  evidence: "documents",
  documents: "https://docs.datadoghq.com/integrations/webhooks/",
  secretPlace: "Integrations > Webhooks > the webhook > Custom Headers",
  unchecked: "Datadog signs nothing; only the Authorization header that you configured there can be compared",
  schemes: [headerToken("datadog", "Authorization", prefixed("Bearer ", true))],
  detection: {
    signatureHeaders: [],
    bodies: [[{ path: ["event_type"] }, { path: ["last_updated"], looks: /^\d{13}$/ }, { path: ["org", "id"] }]],
  },
  eventType: [body("event_type")],
  eventId: [body("id")],
  ackDeadlineMs: 15_000,
  retry: { retries: 5, note: "only for connections that failed and answers of 500 and above" },
}));
