import { body, define, header } from "./define.js";
import { bodyMac, literal, prefixed } from "./schemes.js";
import type { ContentPart, Scheme } from "../signatures/scheme.js";

/*
 * Providers that sign with keys of their own, and publish them as certificates or as sets of keys.
 */

/**
 * What is signed of a message depends on its type. Subject is there in notifications only, and not in all. The JavaScript
 * package sns-validator leaves Token out of UnsubscribeConfirmation; Amazon's documents have it.
 * Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
 */
const SNS_CONTENT: ContentPart = {
  part: "fieldLines",
  names: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  others: {
    field: "Type",
    values: ["SubscriptionConfirmation", "UnsubscribeConfirmation"],
    names: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  },
};

/** The topic's SignatureVersion: "1" unless it was set to "2". */
function snsScheme(version: "1" | "2"): Scheme {
  return {
    name: `sns-v${version}`,
    label: `v${version}`,
    algorithm: { family: "rsa", hash: version === "1" ? "sha1" : "sha256", padding: "pkcs1" },
    content: [SNS_CONTENT],
    signature: { from: "bodyField", path: ["Signature"], parse: { kind: "raw" } },
    encoding: "base64",
    secret: { kind: "key", type: "rsa", text: "certificate" },
    only: { in: "bodyField", path: ["SignatureVersion"], value: version },
    // The names are those of aws-sdk-java-v2's SNS message manager: one for old regions, their own for newer ones.
    certificate: {
      names: [
        "sns.amazonaws.com",
        "sns.*.amazonaws.com",
        "sns-signing.*.amazonaws.com",
        "sns-*.amazonaws.com",
        "sns-*.amazonaws.com.cn",
      ],
      signedAt: { in: "bodyField", path: ["Timestamp"] },
    },
  };
}

/** Of messages, by the names of events. */
const SNS_TYPES = {
  Notification: "Notification",
  "Notification.version-2": "Notification",
  SubscriptionConfirmation: "SubscriptionConfirmation",
  UnsubscribeConfirmation: "UnsubscribeConfirmation",
};

export const sns = define("sns", ["aws-sns", "amazon-sns"], () => ({
  title: "Amazon SNS",
  evidence: "sdk",
  documents: "https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html",
  secretPlace: "the certificate that SigningCertURL names: --cert @file, or --allow-fetch",
  schemes: [snsScheme("2"), snsScheme("1")],
  contentType: "text/plain; charset=UTF-8",
  detection: {
    signatureHeaders: [],
    otherHeaders: ["x-amz-sns-message-type"],
    bodies: [[{ path: ["SigningCertURL"] }, { path: ["TopicArn"], looks: /^arn:aws/ }]],
  },
  eventType: [body("Type"), header("x-amz-sns-message-type")],
  eventId: [body("MessageId")],
  deliveryId: [header("x-amz-sns-message-id"), body("MessageId")],
  outgoing: [
    { name: "x-amz-sns-message-type", value: { from: "eventType", names: SNS_TYPES } },
    {
      name: "x-amz-sns-topic-arn",
      value: { from: "literal", text: "arn:aws:sns:us-east-1:123456789012:hookcli-test" },
    },
  ],
  unchecked: "how old it is: an old message passes for a new one. Messages delivered raw carry no signature",
  keySource: {
    kind: "x509",
    named: { in: "body", path: ["SigningCertURL"] },
    hosts: ["sns.*.amazonaws.com", "sns.*.amazonaws.com.cn"],
    path: "/SimpleNotificationService-*.pem",
    region: { path: ["TopicArn"], separator: ":", index: 3 },
  },
  testTrust: "in place of the certificate that it fetches from SigningCertURL",
  handshake: "sns-subscription",
}));

/**
 * The token says nothing about the body. Whoever has a Google account gets tokens for any audience: without its e-mail
 * address a token proves little.
 * Source: https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
 */
