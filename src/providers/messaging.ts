import type { Scheme } from "../signatures/scheme.js";
import { body, define, header } from "./define.js";
import { bodyMac, headerToken, literal, prefixed } from "./schemes.js";

/** With one of these a request that looks like GitHub's is of a forge. */
const FORGES = ["X-GitHub-Event", "X-GitHub-Delivery", "X-Gitea-Event", "X-Forgejo-Event", "X-Gogs-Event"];

/** Source: https://developers.zoom.us/docs/api/webhooks/ */
export const zoom = define("zoom", [], () => ({
  title: "Zoom",
  evidence: "documents",
  documents: "https://developers.zoom.us/docs/api/webhooks/",
  secretPlace: "marketplace.zoom.us > Manage > the app > Features > Secret Token",
  schemes: [
    {
      ...bodyMac("zoom", "x-zm-signature", {
        label: "v0",
        parse: prefixed("v0="),
        content: [literal("v0:"), { part: "timestamp" }, literal(":"), { part: "body" }],
      }),
      timestamp: {
        from: { kind: "header", names: ["x-zm-request-timestamp"] },
        unit: "s",
        providerToleranceSeconds: null,
        providerRefusesFuture: false,
      },
    },
  ],
  // @zoom/rivet hashes what JSON.stringify makes of the parsed body.
  bodyForm: { of: "all", as: "compactJson" },
  eventType: [body("event")],
  ackDeadlineMs: 3_000,
  // Source: https://developers.zoom.us/blog/webhook-delays/
  retry: { delaysMs: [300_000, 1_200_000, 3_600_000], retries: 3, note: "each wait counts from the attempt before" },
  handshake: "zoom-url-validation",
}));

/** What is signed is the body as it was sent, non-ASCII characters as `\u00e4` in it. */
export const meta = define("meta", ["facebook", "instagram", "messenger", "whatsapp"], () => ({
  title: "Meta (Facebook, Instagram, WhatsApp)",
  evidence: "documents",
  documents: "https://developers.facebook.com/docs/graph-api/webhooks/getting-started",
  secretPlace: "developers.facebook.com > the app > App settings > Basic > App secret",
  schemes: [
    bodyMac("meta", "X-Hub-Signature-256", { label: "sha256", parse: prefixed("sha256=") }),
    bodyMac("meta", "X-Hub-Signature", { label: "sha1", hash: "sha1", parse: prefixed("sha1="), weak: true }),
  ],
  detection: {
    signatureHeaders: ["X-Hub-Signature-256", "X-Hub-Signature"],
    signatureLooks: { "X-Hub-Signature-256": /^sha256=[0-9a-f]{64}$/i, "X-Hub-Signature": /^sha1=[0-9a-f]{40}$/i },
    bodies: [[{ path: ["object"] }, { path: ["entry", 0] }]],
    unless: FORGES,
  },
  eventType: [{ ...body("object"), also: body("entry", 0, "changes", 0, "field") }],
  eventId: [
    body("entry", 0, "changes", 0, "value", "messages", 0, "id"),
    body("entry", 0, "messaging", 0, "message", "mid"),
  ],
  handshake: "meta-verify-token",
}));

/** The Account Activity API names the event by the member that holds it: a value that stands in each. */
const X_ACCOUNT_EVENTS = [
  ["tweet_create_events", 0, "id_str"],
  ["tweet_delete_events", 0, "status", "id"],
  ["favorite_events", 0, "id"],
  ["follow_events", 0, "type"],
  ["direct_message_events", 0, "id"],
] as const;

export const x = define("x", ["twitter"], () => ({
  title: "X",
  evidence: "documents",
  documents: "https://docs.x.com/x-api/webhooks/introduction",
  secretPlace: "developer.x.com > the app > Keys and tokens > API Key Secret",
  schemes: [bodyMac("x", "x-twitter-webhooks-signature", { encoding: "base64", parse: prefixed("sha256=") })],
  eventType: [
    body("data", "event_type"),
    ...X_ACCOUNT_EVENTS.map(([name, ...path]) => ({ ...body(name, ...path), as: name })),
  ],
  eventId: [body("data", "event_uuid")],
  ackDeadlineMs: 10_000,
  handshake: "x-crc",
}));

export const telegram = define("telegram", [], () => ({
  title: "Telegram",
  evidence: "sdk",
  documents: "https://core.telegram.org/bots/api#setwebhook",
  secretPlace: "the secret_token that you gave to setWebhook",
  schemes: [headerToken("telegram", "X-Telegram-Bot-Api-Secret-Token")],
  eventType: [
    "message",
    "edited_message",
    "channel_post",
    "callback_query",
    "inline_query",
    "my_chat_member",
    "poll",
  ].map((name) => ({
    ...body(name, name === "callback_query" || name === "inline_query" || name === "poll" ? "id" : "date"),
    as: name,
  })),
  eventId: [body("update_id")],
}));

