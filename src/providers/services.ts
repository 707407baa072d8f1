import type { ClaimRule, Scheme } from "../signatures/scheme.js";
import { body, define, header } from "./define.js";
import type { Provider } from "./provider.js";
import { bodyMac, headerToken, literal, prefixed, RAW, stampedMac, standardScheme, STANDARD_NAMES } from "./schemes.js";
import { SVIX_NAMES } from "./specs.js";

/** Rows that sign as Standard Webhooks do have the ids that those have. */
const STANDARD_IDS = { eventId: [header("webhook-id")], deliveryId: [header("webhook-id")] };

/** A secret without `whsec_` is taken as text. */
export const openai = define("openai", [], () => ({
  title: "OpenAI",
  evidence: "vector",
  documents: "https://platform.openai.com/docs/guides/webhooks",
  secretPlace: "Settings > Project > Webhooks > the endpoint, when it is made",
  schemes: [
    {
      ...standardScheme("openai", "v1", STANDARD_NAMES),
      secret: { kind: "prefixedBase64", prefix: "whsec_", without: "utf8" },
    },
  ],
  detection: {
    signatureHeaders: ["webhook-signature"],
    bodies: [[{ path: ["object"], looks: /^event$/ }, { path: ["id"], looks: /^evt_/ }, { path: ["data", "id"] }]],
  },
  eventType: [body("type")],
  retry: { note: "with growing waits for up to 72 hours; redirects are not followed" },
  ...STANDARD_IDS,
}));

export const anthropic = define("anthropic", [], () => ({
  title: "Anthropic",
  evidence: "sdk",
  documents: "https://platform.claude.com/docs/en/managed-agents/webhooks",
  secretPlace: "Console > Manage > Webhooks > the endpoint, shown once when it is made",
  schemes: [standardScheme("anthropic", "v1", STANDARD_NAMES)],
  detection: {
    signatureHeaders: ["webhook-signature"],
    bodies: [[{ path: ["type"], looks: /^event$/ }, { path: ["data", "type"] }, { path: ["data", "organization_id"] }]],
  },
  eventType: [body("data", "type")],
  ...STANDARD_IDS,
}));

export const replicate = define("replicate", [], () => ({
  title: "Replicate",
  evidence: "sdk",
  documents: "https://replicate.com/docs/topics/webhooks/verify-webhook",
  secretPlace: "GET /v1/webhooks/default/secret",
  schemes: [standardScheme("replicate", "v1", STANDARD_NAMES)],
  detection: {
    signatureHeaders: ["webhook-signature"],
    bodies: [[{ path: ["urls", "get"], looks: /replicate\.com/ }, { path: ["version"] }]],
  },
  eventType: [body("status")],
  ...STANDARD_IDS,
}));

export const clerk = define("clerk", [], () => ({
  title: "Clerk",
  evidence: "sdk",
  documents: "https://clerk.com/docs/webhooks/overview",
  secretPlace: "Dashboard > Webhooks > the endpoint > Signing Secret",
  schemes: [standardScheme("clerk", "v1", SVIX_NAMES)],
  detection: {
    signatureHeaders: ["svix-signature"],
    bodies: [
      [{ path: ["object"], looks: /^event$/ }, { path: ["type"] }, { path: ["data", "object"], looks: /^[a-z_]+$/ }],
    ],
  },
  eventType: [body("type")],
  eventId: [header("svix-id")],
  deliveryId: [header("svix-id")],
}));

export const liveblocks = define("liveblocks", [], () => ({
  title: "Liveblocks",
  evidence: "sdk",
  documents: "https://liveblocks.io/docs/platform/webhooks",
  secretPlace: "Dashboard > the project > Webhooks > the endpoint > Signing Secret",
  schemes: [standardScheme("liveblocks", "v1", STANDARD_NAMES)],
  detection: {
    signatureHeaders: ["webhook-signature"],
    bodies: [[{ path: ["data", "projectId"] }, { path: ["type"] }]],
  },
  eventType: [body("type")],
  ...STANDARD_IDS,
}));

