import type { ContentPart, FieldPath, Scheme } from "../signatures/scheme.js";
import { body, define, header } from "./define.js";
import {
  basicAuthorization,
  bodyMac,
  literal,
  prefixed,
  stampedMac,
  standardScheme,
  STANDARD_NAMES,
} from "./schemes.js";

/** The certificate's URL is in a header; what is signed has the CRC of the body instead of the body. */
export const paypal = define("paypal", [], () => ({
  title: "PayPal",
  evidence: "documents",
  documents: "https://developer.paypal.com/api/rest/webhooks/rest/",
  secretPlace:
    "the certificate that PAYPAL-CERT-URL names (--cert @file, or --allow-fetch), and the webhook's ID (--setting webhookId=...)",
  schemes: [
    {
      name: "paypal-rsa-sha256",
      label: "rsa-sha256",
      algorithm: { family: "rsa", hash: "sha256", padding: "pkcs1" },
      content: [
        { part: "header", name: "PAYPAL-TRANSMISSION-ID" },
        literal("|"),
        { part: "header", name: "PAYPAL-TRANSMISSION-TIME" },
        literal("|"),
        { part: "setting", name: "webhookId" },
        literal("|"),
        { part: "crc32" },
      ],
      signature: { from: "header", names: ["PAYPAL-TRANSMISSION-SIG"], parse: { kind: "raw" } },
      encoding: "base64",
      secret: { kind: "key", type: "rsa", text: "certificate" },
      companions: [["PAYPAL-AUTH-ALGO", "SHA256withRSA"]],
      // The names that PayPal's Java SDK demands of it (SSLUtil.validateCertificateChain).
      certificate: {
        names: ["messageverificationcerts.paypal.com", "messageverificationcerts.*.paypal.com"],
        signedAt: { in: "header", name: "PAYPAL-TRANSMISSION-TIME" },
      },
    },
  ],
  eventType: [body("event_type")],
  eventId: [body("id")],
  deliveryId: [header("PAYPAL-TRANSMISSION-ID")],
  retry: { retries: 25, note: "over 3 days" },
  outgoing: [
    { name: "PAYPAL-TRANSMISSION-ID", value: { from: "deliveryId" } },
    { name: "PAYPAL-TRANSMISSION-TIME", value: { from: "now" } },
    {
      name: "PAYPAL-CERT-URL",
      value: { from: "literal", text: "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-hookcli-test-key" },
    },
  ],
  keySource: {
    kind: "x509",
    named: { in: "header", name: "PAYPAL-CERT-URL" },
    hosts: ["api.paypal.com", "api.sandbox.paypal.com", "api-m.paypal.com", "api-m.sandbox.paypal.com"],
    path: "/v1/notifications/certs/CERT-*-*-*",
  },
  testTrust: "in place of the certificate that it fetches from PAYPAL-CERT-URL",
}));

/** Fields of the first item that Adyen signs, with colons between. */
const ADYEN_SIGNED: readonly FieldPath[] = [
  ["pspReference"],
  ["originalReference"],
  ["merchantAccountCode"],
  ["merchantReference"],
  ["amount", "value"],
  ["amount", "currency"],
  ["eventCode"],
  ["success"],
];
const ADYEN_ITEM: FieldPath = ["notificationItems", 0, "NotificationRequestItem"];

