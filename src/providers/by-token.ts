import type { FieldPath, Scheme } from "../signatures/scheme.js";
import { body, define, header } from "./define.js";
import { headerToken, prefixed } from "./schemes.js";

/*
 * Providers that sign nothing: what they send proves only that they know what was agreed with them.
 */

/** The token agreed on stands in the body. */
function bodyToken(provider: string, path: FieldPath): Scheme {
  return { ...headerToken(provider, "none"), signature: { from: "bodyField", path, parse: { kind: "raw" } } };
}

/** Source: https://developers.figma.com/docs/rest-api/webhooks-security */
export const figma = define("figma", [], () => ({
  title: "Figma",
  evidence: "documents",
  documents: "https://developers.figma.com/docs/rest-api/webhooks-security",
  secretPlace: "the passcode that you gave when the webhook was made",
  unchecked: "Figma signs nothing; the passcode in the body is compared",
  schemes: [bodyToken("figma", ["passcode"])],
  detection: {
    signatureHeaders: [],
    bodies: [[{ path: ["passcode"] }, { path: ["webhook_id"] }, { path: ["event_type"], looks: /^[A-Z_]+$/ }]],
  },
  eventType: [body("event_type")],
}));

/** Source: https://learn.microsoft.com/graph/api/resources/changenotification */
export const microsoftGraph = define("microsoft-graph", ["graph"], () => ({
  title: "Microsoft Graph",
  evidence: "documents",
  documents: "https://learn.microsoft.com/graph/change-notifications-delivery-webhooks",
  secretPlace: "the clientState that you gave when the subscription was made",
  unchecked:
    "Microsoft Graph signs nothing; the first notification's clientState is compared. A request may hold several: compare each. With resource data there are validationTokens too, JWTs, which are not looked at",
  schemes: [bodyToken("microsoft-graph", ["value", 0, "clientState"])],
  detection: {
    signatureHeaders: [],
    bodies: ["changeType", "lifecycleEvent"].map((kind) => [
      { path: ["value", 0, "subscriptionId"] },
      { path: ["value", 0, kind] },
    ]),
  },
  eventType: [{ ...body("value", 0, "lifecycleEvent"), prefix: "lifecycle." }, body("value", 0, "changeType")],
  eventId: [body("value", 0, "id")],
  handshake: "graph-validation-token",
}));

/** Source: https://learn.microsoft.com/azure/event-grid/receive-events, https://learn.microsoft.com/azure/event-grid/delivery-and-retry */
export const eventGrid = define("event-grid", ["azure-event-grid"], () => ({
  title: "Azure Event Grid",
  evidence: "documents",
  documents: "https://learn.microsoft.com/azure/event-grid/security-authentication",
  secretPlace:
    "the Authorization header among the subscription's delivery properties, or the code in the endpoint's URL",
  unchecked:
    "Event Grid signs nothing; what you put into its Authorization header, or into code of the URL, is compared. A token of Microsoft Entra is a JWT that is not looked at",
  schemes: [
    headerToken("event-grid", "Authorization", prefixed("Bearer ", true)),
    {
      ...headerToken("event-grid", "none"),
      name: "event-grid-code",
      label: "code",
      signature: { from: "query", name: "code", parse: { kind: "raw" } },
      only: { in: "query", name: "code" },
    },
  ],
  detection: { signatureHeaders: [], otherHeaders: ["aeg-event-type", "aeg-subscription-name"] },
  eventType: [body(0, "eventType"), body(0, "type"), body("type")],
  eventId: [body(0, "id"), body("id")],
  outgoing: [
    { name: "aeg-event-type", value: { from: "literal", text: "Notification" } },
    { name: "aeg-subscription-name", value: { from: "literal", text: "HOOKCLI-TEST" } },
    { name: "aeg-delivery-count", value: { from: "literal", text: "0" } },
    { name: "aeg-data-version", value: { from: "literal", text: "1" } },
    { name: "aeg-metadata-version", value: { from: "literal", text: "1" } },
  ],
  ackDeadlineMs: 30_000,
  retry: { note: "with growing waits, by default for 24 hours and 30 attempts; 400, 401, 403 and 413 end it" },
  handshake: "event-grid-validation",
  retryMark: { at: header("aeg-delivery-count"), counts: "retries" },
}));

/** The whole value of the header is the secret, its scheme (`Basic ...`) included. */
export const okta = define("okta", [], () => ({
  title: "Okta event hooks",
  evidence: "documents",
  documents: "https://developer.okta.com/docs/concepts/event-hooks/",
  secretPlace:
    "Workflow > Event Hooks > the hook > Authentication secret (the whole value; the field must be Authorization)",
  unchecked: "Okta signs nothing; the Authorization header that you configured is compared",
  schemes: [headerToken("okta", "Authorization")],
  detection: {
    signatureHeaders: [],
    bodies: [[{ path: ["eventType"], looks: /^com\.okta\.event_hook$/ }, { path: ["data", "events"] }]],
  },
  eventType: [body("data", "events", 0, "eventType")],
  eventId: [body("eventId")],
  handshake: "okta-verification",
}));

/** Log streams send arrays of log entries, event streams one CloudEvent. */
export const auth0 = define("auth0", [], () => ({
  title: "Auth0",
  evidence: "documents",
  documents: "https://auth0.com/docs/customize/log-streams/custom-log-streams",
  secretPlace: "Monitoring > Streams > the stream > Authorization Token",
  unchecked: "Auth0 signs nothing; the Authorization header that you configured is compared",
  schemes: [headerToken("auth0", "Authorization", prefixed("Bearer ", true))],
  detection: {
    signatureHeaders: [],
    bodies: [
      [{ path: [0, "log_id"] }, { path: [0, "data", "type"] }],
      [{ path: ["log_id"] }, { path: ["data", "type"] }],
      [{ path: ["a0tenant"] }, { path: ["specversion"] }],
    ],
  },
  eventType: [
    body("type"),
    { ...body(0, "data", "type"), prefix: "log." },
    { ...body("data", "type"), prefix: "log." },
  ],
  eventId: [body("id"), body(0, "log_id"), body("log_id")],
  retry: { retries: 3, note: "log streams: up to three times" },
}));
