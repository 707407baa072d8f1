import type { ClaimRule, Scheme } from "../signatures/scheme.js";
import { body, define, header } from "./define.js";
import { basicAuthorization, bodyMac, literal, stampedMac, standardScheme } from "./schemes.js";
import { SVIX_NAMES } from "./specs.js";

/** Time and token are signed, and stand in the body beside the signature; the rest of the body is not. Older webhooks are forms. */
export const mailgun = define("mailgun", [], () => ({
  title: "Mailgun",
  evidence: "source",
  documents: "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
  secretPlace: "Sending > Webhooks > HTTP webhook signing key (not an API key)",
  unchecked: "the event itself is not signed: keep the token, and refuse one that comes again",
  schemes: [
    {
      ...bodyMac("mailgun", "none"),
      content: [{ part: "timestamp" }, { part: "bodyField", path: ["signature", "token"] }],
      signature: { from: "bodyField", path: ["signature", "signature"], parse: { kind: "raw" } },
      timestamp: {
        from: { kind: "bodyField", path: ["signature", "timestamp"] },
        unit: "s",
        providerToleranceSeconds: null,
        providerRefusesFuture: false,
      },
    },
    mailgunForm("form", "application/x-www-form-urlencoded"),
    mailgunForm("parts", "multipart/form-data"),
  ],
  bodyForm: { of: ["token"] },
  detection: {
    signatureHeaders: [],
    bodies: [
      [{ path: ["signature", "token"] }, { path: ["signature", "signature"] }, { path: ["event-data"] }],
      [
        { form: "token", path: [], looks: /^[0-9a-f]{50}$/ },
        { form: "signature", path: [] },
        { form: "event", path: [] },
      ],
    ],
  },
  eventType: [body("event-data", "event"), { in: "form", name: "event" }],
  eventId: [body("event-data", "id"), { in: "form", name: "Message-Id" }],
  // Source: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-retries
  retry: {
    delaysMs: [300_000, 600_000, 900_000, 3_600_000, 7_200_000, 14_400_000],
    retries: 6,
    note: "not for 406, and not for the notice of a delivery",
  },
}));

/** The older webhooks: all three stand in fields of the form. */
function mailgunForm(label: string, type: string): Scheme {
  return {
    ...bodyMac("mailgun", "none", {
      label,
      content: [{ part: "timestamp" }, { part: "formField", name: "token" }],
    }),
    signature: { from: "formField", name: "signature", parse: { kind: "raw" } },
    timestamp: {
      from: { kind: "formField", name: "timestamp" },
      unit: "s",
      providerToleranceSeconds: null,
      providerRefusesFuture: false,
    },
    only: { in: "header", name: "Content-Type", start: type },
  };
}

/** The URL as it was registered, credentials in it included. */
export const mandrill = define("mandrill", [], () => ({
  title: "Mailchimp Transactional (Mandrill)",
  evidence: "source",
  documents: "https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
  secretPlace: "Settings > Webhooks > the webhook > Key",
  schemes: [
    bodyMac("mandrill", "X-Mandrill-Signature", {
      hash: "sha1",
      encoding: "base64",
      content: [{ part: "url" }, { part: "sortedForm" }],
    }),
  ],
  contentType: "application/x-www-form-urlencoded",
  // The one field holds an array of events.
  bodyForm: { of: "all", field: "mandrill_events" },
  eventType: [{ in: "formJson", name: "mandrill_events", path: [0, "event"] }],
  handshake: "mandrill-head",
}));

export const postmark = define("postmark", [], () => ({
  title: "Postmark",
  evidence: "third-party",
  documents: "https://postmarkapp.com/developer/webhooks/webhooks-overview",
  secretPlace: "user:password of the webhook's URL, or its custom header",
  unchecked: "Postmark signs nothing; user and password of the URL are compared",
  schemes: [basicAuthorization("postmark")],
  detection: { signatureHeaders: [], bodies: [[{ path: ["RecordType"] }, { path: ["MessageID"] }]] },
  eventType: [body("RecordType")],
  eventId: [body("ID")],
}));

export const mailersend = define("mailersend", [], () => ({
  title: "MailerSend",
  evidence: "sdk",
  documents: "https://developers.mailersend.com/api/v1/webhooks.html",
  secretPlace: "Domains > the domain > Webhooks > the webhook > Signing secret",
  schemes: [bodyMac("mailersend", "Signature")],
  detection: { signatureHeaders: ["Signature"], signatureLooks: /^[0-9a-f]{64}$/ },
  eventType: [body("type")],
}));