export const line = define("line", [], () => ({
  title: "LINE",
  evidence: "vector",
  documents: "https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/",
  secretPlace: "LINE Developers Console > the channel > Basic settings > Channel secret",
  schemes: [bodyMac("line", "x-line-signature", { encoding: "base64" })],
  eventType: [body("events", 0, "type")],
  eventId: [body("events", 0, "webhookEventId")],
}));

/** The version of a subscription type that is in use. Source: https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types/ */
const TWITCH_VERSIONS: Readonly<Record<string, string>> = {
  "channel.cheer": "1",
  "channel.follow": "2",
  "channel.raid": "1",
  "channel.subscribe": "1",
  "channel.subscription.gift": "1",
  "channel.update": "2",
  "stream.offline": "1",
  "stream.online": "1",
};

/** The timestamp has nanoseconds. */
export const twitch = define("twitch", [], () => ({
  title: "Twitch EventSub",
  evidence: "documents",
  documents: "https://dev.twitch.tv/docs/eventsub/handling-webhook-events/",
  secretPlace: "the transport.secret that you gave when you subscribed",
  schemes: [
    {
      ...bodyMac("twitch", "Twitch-Eventsub-Message-Signature", {
        parse: prefixed("sha256="),
        content: [{ part: "id" }, { part: "timestamp" }, { part: "body" }],
      }),
      id: ["Twitch-Eventsub-Message-Id"],
      timestamp: {
        from: { kind: "header", names: ["Twitch-Eventsub-Message-Timestamp"] },
        unit: "iso8601",
        providerToleranceSeconds: 600,
        providerRefusesFuture: false,
      },
    },
  ],
  eventType: [header("Twitch-Eventsub-Subscription-Type"), body("subscription", "type")],
  eventId: [header("Twitch-Eventsub-Message-Id")],
  deliveryId: [header("Twitch-Eventsub-Message-Id")],
  outgoing: [
    { name: "Twitch-Eventsub-Message-Type", value: { from: "literal", text: "notification" } },
    { name: "Twitch-Eventsub-Subscription-Type", value: { from: "eventType" } },
    { name: "Twitch-Eventsub-Subscription-Version", value: { from: "eventType", names: TWITCH_VERSIONS } },
  ],
  handshake: "twitch-callback-verification",
  retryMark: { at: header("Twitch-Eventsub-Message-Retry"), counts: "retries" },
}));

export const pusher = define("pusher", [], () => ({
  title: "Pusher Channels",
  evidence: "vector",
  documents: "https://pusher.com/docs/channels/server_api/webhooks/",
  secretPlace: "dashboard.pusher.com > the app > App Keys > secret, of the key that X-Pusher-Key names",
  schemes: [bodyMac("pusher", "X-Pusher-Signature")],
  detection: { signatureHeaders: ["X-Pusher-Signature"], otherHeaders: ["X-Pusher-Key"] },
  eventType: [body("events", 0, "name")],
  outgoing: [{ name: "X-Pusher-Key", value: { from: "literal", text: "hookcli-test-key" } }],
  ackDeadlineMs: 4_000,
  retry: { note: "with growing waits for 5 minutes" },
}));

/** Compressed bodies are signed as they are without compression. */
export const getstream = define("getstream", ["stream"], () => ({
  title: "GetStream",
  evidence: "sdk",
  documents: "https://getstream.io/chat/docs/node/webhooks_overview/",
  secretPlace: "dashboard.getstream.io > the app > API secret",
  schemes: [bodyMac("getstream", "X-Signature", { content: [{ part: "bodyUnzipped" }] })],
  detection: {
    signatureHeaders: ["X-Signature"],
    bodies: [
      [{ path: ["type"] }, { path: ["cid"] }],
      [{ path: ["type"] }, { path: ["call_cid"] }],
    ],
  },
  eventType: [body("type")],
  deliveryId: [header("X-Webhook-Id")],
  outgoing: [
    { name: "X-Webhook-Id", value: { from: "deliveryId" } },
    { name: "X-Webhook-Attempt", value: { from: "literal", text: "1" } },
  ],
  ackDeadlineMs: 6_000,
  // Source: https://getstream.io/chat/docs/php/push_webhook/
  retry: {
    retries: 2,
    note: "after 408, 429, 500 and above or no answer, within 15 seconds in all; once after a network error",
  },
  retryMark: { at: header("X-Webhook-Attempt"), counts: "attempts" },
}));

const LIVEKIT_TOKEN: Scheme = {
  ...bodyMac("livekit", "Authorization", { label: "jwt" }),
  algorithm: {
    family: "jwt",
    algorithms: ["HS256"],
    claims: [{ claim: "sha256", content: [{ part: "body" }], hash: "sha256", encoding: "base64" }],
  },
  content: [],
  encoding: "text",
};