export const adyen = define("adyen", [], () => ({
  title: "Adyen",
  evidence: "vector",
  documents: "https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures/",
  secretPlace: "Customer Area > Developers > Webhooks > the webhook > HMAC Key",
  schemes: [
    {
      ...bodyMac("adyen", "none", { label: "item", encoding: "base64", secret: { kind: "hex" } }),
      content: ADYEN_SIGNED.flatMap((path, index): ContentPart[] => [
        ...(index === 0 ? [] : [literal(":")]),
        { part: "bodyField", path: [...ADYEN_ITEM, ...path] },
      ]),
      signature: {
        from: "bodyField",
        path: [...ADYEN_ITEM, "additionalData", "hmacSignature"],
        parse: { kind: "raw" },
      },
    },
    {
      ...bodyMac("adyen", "HmacSignature", { label: "platforms", encoding: "base64", secret: { kind: "hex" } }),
      only: { in: "header", name: "HmacSignature" },
      companions: [["Protocol", "HmacSHA256"]],
    },
  ],
  detection: { signatureHeaders: ["HmacSignature"], bodies: [[{ path: [...ADYEN_ITEM, "pspReference"] }]] },
  eventType: [body(...ADYEN_ITEM, "eventCode"), body("type")],
  eventId: [body(...ADYEN_ITEM, "pspReference")],
  ackDeadlineMs: 10_000,
  // Source: https://docs.adyen.com/development-resources/webhooks/troubleshoot
  retry: {
    note: "three times within half a minute, then after 2, 5, 10, 15, 30 min, 1, 2, 4 and 8 h, for up to 30 days",
  },
  handshake: "adyen-accepted",
}));

/** Paddle's own library keeps the last `h1` alone; here any may match. */
export const paddle = define("paddle", [], () => ({
  title: "Paddle Billing",
  evidence: "vector",
  documents: "https://developer.paddle.com/webhooks/signature-verification",
  secretPlace: "Developer tools > Notifications > the destination > Secret key",
  schemes: [
    stampedMac("paddle", "Paddle-Signature", {
      item: ";",
      stampKey: "ts",
      key: "h1",
      between: ":",
      toleranceSeconds: 5,
    }),
  ],
  eventType: [body("event_type")],
  eventId: [body("event_id")],
  deliveryId: [body("notification_id")],
  ackDeadlineMs: 5_000,
  // Source: https://developer.paddle.com/webhooks/respond-to-webhooks
  retry: { retries: 60, note: "with growing waits over 3 days, in live accounts" },
}));

export const lemonSqueezy = define("lemon-squeezy", ["lemonsqueezy"], () => ({
  title: "Lemon Squeezy",
  evidence: "sdk",
  documents: "https://docs.lemonsqueezy.com/help/webhooks/signing-requests",
  secretPlace: "Settings > Webhooks > the webhook > Signing secret",
  schemes: [bodyMac("lemon-squeezy", "X-Signature")],
  detection: {
    signatureHeaders: ["X-Signature"],
    otherHeaders: ["X-Event-Name"],
    bodies: [[{ path: ["meta", "event_name"] }]],
  },
  eventType: [header("X-Event-Name"), body("meta", "event_name")],
  outgoing: [{ name: "X-Event-Name", value: { from: "eventType" } }],
}));

/** The text of the secret is the key, `polar_whs_` included. */
export const polar = define("polar", [], () => ({
  title: "Polar",
  evidence: "sdk",
  documents: "https://docs.polar.sh/integrate/webhooks/delivery",
  secretPlace: "Settings > Webhooks > the endpoint > Secret",
  schemes: [{ ...standardScheme("polar", "v1", STANDARD_NAMES), secret: { kind: "utf8" } }],
  detection: {
    signatureHeaders: ["webhook-signature"],
    bodies: [["customer", "organization_id"], ["organization_id"]].map((path) => [
      { path: ["type"] },
      { path: ["timestamp"] },
      { path: ["data", ...path] },
    ]),
  },
  eventType: [body("type")],
  ackDeadlineMs: 10_000,
  eventId: [header("webhook-id")],
  deliveryId: [header("webhook-id")],
}));

export const dodoPayments = define("dodo-payments", ["dodo"], () => ({
  title: "Dodo Payments",
  evidence: "sdk",
  documents: "https://docs.dodopayments.com/developer-resources/webhooks",
  secretPlace: "Developer > Webhooks > the endpoint > Signing secret",
  schemes: [standardScheme("dodo-payments", "v1", STANDARD_NAMES)],
  detection: {
    signatureHeaders: ["webhook-signature"],
    bodies: [[{ path: ["business_id"] }, { path: ["type"] }, { path: ["data", "payload_type"] }]],
  },
  eventType: [body("type")],
  eventId: [header("webhook-id")],
  deliveryId: [header("webhook-id")],
}));