export const resend = define("resend", [], () => ({
  title: "Resend",
  evidence: "sdk",
  documents: "https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests",
  secretPlace: "Webhooks > the webhook > Signing Secret",
  schemes: [standardScheme("resend", "v1", SVIX_NAMES)],
  detection: {
    signatureHeaders: ["svix-signature"],
    bodies: [[{ path: ["type"], looks: /^(?:email|contact|domain)\./ }, { path: ["created_at"] }, { path: ["data"] }]],
  },
  eventType: [body("type")],
  eventId: [header("svix-id")],
  deliveryId: [header("svix-id")],
  retry: {
    delaysMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000],
    retries: 7,
    note: "each wait counts from the attempt before",
  },
}));

export const postal = define("postal", [], () => ({
  title: "Postal",
  evidence: "source",
  documents: "https://docs.postalserver.io/developer/webhooks",
  secretPlace: "the server's public key (postal default-dkim-record shows it; --key)",
  schemes: [
    {
      name: "postal-rsa-sha1",
      label: "rsa-sha1",
      algorithm: { family: "rsa", hash: "sha1", padding: "pkcs1" },
      content: [{ part: "body" }],
      signature: { from: "header", names: ["X-Postal-Signature"], parse: { kind: "raw" } },
      encoding: "base64",
      secret: { kind: "key", type: "rsa" },
    },
  ],
  eventType: [body("event")],
  eventId: [body("uuid")],
  // Source: app/services/webhook_delivery_service.rb of Postal
  ackDeadlineMs: 5_000,
  retry: {
    delaysMs: [120_000, 180_000, 360_000, 600_000, 900_000],
    retries: 5,
    note: "each wait counts from the attempt before",
  },
}));

/** The MD5 of the body in which the API key stands in the place of the hash. */
export const unisender = define("unisender", [], () => ({
  title: "Unisender Go",
  evidence: "source",
  documents: "https://godocs.unisender.ru/web-api-ref#callback-format",
  secretPlace: "Account > Security > API key",
  schemes: [
    {
      ...bodyMac("unisender", "none", { label: "md5" }),
      algorithm: { family: "hash", hash: "md5" },
      content: [{ part: "bodyWithSecretAt", path: ["auth"] }],
      signature: { from: "bodyField", path: ["auth"], parse: { kind: "raw" } },
    },
  ],
  detection: { signatureHeaders: [], bodies: [[{ path: ["auth"] }, { path: ["events_by_user"] }]] },
  eventType: [
    {
      ...body("events_by_user", 0, "events", 0, "event_name"),
      also: body("events_by_user", 0, "events", 0, "event_data", "status"),
    },
  ],
}));

export const telnyx = define("telnyx", [], () => ({
  title: "Telnyx",
  evidence: "sdk",
  documents: "https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks",
  secretPlace: "Portal > Account Settings > Keys & Credentials > Public Key (--key)",
  schemes: [
    {
      name: "telnyx-ed25519",
      label: "ed25519",
      algorithm: { family: "ed25519" },
      content: [{ part: "timestamp" }, literal("|"), { part: "body" }],
      signature: { from: "header", names: ["telnyx-signature-ed25519"], parse: { kind: "raw" } },
      encoding: "base64",
      secret: { kind: "key", type: "ed25519" },
      timestamp: {
        from: { kind: "header", names: ["telnyx-timestamp"] },
        unit: "s",
        providerToleranceSeconds: 300,
        providerRefusesFuture: true,
      },
    },
  ],
  eventType: [body("data", "event_type")],
  eventId: [body("data", "id")],
  retryMark: { at: body("meta", "attempt"), counts: "attempts" },
}));

export const plivo = define("plivo", [], () => ({
  title: "Plivo",
  evidence: "vector",
  documents: "https://www.plivo.com/docs/messaging/concepts/signature-validation",
  secretPlace: "Console > Overview > Auth Token",
  schemes: [
    {
      ...bodyMac("plivo", "X-Plivo-Signature-V2", {
        label: "v2",
        encoding: "base64",
        parse: { kind: "list", separator: "," },
        content: [{ part: "url" }, { part: "header", name: "X-Plivo-Signature-V2-Nonce" }],
      }),
    },
    {
      ...bodyMac("plivo", "X-Plivo-Signature-V3", {
        label: "v3",
        encoding: "base64",
        parse: { kind: "list", separator: "," },
        content: [{ part: "urlAndFields" }, literal("."), { part: "header", name: "X-Plivo-Signature-V3-Nonce" }],
      }),
      only: { in: "header", name: "X-Plivo-Signature-V3" },
    },
    bodyMac("plivo", "X-Plivo-Signature", {
      label: "v1",
      hash: "sha1",
      encoding: "base64",
      content: [{ part: "url" }, { part: "sortedForm" }],
      weak: true,
    }),
  ],
  contentType: "application/x-www-form-urlencoded",
  bodyForm: { of: "all" },
  detection: { signatureHeaders: ["X-Plivo-Signature-V2", "X-Plivo-Signature-V3", "X-Plivo-Signature"] },
  eventType: [
    { in: "form", name: "Event" },
    { in: "form", name: "Status", prefix: "message." },
    { in: "form", name: "MessageUUID", as: "message.received" },
  ],
  eventId: [
    { in: "form", name: "MessageUUID" },
    { in: "form", name: "CallUUID" },
  ],
  outgoing: [
    { name: "X-Plivo-Signature-V2-Nonce", value: { from: "deliveryId" } },
    { name: "X-Plivo-Signature-V3-Nonce", value: { from: "deliveryId" } },
  ],
}));