/** Its own library (up to 8.13) signs the body as JSON.stringify writes it again. */
export const workos = define("workos", [], () => ({
  title: "WorkOS",
  evidence: "sdk",
  documents: "https://workos.com/docs/events/data-syncing/webhooks",
  secretPlace: "Dashboard > Webhooks > the endpoint > Signing secret",
  schemes: [stampedMac("workos", "WorkOS-Signature", { unit: "ms", trim: true, written: ", ", toleranceSeconds: 180 })],
  // @workos-inc/node hashes what JSON.stringify makes of the parsed body.
  bodyForm: { of: "all", as: "compactJson" },
  eventType: [body("event")],
  eventId: [body("id")],
}));

/** Two keys, for rotation; the time goes after the body. */
export const box = define("box", [], () => ({
  title: "Box",
  evidence: "vector",
  documents: "https://developer.box.com/guides/webhooks/v2/signatures-v2/",
  secretPlace: "Developer Console > the app > Webhooks > Manage signature keys",
  schemes: [
    {
      ...bodyMac("box", "box-signature-primary", {
        encoding: "base64",
        more: ["box-signature-secondary"],
        content: [{ part: "body" }, { part: "timestamp" }],
      }),
      timestamp: {
        from: { kind: "header", names: ["box-delivery-timestamp"] },
        unit: "iso8601",
        providerToleranceSeconds: 600,
        providerRefusesFuture: true,
      },
      companions: [
        ["box-signature-version", "1"],
        ["box-signature-algorithm", "HmacSHA256"],
      ],
    },
  ],
  eventType: [body("trigger")],
  eventId: [body("id")],
  deliveryId: [header("box-delivery-id")],
  outgoing: [{ name: "box-delivery-id", value: { from: "deliveryId" } }],
}));

export const dropbox = define("dropbox", [], () => ({
  title: "Dropbox",
  evidence: "third-party",
  documents: "https://www.dropbox.com/developers/reference/webhooks",
  secretPlace: "App Console > the app > Settings > App secret",
  schemes: [bodyMac("dropbox", "X-Dropbox-Signature")],
  eventType: [{ ...body("list_folder", "accounts", 0), as: "list_folder" }],
  ackDeadlineMs: 10_000,
  handshake: "dropbox-challenge",
}));

/** The hash of time and type stands beside them, inside the form's JSON. */
export const dropboxSign = define("dropbox-sign", ["hellosign"], () => ({
  title: "Dropbox Sign",
  evidence: "sdk",
  documents: "https://developers.hellosign.com/docs/events/overview/",
  secretPlace: "API > API keys (the key of the app that the callback belongs to)",
  unchecked: "only time and type of the event are signed",
  schemes: [
    {
      ...bodyMac("dropbox-sign", "none"),
      content: [
        { part: "formJsonField", name: "json", path: ["event", "event_time"] },
        { part: "formJsonField", name: "json", path: ["event", "event_type"] },
      ],
      signature: { from: "formField", name: "json", path: ["event", "event_hash"], parse: RAW },
    },
  ],
  contentType: "application/x-www-form-urlencoded",
  // Sent as a form of several parts; the usual form is taken too.
  bodyForm: { of: "all", field: "json", as: "multipart" },
  detection: { signatureHeaders: [], bodies: [[{ form: "json", path: ["event", "event_hash"] }]] },
  eventType: [{ in: "formJson", name: "json", path: ["event", "event_type"] }],
  handshake: "dropbox-sign-hello",
}));

/** One header for each key. */
export const docusign = define("docusign", [], () => ({
  title: "DocuSign Connect",
  evidence: "third-party",
  documents: "https://developers.docusign.com/platform/webhooks/connect/hmac/",
  secretPlace: "Settings > Connect > Connect Keys",
  schemes: [
    bodyMac("docusign", "X-DocuSign-Signature-1", {
      encoding: "base64",
      more: [2, 3, 4, 5].map((number) => `X-DocuSign-Signature-${number}`),
    }),
  ],
  eventType: [body("event")],
  retryMark: { at: body("retryCount"), counts: "retries" },
}));

