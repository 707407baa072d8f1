import { body, define, header } from "./define.js";
import { bodyMac, literal, prefixed, standardScheme, STANDARD_NAMES } from "./schemes.js";

/**
 * The environment is signed too, and stands in the header; test events are of `master`.
 * Source: @hygraph/utils, which reads sign, env and t in this order
 */
export const hygraph = define("hygraph", ["graphcms"], () => ({
  title: "Hygraph",
  evidence: "sdk",
  documents: "https://hygraph.com/docs/api-reference/basics/webhooks",
  secretPlace: "Project settings > Webhooks > the webhook > Secret Key",
  schemes: [
    {
      ...bodyMac("hygraph", "gcms-signature", { encoding: "base64" }),
      content: [
        literal('{"Body":'),
        { part: "bodyAsJsonString" },
        literal(',"EnvironmentName":'),
        { part: "headerItem", header: "gcms-signature", key: "env", otherwise: "master" },
        literal(',"TimeStamp":'),
        { part: "timestamp" },
        literal("}"),
      ],
      signature: {
        from: "header",
        names: ["gcms-signature"],
        parse: {
          kind: "pairs",
          item: ",",
          pair: "=",
          signature: "sign",
          timestamp: "t",
          trim: true,
          layout: "sign={signature}, env=master, t={timestamp}",
        },
      },
      timestamp: {
        from: { kind: "signature" },
        unit: "ms",
        providerToleranceSeconds: null,
        providerRefusesFuture: false,
      },
    },
  ],
  eventType: [{ ...body("data", "__typename"), also: body("operation") }, body("operation")],
  eventId: [body("data", "id")],
}));

/** The JSON is signed in its canonical form. Source: inngest-js src/helpers/net.ts and InngestCommHandler */
export const inngest = define("inngest", [], () => ({
  title: "Inngest",
  evidence: "source",
  documents: "https://www.inngest.com/docs/platform/signing-keys",
  secretPlace: "Manage > Signing Key",
  schemes: [
    {
      ...bodyMac("inngest", "x-inngest-signature", {
        content: [{ part: "canonicalJson" }, { part: "timestamp" }],
        secret: { kind: "utf8After", prefix: "signkey-*-" },
      }),
      signature: {
        from: "header",
        names: ["x-inngest-signature"],
        parse: { kind: "pairs", item: "&", pair: "=", signature: "s", timestamp: "t" },
      },
      timestamp: {
        from: { kind: "signature" },
        unit: "s",
        providerToleranceSeconds: 300,
        providerRefusesFuture: false,
      },
    },
  ],
  eventType: [body("event", "name")],
  eventId: [body("event", "id")],
  retryMark: { at: body("ctx", "attempt"), counts: "retries" },
}));

/** How the client secret becomes the key is nowhere documented, and not all stores sign. */
export const bigcommerce = define("bigcommerce", [], () => ({
  title: "BigCommerce",
  evidence: "third-party",
  documents: "https://developer.bigcommerce.com/docs/integrations/webhooks",
  secretPlace: "the app's Client Secret",
  unchecked:
    "that requests are signed as Standard Webhooks is told by others; the client secret is decoded as base64, or with --scheme text is the key as it is. Where nothing is signed, headers that you gave when the webhook was made are all there is to compare, and the hash in the body proves nothing",
  schemes: [
    standardScheme("bigcommerce", "v1", STANDARD_NAMES),
    {
      ...standardScheme("bigcommerce", "v1", STANDARD_NAMES),
      name: "bigcommerce-text",
      label: "text",
      secret: { kind: "utf8" },
    },
  ],
  detection: {
    signatureHeaders: ["webhook-signature"],
    bodies: [[{ path: ["scope"], looks: /^store\// }, { path: ["producer"] }, { path: ["store_id"] }]],
  },
  eventType: [body("scope")],
  eventId: [body("hash")],
  deliveryId: [header("webhook-id")],
}));

/** Either a list of changed entities, or an array of CloudEvents. */
export const quickbooks = define("quickbooks", ["intuit"], () => ({
  title: "QuickBooks Online",
  evidence: "documents",
  documents: "https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications",
  secretPlace: "the app > Webhooks > Verifier Token",
  schemes: [bodyMac("quickbooks", "intuit-signature", { encoding: "base64" })],
  eventType: [
    {
      ...body("eventNotifications", 0, "dataChangeEvent", "entities", 0, "name"),
      also: body("eventNotifications", 0, "dataChangeEvent", "entities", 0, "operation"),
    },
    body(0, "type"),
  ],
  eventId: [body(0, "id")],
}));

/**
 * The query's hash is of the path below the app's base URL: that is what the URL has to be given as. Hooks of the app's own
 * life are signed with a key of Atlassian's.
 * Source: @atlassian/atlassian-jwt, https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/
 */
const QSH = { claim: "qsh", content: [{ part: "canonicalRequest" }], hash: "sha256", encoding: "hex" } as const;

export const atlassianConnect = define("atlassian-connect", ["connect"], () => ({
  title: "Atlassian Connect",
  evidence: "sdk",
  documents: "https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/",
  secretPlace: "the sharedSecret of the installed hook; for that hook the public key of the token's kid (--key)",
  unchecked: "the body is not signed, only method, path and query; --url is the URL without the app's base path",
  schemes: [
    {
      ...bodyMac("atlassian-connect", "Authorization", { label: "jwt", parse: prefixed("JWT ") }),
      algorithm: { family: "jwt", algorithms: ["HS256"], claims: [QSH] },
      content: [],
      encoding: "text",
    },
    {
      ...bodyMac("atlassian-connect", "Authorization", { label: "rs256", parse: prefixed("JWT ") }),
      algorithm: { family: "jwt", algorithms: ["RS256"], claims: [QSH] },
      content: [],
      encoding: "text",
      secret: { kind: "key", type: "rsa" },
    },
  ],
  detection: { signatureHeaders: ["Authorization"], signatureLooks: /^JWT / },
  eventType: [body("webhookEvent"), body("eventType"), body("event")],
}));
