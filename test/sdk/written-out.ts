import { createHash, createHmac, createPrivateKey, type KeyObject, randomUUID, sign } from "node:crypto";
import type { Credentials } from "./rows.js";

/** A request that was signed by hand, from the providers' documents alone. */
export interface SignedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Input {
  readonly credentials: Credentials;
  /** The origin that the app believes it has. */
  readonly origin: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

type Signer = (input: Input) => SignedRequest;

const json = { "content-type": "application/json" };
const body = '{"type":"message.created","data":{"id":"msg_1","amount":1.0,"text":"na\u00efve \u2713"}}';

/** How each provider signs, written out with node:crypto: the apps are tested with these before hookcli is tested with the apps. */
export const writtenOut: Readonly<Record<string, readonly Signer[]>> = {
  stripe: [
    ({ credentials, timestamp }) => {
      const v1 = hmac("sha256", credentials, `${timestamp}.${body}`).toString("hex");
      return post({ "stripe-signature": `t=${timestamp},v1=${v1}` });
    },
  ],
  github: [
    ({ credentials }) =>
      post({
        "x-github-event": "ping",
        "x-github-delivery": randomUUID(),
        "x-hub-signature-256": `sha256=${hmac("sha256", credentials, body).toString("hex")}`,
      }),
  ],
  "standard-webhooks": [(input) => post(standardHeaders("webhook", input))],
  svix: [(input) => post(standardHeaders("svix", input))],
  "standard-webhooks-v1a": [
    ({ credentials, timestamp }) => {
      const signature = sign(null, Buffer.from(`msg_1.${timestamp}.${body}`), whskKey(credentials)).toString("base64");
      return post({
        "webhook-id": "msg_1",
        "webhook-timestamp": String(timestamp),
        "webhook-signature": `v1,bm90IHRoaXM= v1a,${signature}`,
      });
    },
  ],
  slack: [(input) => slackRequest(input, body, "application/json"), (input) => slackRequest(input, form, formType)],
  twilio: [twilioForm, twilioJson],
  shopify: [
    ({ credentials }) =>
      post({
        "x-shopify-topic": "orders/create",
        "x-shopify-shop-domain": "example.myshopify.com",
        "x-shopify-api-version": "2026-01",
        "x-shopify-webhook-id": randomUUID(),
        "x-shopify-hmac-sha256": hmac("sha256", credentials, body).toString("base64"),
      }),
  ],
  discord: [
    ({ credentials, timestamp }) =>
      post({
        "x-signature-timestamp": String(timestamp),
        "x-signature-ed25519": sign(null, Buffer.from(timestamp + body), pemKey(credentials)).toString("hex"),
      }),
  ],
  sendgrid: [
    ({ credentials, timestamp }) => {
      const signature = sign("sha256", Buffer.from(timestamp + body), pemKey(credentials)).toString("base64");
      return post({
        "x-twilio-email-event-webhook-timestamp": String(timestamp),
        "x-twilio-email-event-webhook-signature": signature,
      });
    },
  ],
  square: [
    ({ credentials, origin }) =>
      post({
        "x-square-hmacsha256-signature": hmac("sha256", credentials, `${origin}/webhook${body}`).toString("base64"),
      }),
  ],
  gitlab: [({ credentials }) => post({ "x-gitlab-event": "Push Hook", "x-gitlab-token": credentials.secret ?? "" })],
  generic: [({ credentials }) => post({ "x-signature": hmac("sha256", credentials, body).toString("hex") })],
};

function post(headers: Readonly<Record<string, string>>): SignedRequest {
  return { path: "/webhook", headers: { ...json, ...headers }, body };
}

function hmac(algorithm: string, { secret = "" }: Credentials, content: string): Buffer {
  return createHmac(algorithm, secret).update(content).digest();
}

function standardHeaders(prefix: string, { credentials, timestamp }: Input): Record<string, string> {
  const key = Buffer.from((credentials.secret ?? "").slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`msg_1.${timestamp}.${body}`).digest("base64");
  return {
    [`${prefix}-id`]: "msg_1",
    [`${prefix}-timestamp`]: String(timestamp),
    [`${prefix}-signature`]: `v1,${signature}`,
  };
}

const formType = "application/x-www-form-urlencoded";
const form = "To=%2B15550001111&Body=na%C3%AFve+%E2%9C%93&From=%2B15552223333";

function slackRequest({ credentials, timestamp }: Input, content: string, type: string): SignedRequest {
  const signature = hmac("sha256", credentials, `v0:${timestamp}:${content}`).toString("hex");
  const headers = { "x-slack-request-timestamp": String(timestamp), "x-slack-signature": `v0=${signature}` };
  return { path: "/webhook", headers: { ...headers, "content-type": type }, body: content };
}

function twilioForm({ credentials, origin }: Input): SignedRequest {
  const sorted = "Bodyna\u00efve \u2713From+15552223333To+15550001111";
  const signature = hmac("sha1", credentials, `${origin}/sms?a=1${sorted}`).toString("base64");
  return { path: "/sms?a=1", headers: { "content-type": formType, "x-twilio-signature": signature }, body: form };
}

function twilioJson({ credentials, origin }: Input): SignedRequest {
  const path = `/status?bodySHA256=${createHash("sha256").update(body).digest("hex")}`;
  const signature = hmac("sha1", credentials, origin + path).toString("base64");
  return { path, headers: { ...json, "x-twilio-signature": signature }, body };
}

function pemKey({ keys }: Credentials): KeyObject {
  return createPrivateKey(keys?.privateKey ?? "");
}

/** Out of the 64 bytes of `whsk_`: the seed, then the public half. */
function whskKey({ keys }: Credentials): KeyObject {
  const bytes = Buffer.from((keys?.privateKey ?? "").slice("whsk_".length), "base64");
  const d = bytes.subarray(0, 32).toString("base64url");
  const x = bytes.subarray(32).toString("base64url");
  return createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d, x }, format: "jwk" });
}