export const typeform = define("typeform", [], () => ({
  title: "Typeform",
  evidence: "third-party",
  documents: "https://www.typeform.com/developers/webhooks/secure-your-webhooks/",
  secretPlace: "the form > Connect > Webhooks > the webhook > Secret",
  schemes: [bodyMac("typeform", "Typeform-Signature", { encoding: "base64", parse: prefixed("sha256=") })],
  eventType: [body("event_type")],
  eventId: [body("event_id")],
}));

export const calendly = define("calendly", [], () => ({
  title: "Calendly",
  evidence: "third-party",
  documents: "https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures",
  secretPlace: "the signing_key of the webhook subscription",
  schemes: [stampedMac("calendly", "Calendly-Webhook-Signature")],
  eventType: [body("event")],
  // Source: https://developer.calendly.com/api-docs/overview/webhooks/webhook-timeouts
  ackDeadlineMs: 15_000,
  retry: { note: "with growing waits for 24 hours; then the subscription is disabled" },
}));

export const calCom = define("cal-com", ["cal.com"], () => ({
  title: "Cal.com",
  evidence: "third-party",
  documents: "https://cal.com/docs/developing/guides/automation/webhooks",
  secretPlace: "Settings > Developer > Webhooks > the webhook > Secret",
  schemes: [bodyMac("cal-com", "x-cal-signature-256")],
  eventType: [body("triggerEvent")],
}));

/**
 * The secret is base64 of the key. Some notes say that the signature is base64 too; what is sent is hex. A notification
 * says that something changed and nothing of what.
 */
export const airtable = define("airtable", [], () => ({
  title: "Airtable",
  evidence: "third-party",
  documents: "https://airtable.com/developers/web/api/webhooks-overview",
  secretPlace: "macSecretBase64 of the answer that made the webhook",
  schemes: [
    bodyMac("airtable", "X-Airtable-Content-MAC", { parse: prefixed("hmac-sha256="), secret: { kind: "base64" } }),
  ],
  eventType: [{ ...body("webhook", "id"), as: "notification" }],
}));

export const contentful = define("contentful", [], () => ({
  title: "Contentful",
  evidence: "sdk",
  documents: "https://www.contentful.com/developers/docs/webhooks/request-verification/",
  secretPlace: "Settings > Webhooks > Settings > the signing secret",
  schemes: [
    {
      ...bodyMac("contentful", "x-contentful-signature"),
      content: [
        { part: "method" },
        literal("\n"),
        { part: "pathReescaped" },
        literal("\n"),
        { part: "signedHeaders", list: "x-contentful-signed-headers", separator: ",", between: ";" },
        literal("\n"),
        { part: "body" },
      ],
      timestamp: {
        from: { kind: "header", names: ["x-contentful-timestamp"] },
        unit: "ms",
        providerToleranceSeconds: 30,
        providerRefusesFuture: false,
      },
      companions: [["x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp"]],
    },
  ],
  detection: { signatureHeaders: ["x-contentful-signature"], otherHeaders: ["x-contentful-topic"] },
  contentType: "application/vnd.contentful.management.v1+json",
  eventType: [header("x-contentful-topic")],
  eventId: [body("sys", "id")],
  outgoing: [{ name: "x-contentful-topic", value: { from: "eventType" } }],
}));

/** No type of the event is sent: it is called after the document's. */
export const sanity = define("sanity", [], () => ({
  title: "Sanity",
  evidence: "vector",
  documents: "https://www.sanity.io/docs/webhooks",
  secretPlace: "sanity.io/manage > the project > API > Webhooks > the webhook > Secret",
  schemes: [stampedMac("sanity", "sanity-webhook-signature", { unit: "ms", encoding: "base64url" })],
  eventType: [body("_type")],
  eventId: [header("idempotency-key")],
  deliveryId: [header("idempotency-key")],
  outgoing: [{ name: "idempotency-key", value: { from: "deliveryId" } }],
  retry: { delaysMs: [30_000, 30_000], retries: 2, note: "for 429 and 500 and above" },
}));

