import type { ContentPart, Scheme } from "../signatures/scheme.js";
import type { Provider } from "./provider.js";

/**
 * Twilio signs the URL, and the form's fields after it; a JSON body is bound by its hash in the query. Which spelling of the
 * URL was signed varies, so all that twilio-node tries are tried.
 * Source: https://www.twilio.com/docs/usage/security, twilio-node src/webhooks/webhooks.ts
 */
function twilioScheme(name: string, content: readonly ContentPart[]): Scheme {
  return {
    name: `twilio-${name}`,
    label: name,
    algorithm: { family: "hmac", hash: "sha1" },
    content,
    signature: { from: "header", names: ["X-Twilio-Signature"], parse: { kind: "raw" } },
    encoding: "base64",
    secret: { kind: "utf8" },
    urlForms: ["withoutPort", "withPort", "legacyQueryWithoutPort", "legacyQueryWithPort"],
  };
}

export const twilio: Provider = {
  name: "twilio",
  aliases: [],
  title: "Twilio",
  evidence: "vector",
  documents: "https://www.twilio.com/docs/usage/security",
  secretPlace: "Console > Account Info > Auth Token",
  schemes: [
    twilioScheme("form", [{ part: "url" }, { part: "sortedForm" }]),
    {
      ...twilioScheme("json", [{ part: "url" }]),
      bindings: [{ kind: "bodyHashInQuery", parameter: "bodySHA256", hash: "sha256" }],
      only: { in: "query", name: "bodySHA256" },
      signsMediaType: "application/json",
    },
  ],
  contentType: "application/x-www-form-urlencoded; charset=UTF-8",
  // Messaging and voice send forms; Event Streams sends an array of CloudEvents.
  bodyForm: { of: "objects" },
  detection: { signatureHeaders: ["X-Twilio-Signature"], otherHeaders: ["I-Twilio-Idempotency-Token"] },
  eventType: [
    { in: "form", name: "EventType" },
    { in: "form", name: "MessageStatus", prefix: "message." },
    { in: "form", name: "SmsStatus", prefix: "message." },
    { in: "form", name: "CallStatus", prefix: "call." },
    { in: "body", path: [0, "type"] },
    { in: "body", path: ["type"] },
  ],
  eventId: [{ in: "body", path: [0, "id"] }],
  deliveryId: [{ in: "header", name: "I-Twilio-Idempotency-Token" }],
  outgoing: [{ name: "I-Twilio-Idempotency-Token", value: { from: "deliveryId" } }],
  // Source: https://www.twilio.com/docs/api/errors/11205
  ackDeadlineMs: 15_000,
};

/** Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features */
export const sendgrid: Provider = {
  name: "sendgrid",
  aliases: [],
  title: "SendGrid",
  evidence: "vector",
  documents:
    "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
  secretPlace: "Settings > Mail Settings > Event Webhook > Signature Verification > Verification Key",
  schemes: [
    {
      name: "sendgrid-ecdsa",
      label: "ecdsa",
      algorithm: { family: "ecdsa", hash: "sha256", curve: "p256", format: "der" },
      content: [{ part: "timestamp" }, { part: "body" }],
      signature: { from: "header", names: ["X-Twilio-Email-Event-Webhook-Signature"], parse: { kind: "raw" } },
      encoding: "base64",
      secret: { kind: "key", type: "ec" },
      timestamp: {
        from: { kind: "header", names: ["X-Twilio-Email-Event-Webhook-Timestamp"] },
        unit: "s",
        providerToleranceSeconds: null,
        providerRefusesFuture: false,
      },
    },
  ],
  contentType: "application/json",
  detection: {
    signatureHeaders: ["X-Twilio-Email-Event-Webhook-Signature"],
    otherHeaders: ["X-Twilio-Email-Event-Webhook-Timestamp"],
  },
  eventType: [{ in: "body", path: [0, "event"] }],
  eventId: [{ in: "body", path: [0, "sg_event_id"] }],
  deliveryId: [],
  outgoing: [],
};