/** Two digests while a key is rotated. Source: https://docs.recurly.com/recurly-subscriptions/docs/webhooks */
const RECURLY: Scheme = {
  ...bodyMac("recurly", "recurly-signature", { parse: { kind: "list", separator: ",", timestampFirst: true } }),
  content: [{ part: "timestamp" }, literal("."), { part: "body" }],
  timestamp: {
    from: { kind: "signature" },
    unit: "ms",
    providerToleranceSeconds: null,
    providerRefusesFuture: false,
  },
};

export const recurly = define("recurly", [], () => ({
  title: "Recurly",
  evidence: "documents",
  documents: "https://docs.recurly.com/recurly-subscriptions/docs/webhooks",
  secretPlace: "Integrations > Webhooks > the endpoint > Secret key",
  schemes: [RECURLY],
  eventType: [{ ...body("object_type"), also: body("event_type") }, body("event_type")],
  deliveryId: [header("recurly-notification-id")],
  // Source: https://docs.recurly.com/recurly-subscriptions/docs/automatic-retries
  retry: { retries: 10, note: "the wait before retry x, counted from 0, is about 10 + x * 2^(x + 5) seconds" },
}));

export const chargebee = define("chargebee", [], () => ({
  title: "Chargebee",
  evidence: "third-party",
  documents: "https://www.chargebee.com/docs/2.0/webhook_settings.html",
  secretPlace: "Settings > Configure Chargebee > Webhooks > the webhook > Basic authentication, as user:password",
  unchecked: "Chargebee signs nothing; user and password are compared, and the event can be read again from its API",
  schemes: [basicAuthorization("chargebee")],
  detection: { signatureHeaders: [], bodies: [[{ path: ["event_type"] }, { path: ["webhook_status"] }]] },
  eventType: [body("event_type")],
  eventId: [body("id")],
}));

/**
 * The secret key of the API signs events too.
 * Source: https://github.com/PaystackOSS/doc-code-snippets, src/doc/payments/webhooks/verifying-transaction. Of another form, with a
 * time and the id of a key (`t=...,v1=<id>:<hex>`), only an excerpt of a page is known: it is not here.
 */
export const paystack = define("paystack", [], () => ({
  title: "Paystack",
  evidence: "documents",
  documents: "https://paystack.com/docs/payments/webhooks/",
  secretPlace: "Dashboard > Settings > API Keys & Webhooks > Secret Key (that of the mode: test or live)",
  schemes: [bodyMac("paystack", "X-Paystack-Signature", { hash: "sha512" })],
  eventType: [body("event")],
}));

export const razorpay = define("razorpay", [], () => ({
  title: "Razorpay",
  evidence: "sdk",
  documents: "https://razorpay.com/docs/webhooks/validate-test/",
  secretPlace: "Dashboard > Webhooks > the webhook > Secret (not the API key's)",
  schemes: [bodyMac("razorpay", "X-Razorpay-Signature")],
  detection: { signatureHeaders: ["X-Razorpay-Signature"], otherHeaders: ["x-razorpay-event-id"] },
  eventType: [body("event")],
  eventId: [header("x-razorpay-event-id")],
  outgoing: [{ name: "x-razorpay-event-id", value: { from: "eventId" } }],
  // Source: https://razorpay.com/docs/webhooks/best-practices
  retry: { note: "with growing waits for 24 hours; then the webhook is disabled" },
}));

