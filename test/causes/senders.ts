import { createHmac } from "node:crypto";

/** A request as its sender made it. */
export interface Signed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

/** The MAC of some content, as node:crypto has it. */
export function mac(
  hash: "sha1" | "sha256" | "sha512",
  key: string | Uint8Array,
  content: string | Uint8Array,
): Buffer {
  return createHmac(hash, key).update(content).digest();
}

/** Seconds since 1970, now or that much earlier. */
export function seconds(ageSeconds = 0): number {
  return Math.floor(Date.now() / 1000) - ageSeconds;
}

/** Senders as the providers' documents describe them, written out with node:crypto. */
export const send = {
  /** `t=...,v1=...`: HMAC-SHA256 of `t.body`, hex. */
  stripe: (secret: string | Uint8Array, text: string, time = seconds()): Signed => ({
    headers: {
      ...json,
      "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      "stripe-signature": `t=${time},v1=${mac("sha256", secret, `${time}.${text}`).toString("hex")}`,
    },
    body: Buffer.from(text),
  }),
  /** HMAC-SHA256 of the body, hex after `sha256=`; SHA-1 beside it. */
  github: (secret: string | Uint8Array, text: string | Uint8Array, type: object = json): Signed => ({
    headers: {
      ...type,
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-event": "push",
      "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "x-hub-signature": `sha1=${mac("sha1", secret, text).toString("hex")}`,
      "x-hub-signature-256": `sha256=${mac("sha256", secret, text).toString("hex")}`,
    },
    body: Buffer.from(text),
  }),
  /** HMAC-SHA256 of the body, base64. */
  shopify: (secret: string, text: string): Signed => ({
    headers: {
      ...json,
      "x-shopify-topic": "orders/create",
      "x-shopify-shop-domain": "example.myshopify.com",
      "x-shopify-hmac-sha256": mac("sha256", secret, text).toString("base64"),
    },
    body: Buffer.from(text),
  }),
  /** HMAC-SHA256 of `v0:timestamp:body`, hex after `v0=`. */
  slack: (secret: string, text: string, type: object = form): Signed => {
    const time = String(seconds());
    return {
      headers: {
        ...type,
        "x-slack-request-timestamp": time,
        "x-slack-signature": `v0=${mac("sha256", secret, `v0:${time}:${text}`).toString("hex")}`,
      },
      body: Buffer.from(text),
    };
  },
  /** HMAC-SHA256 of `id.timestamp.body`, base64 after `v1,`; the key is what is given. */
  standard: (key: string | Uint8Array, text: string): Signed => {
    const time = String(seconds());
    return {
      headers: {
        ...json,
        "webhook-id": "msg_2b6c",
        "webhook-timestamp": time,
        "webhook-signature": `v1,${mac("sha256", key, `msg_2b6c.${time}.${text}`).toString("base64")}`,
      },
      body: Buffer.from(text),
    };
  },
  /** HMAC-SHA1 of the URL and the sorted form, base64. */
  twilio: (secret: string, fields: Readonly<Record<string, string>>, url: string): Signed => {
    const sorted = Object.entries(fields).toSorted(([one], [other]) => (one < other ? -1 : 1));
    const content = url + sorted.map(([name, value]) => name + value).join("");
    return {
      headers: { ...form, "x-twilio-signature": mac("sha1", secret, content).toString("base64") },
      body: Buffer.from(new URLSearchParams(fields).toString()),
    };
  },
  /** HMAC-SHA256 of URL and body, base64. */
  square: (secret: string, text: string, url: string): Signed => ({
    headers: { ...json, "x-square-hmacsha256-signature": mac("sha256", secret, url + text).toString("base64") },
    body: Buffer.from(text),
  }),
  /** HMAC-SHA256 of the body, hex: a service of one's own. */
  own: (secret: string | Uint8Array, text: string | Uint8Array, type: object = json): Signed => ({
    headers: { ...type, "x-signature": mac("sha256", secret, text).toString("hex") },
    body: Buffer.from(text),
  }),
};