export const kontent = define("kontent", ["kontent.ai"], () => ({
  title: "Kontent.ai",
  evidence: "vector",
  documents: "https://kontent.ai/learn/docs/webhooks/webhooks/javascript",
  secretPlace: "Environment settings > Webhooks > the webhook > Secret",
  schemes: [bodyMac("kontent", ["X-Kontent-ai-Signature", "X-KC-Signature"], { encoding: "base64" })],
  eventType: [
    { ...body("notifications", 0, "message", "object_type"), also: body("notifications", 0, "message", "action") },
  ],
}));

export const webflow = define("webflow", [], () => ({
  title: "Webflow",
  evidence: "sdk",
  documents: "https://developers.webflow.com/data/docs/working-with-webhooks",
  secretPlace: "the app's Client Secret, or the webhook's own secret",
  schemes: [
    {
      ...bodyMac("webflow", "x-webflow-signature", {
        content: [{ part: "timestamp" }, literal(":"), { part: "body" }],
      }),
      timestamp: {
        from: { kind: "header", names: ["x-webflow-timestamp"] },
        unit: "ms",
        providerToleranceSeconds: null,
        providerRefusesFuture: false,
      },
    },
  ],
  eventType: [body("triggerType")],
  // Source: https://developers.webflow.com/data/docs/working-with-webhooks#limits
  retry: { delaysMs: [600_000, 600_000, 600_000], retries: 3, note: "redirects are not followed" },
}));

export const mux = define("mux", [], () => ({
  title: "Mux",
  evidence: "sdk",
  documents: "https://www.mux.com/docs/core/verify-webhook-signatures",
  secretPlace: "Settings > Webhooks > the endpoint > Signing Secret",
  schemes: [stampedMac("mux", "Mux-Signature", { toleranceSeconds: 300 })],
  eventType: [body("type")],
  eventId: [body("id")],
}));

export const onfido = define("onfido", [], () => ({
  title: "Onfido",
  evidence: "sdk",
  documents: "https://documentation.onfido.com/guide/webhooks/",
  secretPlace: "the token of the webhook, when it is made",
  schemes: [bodyMac("onfido", "X-SHA2-Signature")],
  eventType: [body("payload", "action")],
  eventId: [body("payload", "object", "id")],
}));

export const fingerprint = define("fingerprint", [], () => ({
  title: "Fingerprint",
  evidence: "sdk",
  documents: "https://dev.fingerprint.com/docs/webhooks-security",
  secretPlace: "Dashboard > Webhooks > the webhook > Encryption key",
  schemes: [
    {
      ...bodyMac("fingerprint", "fpjs-event-signature", { label: "v1" }),
      signature: {
        from: "header",
        names: ["fpjs-event-signature"],
        parse: { kind: "pairs", item: ",", pair: "=", signature: "v1", trim: true },
      },
    },
  ],
  eventType: [
    { ...body("event_id"), as: "event" },
    { ...body("requestId"), as: "identification" },
  ],
  eventId: [body("event_id"), body("requestId")],
}));

/** A plain hash that ends with the secret. */
export const cloudinary = define("cloudinary", [], () => ({
  title: "Cloudinary",
  evidence: "sdk",
  documents: "https://cloudinary.com/documentation/notification_signatures",
  secretPlace: "Settings > API Keys > API secret",
  schemes: [
    {
      ...bodyMac("cloudinary", "X-Cld-Signature", { label: "sha1" }),
      algorithm: { family: "hash", hash: "sha1" },
      content: [{ part: "body" }, { part: "timestamp" }, { part: "secret" }],
      timestamp: {
        from: { kind: "header", names: ["X-Cld-Timestamp"] },
        unit: "s",
        providerToleranceSeconds: 7_200,
        providerRefusesFuture: false,
      },
    },
  ],
  eventType: [body("notification_type")],
}));

