import type { HashName, Scheme } from "../signatures/scheme.js";
import { define } from "./define.js";
import { bodyMac, prefixed } from "./schemes.js";

/*
 * Providers that send something else than JSON: forms, and XML.
 */

/**
 * The key is the SHA-1 of the private key; what is signed is base64 of XML, its line feeds included. There is a pair for each
 * key of the account: the public key, and the signature.
 * Source: braintree_node lib/braintree/webhook_notification_gateway.js
 */
export const braintree = define("braintree", [], () => ({
  title: "Braintree",
  evidence: "sdk",
  documents: "https://developer.paypal.com/braintree/docs/guides/webhooks/overview",
  secretPlace: "Settings > API > Keys > the private key",
  schemes: [
    {
      ...bodyMac("braintree", "none", {
        hash: "sha1",
        secret: { kind: "sha1" },
        content: [{ part: "formField", name: "bt_payload" }],
      }),
      signature: {
        from: "formField",
        name: "bt_signature",
        parse: { kind: "pairs", item: "&", pair: "|", signature: undefined, layout: "public_key|{signature}" },
      },
    },
  ],
  contentType: "application/x-www-form-urlencoded",
  bodyForm: { of: "all", field: "bt_payload", as: "xmlInField" },
  detection: {
    signatureHeaders: [],
    bodies: [
      [
        { form: "bt_signature", path: [], looks: /\|[0-9a-f]{40}(?:&|$)/ },
        { form: "bt_payload", path: [] },
      ],
    ],
  },
  eventType: [{ in: "xml", element: "kind", form: "bt_payload" }],
  handshake: "braintree-challenge",
}));

/** The whole form is signed, as PHP's serialize writes it. Source: https://classic.paddle.com/webhooks/verifying-webhooks/ */
export const paddleClassic = define("paddle-classic", [], () => ({
  title: "Paddle Classic",
  evidence: "documents",
  documents: "https://classic.paddle.com/webhooks/verifying-webhooks/",
  secretPlace: "Developer Tools > Public Key (--key)",
  schemes: [
    {
      name: "paddle-classic-rsa-sha1",
      label: "rsa-sha1",
      algorithm: { family: "rsa", hash: "sha1", padding: "pkcs1" },
      content: [{ part: "phpForm", without: "p_signature" }],
      signature: { from: "formField", name: "p_signature", parse: { kind: "raw" } },
      encoding: "base64",
      secret: { kind: "key", type: "rsa" },
    },
  ],
  contentType: "application/x-www-form-urlencoded",
  bodyForm: { of: "all" },
  detection: {
    signatureHeaders: [],
    bodies: [
      [
        { form: "p_signature", path: [] },
        { form: "alert_name", path: [] },
      ],
    ],
  },
  eventType: [{ in: "form", name: "alert_name" }],
  eventId: [{ in: "form", name: "alert_id" }],
}));

/** A hub names the hash that it has taken before its signature. */
function hubScheme(hash: HashName, isDefault = false): Scheme {
  return {
    ...bodyMac("websub", "X-Hub-Signature", { label: hash, hash, parse: prefixed(`${hash}=`) }),
    ...(isDefault ? {} : { only: { in: "header", name: "X-Hub-Signature", start: `${hash}=` } as const }),
  };
}

/** Feeds are sent whole, as XML. Source: https://www.w3.org/TR/websub/, sections 7 and 8 */
export const websub = define("websub", ["youtube", "pubsubhubbub"], () => ({
  title: "WebSub (YouTube)",
  evidence: "documents",
  documents: "https://www.w3.org/TR/websub/",
  secretPlace: "the hub.secret that you gave when you subscribed",
  schemes: [hubScheme("sha1", true), hubScheme("sha256"), hubScheme("sha384"), hubScheme("sha512")],
  contentType: "application/atom+xml",
  bodyForm: { of: "all", as: "xml" },
  detection: {
    signatureHeaders: ["X-Hub-Signature"],
    signatureLooks: /^sha(?:1|256|384|512)=/i,
    unless: ["X-GitHub-Event", "X-Gitea-Event", "X-Forgejo-Event", "X-Gogs-Event", "X-Hub-Signature-256"],
    mediaTypes: /^\s*(?:application|text)\/(?:atom\+xml|rss\+xml|rdf\+xml|xml)\s*(?:;|$)/i,
  },
  eventType: [
    { in: "xml", element: "at:deleted-entry", as: "entry.deleted" },
    { in: "xml", element: "yt:videoId", as: "video" },
    { in: "xml", element: "entry", as: "entry" },
    { in: "xml", element: "item", as: "item" },
  ],
  eventId: [
    { in: "xml", element: "yt:videoId" },
    { in: "xml", element: "id" },
  ],
  outgoing: [
    {
      name: "Link",
      value: {
        from: "literal",
        text: '<https://hub.example.com/>; rel="hub", <https://www.example.com/feed.xml>; rel="self"',
      },
    },
  ],
  handshake: "websub",
}));