/** Classic webhooks carry an id and nothing to check; the newer ones are signed. */
export const mollie = define("mollie", [], () => ({
  title: "Mollie",
  evidence: "documents",
  documents: "https://docs.mollie.com/reference/webhooks-new",
  secretPlace: "Dashboard > Developers > Webhooks > the webhook > Signing secret",
  unchecked: "a classic webhook (a form with an id) is not signed: read the payment from Mollie's API",
  schemes: [bodyMac("mollie", "X-Mollie-Signature", { parse: prefixed("sha256=", true) })],
  eventType: [body("type")],
  eventId: [body("id")],
}));

export const coinbaseCommerce = define("coinbase-commerce", ["coinbase"], () => ({
  title: "Coinbase Commerce",
  evidence: "vector",
  documents: "https://docs.cdp.coinbase.com/commerce-onchain/docs/webhooks-security",
  secretPlace: "Settings > Notifications > Webhook subscriptions > Show shared secret",
  schemes: [bodyMac("coinbase-commerce", "X-CC-Webhook-Signature")],
  eventType: [body("event", "type")],
  eventId: [body("event", "id")],
  retry: { note: "with growing waits, at most an hour, for up to 3 days" },
  // Source: https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-fields
  retryMark: { at: body("attempt_number"), counts: "attempts" },
}));

export const gocardless = define("gocardless", [], () => ({
  title: "GoCardless",
  evidence: "vector",
  documents: "https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks/",
  secretPlace: "Developers > Webhook endpoints > the endpoint > Secret",
  schemes: [bodyMac("gocardless", "Webhook-Signature")],
  detection: {
    signatureHeaders: ["Webhook-Signature"],
    signatureLooks: /^[0-9a-f]{64}$/,
    bodies: [[{ path: ["events", 0, "resource_type"] }, { path: ["events", 0, "links"] }]],
  },
  eventType: [{ ...body("events", 0, "resource_type"), also: body("events", 0, "action") }],
  eventId: [body("events", 0, "id")],
}));

/** Only ids and the time are signed, not the body. */
export const mercadoPago = define("mercado-pago", ["mercadopago"], () => ({
  title: "Mercado Pago",
  evidence: "sdk",
  documents: "https://www.mercadopago.com.br/developers/en/docs/your-integrations/notifications/webhooks",
  secretPlace: "Your integrations > the application > Webhooks > Secret signature",
  unchecked: "the body is not signed: read the resource that data.id names from Mercado Pago's API",
  schemes: [
    {
      ...stampedMac("mercado-pago", "x-signature", { stampKey: "ts", trim: true }),
      content: [
        { part: "queryParameter", name: "data.id", lowerCase: true, around: ["id:", ";"] },
        { part: "header", name: "x-request-id", around: ["request-id:", ";"] },
        literal("ts:"),
        { part: "timestamp" },
        literal(";"),
      ],
    },
  ],
  detection: {
    signatureHeaders: ["x-signature"],
    signatureLooks: /^\s*ts=\d+\s*,\s*v1=[0-9a-f]{64}\s*$/i,
    bodies: [[{ path: ["data", "id"] }, { path: ["action"] }]],
  },
  eventType: [{ in: "query", name: "type" }, body("type")],
  eventId: [body("id")],
  outgoing: [{ name: "x-request-id", value: { from: "deliveryId" } }],
}));

export const modernTreasury = define("modern-treasury", [], () => ({
  title: "Modern Treasury",
  evidence: "sdk",
  documents: "https://docs.moderntreasury.com/platform/docs/webhooks",
  secretPlace: "Developers > Webhooks > the endpoint > Signing key",
  schemes: [bodyMac("modern-treasury", "X-Signature")],
  detection: {
    signatureHeaders: ["X-Signature"],
    bodies: [[{ path: ["event"] }, { path: ["data", "object"] }, { path: ["data", "live_mode"] }]],
  },
  eventType: [{ ...body("data", "object"), also: body("event") }],
}));