const QSTASH_CLAIMS: readonly ClaimRule[] = [
  { claim: "iss", equals: "Upstash" },
  { claim: "sub", content: [{ part: "url" }], encoding: "text" },
  { claim: "body", content: [{ part: "body" }], hash: "sha256", encoding: "base64url" },
];

/**
 * A current key and the next one: give both. The body is what was published, with its own type if it has one; callbacks are
 * QStash's own, and are called so here.
 */
export const qstash = define("qstash", ["upstash"], () => ({
  title: "Upstash QStash",
  evidence: "sdk",
  documents: "https://upstash.com/docs/qstash/howto/signature",
  secretPlace: "Console > QStash > Signing Keys: the current and the next",
  schemes: [
    {
      ...bodyMac("qstash", "Upstash-Signature", { label: "jwt" }),
      algorithm: { family: "jwt", algorithms: ["HS256"], hasId: true, claims: QSTASH_CLAIMS },
      content: [],
      encoding: "text",
    },
  ],
  eventType: [
    { ...body("dlqId"), as: "failure-callback" },
    { ...body("sourceMessageId"), as: "callback" },
  ],
  deliveryId: [header("Upstash-Message-Id")],
  outgoing: [{ name: "Upstash-Message-Id", value: { from: "deliveryId" } }],
  retryMark: { at: header("Upstash-Retried"), counts: "retries" },
}));

/** The key looks like base64 and is used as the text that it is. */
export const xero = define("xero", [], () => ({
  title: "Xero",
  evidence: "third-party",
  documents: "https://developer.xero.com/documentation/guides/webhooks/overview/",
  secretPlace: "developer.xero.com > the app > Webhooks > Webhooks key",
  schemes: [bodyMac("xero", "x-xero-signature", { encoding: "base64" })],
  eventType: [{ ...body("events", 0, "eventCategory"), also: body("events", 0, "eventType") }],
  ackDeadlineMs: 5_000,
  handshake: "xero-intent",
}));

export const greenhouse = define("greenhouse", [], () => ({
  title: "Greenhouse",
  evidence: "vector",
  documents: "https://developers.greenhouse.io/webhooks.html",
  secretPlace: "Configure > Dev Center > Webhooks > the webhook > Secret key",
  schemes: [bodyMac("greenhouse", "Signature", { parse: prefixed("sha256 ") })],
  detection: { signatureHeaders: ["Signature"], signatureLooks: /^sha256 [0-9a-f]{64}$/ },
  eventType: [body("action")],
  deliveryId: [header("Greenhouse-Event-ID")],
  outgoing: [{ name: "Greenhouse-Event-ID", value: { from: "deliveryId" } }],
}));

export const metronome = define("metronome", [], () => ({
  title: "Metronome",
  evidence: "sdk",
  documents: "https://docs.metronome.com/developer-resources/webhooks/",
  secretPlace: "Connections > Webhooks > the webhook > Secret",
  schemes: [
    {
      ...bodyMac("metronome", "Metronome-Webhook-Signature", {
        content: [{ part: "timestamp" }, literal("\n"), { part: "body" }],
      }),
      timestamp: {
        // The first is what @metronome/sdk reads; the documents say Date.
        from: { kind: "header", names: ["X-Metronome-Date", "Date"] },
        unit: "httpDate",
        providerToleranceSeconds: 300,
        providerRefusesFuture: true,
      },
    },
  ],
  eventType: [body("type")],
  eventId: [body("id")],
}));

export const tailscale = define("tailscale", [], () => ({
  title: "Tailscale",
  evidence: "third-party",
  documents: "https://tailscale.com/kb/1213/webhooks",
  secretPlace: "Settings > Webhooks > the endpoint, when it is made",
  schemes: [stampedMac("tailscale", "Tailscale-Webhook-Signature", { toleranceSeconds: 300 })],
  eventType: [body(0, "type")],
}));