export const pubsub = define("pubsub", ["google-pubsub", "gcp-pubsub"], () => ({
  title: "Google Pub/Sub",
  evidence: "sdk",
  documents: "https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions",
  secretPlace:
    "Google's keys, https://www.googleapis.com/oauth2/v3/certs: --key @file, or --allow-fetch; and --setting audience=..., --setting email=... as configured for the subscription",
  schemes: [
    {
      ...bodyMac("pubsub", "Authorization", { label: "oidc", parse: prefixed("Bearer ") }),
      algorithm: {
        family: "jwt",
        algorithms: ["RS256"],
        claims: [
          { claim: "iss", equals: ["https://accounts.google.com", "accounts.google.com"] },
          { claim: "aud", content: [{ part: "setting", name: "audience" }], encoding: "text" },
          { claim: "email", content: [{ part: "setting", name: "email" }], encoding: "text" },
          { claim: "email_verified", equals: true },
        ],
      },
      content: [],
      encoding: "text",
      secret: { kind: "key", type: "rsa", text: "jwk" },
    },
  ],
  detection: {
    signatureHeaders: [],
    bodies: [
      [{ path: ["message", "messageId"] }, { path: ["subscription"], looks: /^projects\/[^/]+\/subscriptions\// }],
    ],
  },
  eventType: [body("message", "attributes", "eventType"), { ...body("subscription"), as: "push" }],
  eventId: [body("message", "messageId")],
  deliveryId: [body("message", "messageId")],
  unchecked: "the body: the token says only who sent it and to whom",
  keySource: { kind: "jwks", hosts: ["www.googleapis.com"], path: "/oauth2/v3/certs" },
  testTrust: "as the key set in place of https://www.googleapis.com/oauth2/v3/certs",
  // There with a dead-letter topic alone.
  retryMark: { at: body("deliveryAttempt"), counts: "attempts" },
}));

/**
 * The body is signed as JSON.stringify writes what was parsed. The key stands behind eBay's API, for application tokens only.
 * Source: event-notification-nodejs-sdk, lib/validator.js
 */
export const ebay = define("ebay", [], () => ({
  title: "eBay",
  evidence: "sdk",
  documents: "https://developer.ebay.com/api-docs/commerce/notification/overview.html",
  secretPlace:
    "the answer of GET /commerce/notification/v1/public_key/{kid} for the kid in the signature (--key @file); it needs an application token, so hookcli does not fetch it",
  schemes: [
    {
      name: "ebay-ecdsa",
      label: "ecdsa",
      algorithm: { family: "ecdsa", hash: "sha1", curve: "p256", format: "der" },
      content: [{ part: "compactJson" }],
      signature: {
        from: "header",
        names: ["x-ebay-signature"],
        parse: { kind: "base64Json", signature: "signature", keyId: "kid", beside: { alg: "ecdsa", digest: "SHA1" } },
      },
      encoding: "base64",
      secret: { kind: "key", type: "ec" },
    },
  ],
  eventType: [body("metadata", "topic")],
  eventId: [body("notification", "notificationId")],
  deliveryId: [body("notification", "notificationId")],
  testTrust: 'between -----BEGIN PUBLIC KEY----- and -----END PUBLIC KEY-----, as "key" of the answer of getPublicKey',
  handshake: "ebay-challenge",
  retryMark: { at: body("notification", "publishAttemptCount"), counts: "attempts" },
}));

/**
 * The order of what is signed is that of fal's documents and of several receivers' code.
 * Source: https://docs.fal.ai/model-apis/model-endpoints/webhooks
 */
export const fal = define("fal", ["fal-ai"], () => ({
  title: "fal.ai",
  evidence: "documents",
  documents: "https://docs.fal.ai/model-apis/model-endpoints/webhooks",
  secretPlace: "fal's keys, https://rest.fal.ai/.well-known/jwks.json: --key @file, or --allow-fetch",
  schemes: [
    {
      name: "fal-ed25519",
      label: "ed25519",
      algorithm: { family: "ed25519" },
      content: [
        { part: "header", name: "X-Fal-Webhook-Request-Id" },
        literal("\n"),
        { part: "header", name: "X-Fal-Webhook-User-Id" },
        literal("\n"),
        { part: "timestamp" },
        literal("\n"),
        { part: "bodyHash", hash: "sha256", encoding: "hex" },
      ],
      signature: { from: "header", names: ["X-Fal-Webhook-Signature"], parse: { kind: "raw" } },
      encoding: "hex",
      secret: { kind: "key", type: "ed25519", text: "jwk" },
      timestamp: {
        from: { kind: "header", names: ["X-Fal-Webhook-Timestamp"] },
        unit: "s",
        providerToleranceSeconds: 300,
        providerRefusesFuture: true,
      },
    },
  ],
  detection: {
    signatureHeaders: ["X-Fal-Webhook-Signature"],
    otherHeaders: ["X-Fal-Webhook-Request-Id", "X-Fal-Webhook-User-Id", "X-Fal-Webhook-Timestamp"],
  },
  eventType: [body("status")],
  eventId: [body("request_id")],
  deliveryId: [header("X-Fal-Webhook-Request-Id")],
  outgoing: [
    { name: "X-Fal-Webhook-Request-Id", value: { from: "deliveryId" } },
    { name: "X-Fal-Webhook-User-Id", value: { from: "literal", text: "hookcli-test" } },
  ],
  retry: { retries: 10, note: "10 times within 2 hours" },
  keySource: { kind: "jwks", hosts: ["rest.fal.ai"], path: "/.well-known/jwks.json" },
  testTrust: "as the key set in place of https://rest.fal.ai/.well-known/jwks.json",
}));