export const lithic = define("lithic", [], () => ({
  title: "Lithic",
  evidence: "sdk",
  documents: "https://docs.lithic.com/docs/events-api",
  secretPlace: "the event subscription's secret (GET /v1/event_subscriptions/{token}/secret)",
  schemes: [standardScheme("lithic", "v1", STANDARD_NAMES)],
  detection: {
    signatureHeaders: ["webhook-signature"],
    bodies: [
      [{ path: ["event_type"] }, { path: ["token"] }],
      [{ path: ["event_type"], looks: /^card\./ }, { path: ["card_token"] }],
      [{ path: ["event_type"], looks: /^balance\./ }, { path: ["data", 0, "financial_account_token"] }],
    ],
  },
  eventType: [body("event_type")],
  eventId: [header("webhook-id")],
  deliveryId: [header("webhook-id")],
}));

/** The key is one of a set that is asked for by the token's `kid`. A token counts for 5 minutes from its `iat`. */
export const plaid = define("plaid", [], () => ({
  title: "Plaid",
  evidence: "documents",
  documents: "https://plaid.com/docs/api/webhooks/webhook-verification/",
  secretPlace:
    "the answer of POST /webhook_verification_key/get for the token's kid (--key @file); it needs the client's id and secret, so hookcli does not fetch it",
  schemes: [
    {
      ...bodyMac("plaid", "Plaid-Verification", { label: "jwt" }),
      algorithm: {
        family: "jwt",
        algorithms: ["ES256"],
        claims: [{ claim: "request_body_sha256", content: [{ part: "body" }], hash: "sha256", encoding: "hex" }],
        countsFromIssue: true,
      },
      content: [],
      encoding: "text",
      secret: { kind: "key", type: "ec", text: "jwk" },
    },
  ],
  eventType: [{ ...body("webhook_type"), also: body("webhook_code") }],
  ackDeadlineMs: 10_000,
  testTrust: 'as the answer of /webhook_verification_key/get, under "key"',
}));

export const woocommerce = define("woocommerce", [], () => ({
  title: "WooCommerce",
  evidence: "sdk",
  documents: "https://woocommerce.com/document/webhooks/",
  secretPlace: "WooCommerce > Settings > Advanced > Webhooks > the webhook > Secret",
  schemes: [bodyMac("woocommerce", "X-WC-Webhook-Signature", { encoding: "base64" })],
  detection: { signatureHeaders: ["X-WC-Webhook-Signature"], otherHeaders: ["X-WC-Webhook-Topic"] },
  eventType: [header("X-WC-Webhook-Topic")],
  deliveryId: [header("X-WC-Webhook-Delivery-ID")],
  outgoing: [
    { name: "X-WC-Webhook-Topic", value: { from: "eventType" } },
    { name: "X-WC-Webhook-Resource", value: { from: "eventType", form: "beforeDot" } },
    { name: "X-WC-Webhook-Delivery-ID", value: { from: "deliveryId" } },
  ],
  retry: { note: "by default a webhook is disabled when five deliveries in a row were refused" },
  handshake: "woocommerce-ping",
}));

/** The secret is normalised (NFKD) first. */
export const easypost = define("easypost", [], () => ({
  title: "EasyPost",
  evidence: "sdk",
  documents: "https://docs.easypost.com/guides/webhooks-guide",
  secretPlace: "the webhook_secret that you gave when the webhook was made",
  schemes: [
    bodyMac("easypost", "X-Hmac-Signature", { parse: prefixed("hmac-sha256-hex="), secret: { kind: "utf8Nfkd" } }),
  ],
  eventType: [body("description")],
  eventId: [body("id")],
}));

export const checkout = define("checkout", ["checkout.com"], () => ({
  title: "Checkout.com",
  evidence: "documents",
  documents: "https://www.checkout.com/docs/developer-resources/webhooks/receive-webhooks",
  secretPlace: "Dashboard > Developers > Webhooks > the workflow's Signature key",
  schemes: [bodyMac("checkout", "Cko-Signature")],
  eventType: [body("type")],
  eventId: [body("id")],
}));