export const langfuse = define("langfuse", [], () => ({
  title: "Langfuse",
  evidence: "third-party",
  documents: "https://langfuse.com/docs/prompt-management/features/webhooks-slack-integrations",
  secretPlace: "the webhook's secret, shown once when it is made",
  schemes: [stampedMac("langfuse", "x-langfuse-signature", { toleranceSeconds: 300 })],
  eventType: [{ ...body("type"), also: body("action") }],
  eventId: [body("id")],
}));

/** A hex MAC of the body in a header of its own, and no more to it. */
function plain(name: string, title: string, headerName: string, prefix = ""): ReturnType<typeof define> {
  return define(name, [], () => ({
    title,
    evidence: "third-party",
    schemes: [bodyMac(name, headerName, prefix === "" ? {} : { parse: prefixed(prefix) })],
  }));
}

export const planetscale: Provider = {
  ...plain("planetscale", "PlanetScale", "x-planetscale-signature"),
  documents: "https://planetscale.com/docs/api/webhook-events",
  secretPlace: "the database > Settings > Webhooks > the webhook",
  eventType: [body("event")],
};
export const attio: Provider = {
  ...plain("attio", "Attio", "attio-signature"),
  documents: "https://docs.attio.com/rest-api/guides/webhooks",
  secretPlace: "Developer settings > the integration > the webhook, or the answer that made it",
  eventType: [body("events", 0, "event_type")],
  deliveryId: [header("Idempotency-Key")],
  outgoing: [{ name: "Idempotency-Key", value: { from: "deliveryId" } }],
  retry: { retries: 10, note: "with growing waits, over about 3 days" },
};
export const plainSupport: Provider = {
  ...plain("plain", "Plain", "plain-request-signature"),
  documents: "https://plain.com/docs/webhooks",
  secretPlace: "Settings > Request signing: one secret for the workspace",
  eventType: [body("type"), body("payload", "eventType")],
  eventId: [body("id")],
  retryMark: { at: body("webhookMetadata", "webhookDeliveryAttemptNumber"), counts: "attempts" },
};
export const firecrawl: Provider = {
  ...plain("firecrawl", "Firecrawl", "x-firecrawl-signature", "sha256="),
  documents: "https://docs.firecrawl.dev/webhooks/security",
  secretPlace: "Account settings > Advanced: one secret for the account",
  ackDeadlineMs: 10_000,
  retry: { delaysMs: [60_000, 300_000, 900_000], retries: 3, note: "each wait counts from the attempt before" },
  eventType: [body("type")],
  deliveryId: [body("webhookId")],
};

export const envoy = define("envoy", [], () => ({
  title: "Envoy",
  evidence: "documents",
  documents: "https://developers.envoy.com/hub/docs/webhooks",
  secretPlace: "Developer Dashboard > the app > Client secret",
  schemes: [bodyMac("envoy", "X-Envoy-Signature", { encoding: "base64" })],
  eventType: [body("meta", "event"), body("event")],
  retry: { retries: 5, note: "within 10 minutes" },
}));

const BEARER: Scheme = headerToken("supabase", "Authorization", prefixed("Bearer ", true));

export const supabase = define("supabase", [], () => ({
  title: "Supabase database webhooks",
  evidence: "third-party",
  documents: "https://supabase.com/docs/guides/database/webhooks",
  secretPlace: "the Authorization header that you configured for the webhook",
  unchecked: "Supabase signs nothing; the Authorization header that you configured is compared",
  schemes: [BEARER],
  detection: {
    signatureHeaders: [],
    bodies: [[{ path: ["type"], looks: /^(?:INSERT|UPDATE|DELETE)$/ }, { path: ["table"] }, { path: ["schema"] }]],
  },
  eventType: [{ ...body("table"), also: body("type") }],
}));