/** Claims that tie a token to the body; an empty body has none. */
const PAYLOAD_HASH: ClaimRule = {
  claim: "payload_hash",
  content: [{ part: "body" }],
  hash: "sha256",
  encoding: "hex",
  absentForEmptyBody: true,
};

function signedToken(
  name: string,
  headerName: string,
  algorithm: Extract<Scheme["algorithm"], { family: "jwt" }>,
): Scheme {
  return { ...bodyMac(name, headerName, { label: "jwt" }), algorithm, content: [], encoding: "text" };
}

export const vonage = define("vonage", ["nexmo"], () => ({
  title: "Vonage",
  evidence: "sdk",
  documents: "https://developer.vonage.com/en/getting-started/concepts/webhooks",
  secretPlace: "Dashboard > API Settings > Signature secret",
  schemes: [
    {
      ...signedToken("vonage", "Authorization", {
        family: "jwt",
        algorithms: ["HS256"],
        claims: [{ claim: "iss", equals: "Vonage" }, PAYLOAD_HASH],
      }),
      signature: { from: "header", names: ["Authorization"], parse: { kind: "prefix", prefix: "Bearer " } },
    },
  ],
  detection: {
    signatureHeaders: [],
    bodies: [
      [{ path: ["message_uuid"] }, { path: ["channel"] }, { path: ["timestamp"] }],
      [{ path: ["conversation_uuid"], looks: /^CON-/ }, { path: ["uuid"] }],
    ],
  },
  eventType: [body("status"), body("message_type")],
  eventId: [body("message_uuid")],
}));

export const messagebird = define("messagebird", ["bird"], () => ({
  title: "MessageBird",
  evidence: "vector",
  documents: "https://developers.messagebird.com/api/#verifying-http-requests",
  secretPlace: "Dashboard > Developers settings > Signed requests > Signing key",
  schemes: [
    signedToken("messagebird", "MessageBird-Signature-JWT", {
      family: "jwt",
      algorithms: ["HS256", "HS384", "HS512"],
      hasId: true,
      claims: [
        { claim: "iss", equals: "MessageBird" },
        { claim: "url_hash", content: [{ part: "url" }], hash: "sha256", encoding: "hex" },
        PAYLOAD_HASH,
      ],
    }),
  ],
  eventType: [body("type")],
}));

/** The time goes after the body. */
export const retell = define("retell", [], () => ({
  title: "Retell AI",
  evidence: "sdk",
  documents: "https://docs.retellai.com/features/secure-webhook",
  secretPlace: "Dashboard > API Keys > the key with the webhook badge",
  schemes: [
    {
      ...stampedMac("retell", "x-retell-signature", { stampKey: "v", key: "d", unit: "ms", toleranceSeconds: 300 }),
      content: [{ part: "body" }, { part: "timestamp" }],
    },
  ],
  eventType: [body("event")],
  ackDeadlineMs: 10_000,
}));

export const elevenlabs = define("elevenlabs", [], () => ({
  title: "ElevenLabs",
  evidence: "sdk",
  documents: "https://elevenlabs.io/docs/product-guides/administration/webhooks",
  secretPlace: "Settings > Webhooks > the webhook > Secret, shown once",
  schemes: [stampedMac("elevenlabs", "elevenlabs-signature", { key: "v0", toleranceSeconds: 1_800 })],
  eventType: [body("type")],
}));

export const vapi = define("vapi", [], () => ({
  title: "Vapi",
  evidence: "third-party",
  documents: "https://docs.vapi.ai/server-url/server-authentication",
  secretPlace: "the credential's secret of the server URL",
  schemes: [bodyMac("vapi", "x-vapi-signature")],
  eventType: [body("message", "type")],
}));