/** The token stands in Authorization without `Bearer`. */
export const livekit = define("livekit", [], () => ({
  title: "LiveKit",
  evidence: "sdk",
  documents: "https://docs.livekit.io/home/server/webhooks/",
  secretPlace: "the API secret of the key that the webhook is signed with",
  schemes: [LIVEKIT_TOKEN],
  contentType: "application/webhook+json",
  detection: {
    signatureHeaders: [],
    bodies: [[{ path: ["event"], looks: /^(?:room|participant|track|egress|ingress)_/ }, { path: ["id"] }]],
  },
  eventType: [body("event")],
  eventId: [body("id")],
}));

export const intercom = define("intercom", [], () => ({
  title: "Intercom",
  evidence: "third-party",
  documents: "https://developers.intercom.com/docs/references/webhooks/webhook-models",
  secretPlace: "Developer Hub > the app > Basic information > Client secret",
  schemes: [bodyMac("intercom", "X-Hub-Signature", { hash: "sha1", parse: prefixed("sha1=") })],
  detection: {
    signatureHeaders: ["X-Hub-Signature"],
    signatureLooks: /^sha1=[0-9a-f]{40}$/i,
    unless: [...FORGES, "X-Hub-Signature-256"],
    bodies: [[{ path: ["type"], looks: /^notification_event$/ }, { path: ["topic"] }]],
  },
  eventType: [body("topic")],
  eventId: [body("id")],
  ackDeadlineMs: 5_000,
  retryMark: { at: body("delivery_attempts"), counts: "attempts" },
}));

export const zendesk = define("zendesk", [], () => ({
  title: "Zendesk",
  evidence: "documents",
  documents: "https://developer.zendesk.com/documentation/webhooks/verifying/",
  secretPlace: "Admin Center > Apps and integrations > Webhooks > the webhook > Reveal secret",
  schemes: [
    {
      ...bodyMac("zendesk", "X-Zendesk-Webhook-Signature", {
        encoding: "base64",
        content: [{ part: "timestamp" }, { part: "body" }],
      }),
      timestamp: {
        from: { kind: "header", names: ["X-Zendesk-Webhook-Signature-Timestamp"] },
        unit: "iso8601",
        providerToleranceSeconds: null,
        providerRefusesFuture: false,
      },
    },
  ],
  eventType: [body("type")],
  eventId: [body("id")],
  deliveryId: [header("X-Zendesk-Webhook-Invocation-Id")],
  outgoing: [{ name: "X-Zendesk-Webhook-Invocation-Id", value: { from: "deliveryId" } }],
  ackDeadlineMs: 12_000,
}));

/** Versions 1 and 2 are plain hashes that begin with the secret. */
function hubspotHash(version: "v1" | "v2", content: Scheme["content"]): Scheme {
  return {
    ...bodyMac("hubspot", "X-HubSpot-Signature", { label: version }),
    algorithm: { family: "hash", hash: "sha256" },
    content,
    only: { in: "header", name: "X-HubSpot-Signature-Version", value: version },
    companions: [["X-HubSpot-Signature-Version", version]],
  };
}

/** Characters whose escapes HubSpot undoes in the URL before it signs. Source: the page under `documents` */
const HUBSPOT_UNESCAPED = ":/?@!$'()*,;";

export const hubspot = define("hubspot", [], () => ({
  title: "HubSpot",
  evidence: "vector",
  documents: "https://developers.hubspot.com/docs/guides/apps/authentication/validating-requests",
  secretPlace: "the app > Auth > Client secret",
  schemes: [
    {
      ...bodyMac("hubspot", "X-HubSpot-Signature-v3", {
        label: "v3",
        encoding: "base64",
        content: [
          { part: "method" },
          { part: "urlUnescaped", characters: HUBSPOT_UNESCAPED },
          { part: "body" },
          { part: "timestamp" },
        ],
      }),
      timestamp: {
        from: { kind: "header", names: ["X-HubSpot-Request-Timestamp"] },
        unit: "ms",
        providerToleranceSeconds: 300,
        providerRefusesFuture: false,
      },
      only: { in: "header", name: "X-HubSpot-Signature-v3" },
    },
    hubspotHash("v1", [{ part: "secret" }, { part: "body" }]),
    hubspotHash("v2", [{ part: "secret" }, { part: "method" }, { part: "url" }, { part: "body" }]),
  ],
  detection: { signatureHeaders: ["X-HubSpot-Signature-v3", "X-HubSpot-Signature"] },
  eventType: [body(0, "subscriptionType")],
  eventId: [body(0, "eventId")],
  retryMark: { at: body(0, "attemptNumber"), counts: "retries" },
}));
