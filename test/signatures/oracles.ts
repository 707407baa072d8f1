import { createHash, createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { HeaderList } from "../../src/events/headers.js";
import { findProvider } from "../../src/providers/index.js";
import type { Provider } from "../../src/providers/provider.js";
import type { Scheme } from "../../src/signatures/scheme.js";
import { bodyOracles } from "./oracles-of-bodies.js";
import { keySetOracles } from "./oracles-of-key-sets.js";
import { keyOracles } from "./oracles-of-keys.js";
import { macOracles } from "./oracles-of-macs.js";
import { messageOracles } from "./oracles-of-messages.js";
import { tokenOracles } from "./oracles-of-tokens.js";

/*
 * The other side of every scheme, written out with node:crypto from the providers' documents: nothing of the code under
 * test is used to make a signature here.
 */

export const NOW = 1_700_000_000_000;
export const SECRET = "a secret of some length";
export const STANDARD_SECRET = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
export const BODY = Buffer.from('{"type":"message.created","data":{"id":"msg_1","content":"h\u00e9llo"}}');
export const URL_SIGNED = "https://example.com/hooks?x=1";

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const rawPublic = Buffer.from(ed25519.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
const rawSeed = Buffer.from(ed25519.privateKey.export({ format: "jwk" }).d ?? "", "base64url");

/** What a sender signs. */
export interface Sent {
  readonly body: Uint8Array;
  /** Unix seconds, as text. */
  readonly time: string;
  readonly id: string;
  readonly url: string;
}

export interface Oracle {
  /** Name of the scheme under test. */
  readonly scheme: string;
  readonly provider: string;
  /** What verifies, as a user would paste it. */
  readonly secret: string;
  /** What signs, where that is something else. */
  readonly signingSecret?: string;
  readonly headers: (sent: Sent) => HeaderList;
  /** Of the header that carries the signature; without one it stands in the body. */
  readonly signatureHeader?: string;
  readonly timestampHeader?: string;
  /** Headers that the request has before it is signed. */
  readonly beside?: (sent: Sent) => HeaderList;
  /** What is sent by default, where a scheme asks for a body of its own form. */
  readonly sends?: string;
  /** The body with the signature, or the time, in it. */
  readonly signedBody?: (sent: Sent) => Uint8Array;
  /** Finds the signature, its only group, in that body. */
  readonly signatureInBody?: RegExp;
  /** Finds the time in it, so that it can be left out. */
  readonly timeInBody?: RegExp;
  /** The header that has the time in it beside other things, and where. */
  readonly timeInHeader?: readonly [name: string, time: RegExp];
  /** What of the body is signed, where it is not every byte: its fields as a form, some of its fields, nothing. */
  readonly covers?: "form" | "fields" | "nothing";
  /** Values configured at the provider. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The URL, where the body changes it. */
  readonly url?: (sent: Sent) => string;
  /** Signatures are made with fresh randomness: two are never equal. */
  readonly isRandom?: true;
}

const hmac = (hash: string, key: string | Uint8Array, ...parts: (string | Uint8Array)[]) => {
  const mac = createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return mac;
};

const standardKey = Buffer.from("0123456789abcdef0123456789abcdef");
const standardV1 = ({ body, time, id }: Sent) =>
  `v1,${hmac("sha256", standardKey, `${id}.${time}.`, body).digest("base64")}`;
const standardV1a = ({ body, time, id }: Sent) =>
  `v1a,${sign(null, Buffer.concat([Buffer.from(`${id}.${time}.`), body]), ed25519.privateKey).toString("base64")}`;
const whpk = `whpk_${rawPublic.toString("base64")}`;
const whsk = `whsk_${Buffer.concat([rawSeed, rawPublic]).toString("base64")}`;
const pem = ed25519.privateKey.export({ format: "pem", type: "pkcs8" }).toString();

/** The rows that sign as Standard Webhooks do, under either name of the headers. */
function alikes(prefix: string, providers: readonly string[]): Oracle[] {
  return providers.flatMap((provider) => standard(provider, prefix).slice(0, 1));
}

function standard(provider: string, prefix: string): Oracle[] {
  const headers = (sent: Sent, signature: string): HeaderList => [
    [`${prefix}-id`, sent.id],
    [`${prefix}-timestamp`, sent.time],
    [`${prefix}-signature`, signature],
  ];
  const both = { provider, signatureHeader: `${prefix}-signature`, timestampHeader: `${prefix}-timestamp` };
  return [
    { ...both, scheme: `${provider}-v1`, secret: STANDARD_SECRET, headers: (sent) => headers(sent, standardV1(sent)) },
    {
      ...both,
      scheme: `${provider}-v1a`,
      secret: whpk,
      signingSecret: whsk,
      headers: (sent) => headers(sent, standardV1a(sent)),
    },
  ];
}

const twilioJsonUrl = ({ body, url }: Sent) => `${url}&bodySHA256=${createHash("sha256").update(body).digest("hex")}`;

export const oracles: readonly Oracle[] = [
  {
    scheme: "generic-hmac-sha256",
    provider: "generic",
    secret: SECRET,
    signatureHeader: "X-Signature",
    headers: ({ body }) => [["X-Signature", hmac("sha256", SECRET, body).digest("hex")]],
  },
  ...standard("standard-webhooks", "webhook"),
  ...standard("svix", "svix"),
  ...alikes("webhook", [
    "openai",
    "anthropic",
    "replicate",
    "liveblocks",
    "dodo-payments",
    "lithic",
    "gitlab",
    "bigcommerce",
  ]),
  ...alikes("svix", ["clerk", "resend"]),
  ...["polar-v1", "bigcommerce-text"].map((scheme): Oracle => ({
    scheme,
    provider: scheme.replace(/-\w+$/, ""),
    secret: "polar_whs_used_as_it_is_written",
    signatureHeader: "webhook-signature",
    timestampHeader: "webhook-timestamp",
    headers: ({ body, time, id }) => [
      ["webhook-id", id],
      ["webhook-timestamp", time],
      [
        "webhook-signature",
        `v1,${hmac("sha256", "polar_whs_used_as_it_is_written", `${id}.${time}.`, body).digest("base64")}`,
      ],
    ],
  })),
  {
    scheme: "stripe-v1",
    provider: "stripe",
    secret: "whsec_used_as_it_is_written",
    signatureHeader: "Stripe-Signature",
    headers: ({ body, time }) => [
      [
        "Stripe-Signature",
        `t=${time},v1=${hmac("sha256", "whsec_used_as_it_is_written", `${time}.`, body).digest("hex")}`,
      ],
    ],
  },
  ...(["sha256", "sha1"] as const).map((hash): Oracle => {
    const name = hash === "sha1" ? "X-Hub-Signature" : "X-Hub-Signature-256";
    return {
      scheme: `github-${hash}`,
      provider: "github",
      secret: SECRET,
      signatureHeader: name,
      headers: ({ body }) => [[name, `${hash}=${hmac(hash, SECRET, body).digest("hex")}`]],
    };
  }),
  {
    scheme: "slack-v0",
    provider: "slack",
    secret: SECRET,
    signatureHeader: "X-Slack-Signature",
    timestampHeader: "X-Slack-Request-Timestamp",
    headers: ({ body, time }) => [
      ["X-Slack-Request-Timestamp", time],
      ["X-Slack-Signature", `v0=${hmac("sha256", SECRET, `v0:${time}:`, body).digest("hex")}`],
    ],
  },
  {
    scheme: "shopify-hmac-sha256",
    provider: "shopify",
    secret: SECRET,
    signatureHeader: "X-Shopify-Hmac-Sha256",
    headers: ({ body }) => [["X-Shopify-Hmac-Sha256", hmac("sha256", SECRET, body).digest("base64")]],
  },
  {
    scheme: "twilio-form",
    provider: "twilio",
    secret: SECRET,
    signatureHeader: "X-Twilio-Signature",
    covers: "form",
    sends: "From=%2B15005550006&Body=hello+w%C3%B6rld&MessageSid=SM1",
    headers: ({ body, url }) => {
      const fields = [...new URLSearchParams(Buffer.from(body).toString())].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return [
        [
          "X-Twilio-Signature",
          hmac("sha1", SECRET, url + fields.map(([name, value]) => name + value).join("")).digest("base64"),
        ],
      ];
    },
  },
  {
    scheme: "twilio-json",
    provider: "twilio",
    secret: SECRET,
    signatureHeader: "X-Twilio-Signature",
    url: twilioJsonUrl,
    headers: (sent) => [
      ["Content-Type", "application/json"],
      ["X-Twilio-Signature", hmac("sha1", SECRET, twilioJsonUrl(sent)).digest("base64")],
    ],
  },
  {
    scheme: "discord-ed25519",
    provider: "discord",
    secret: rawPublic.toString("hex"),
    signingSecret: pem,
    signatureHeader: "X-Signature-Ed25519",
    timestampHeader: "X-Signature-Timestamp",
    headers: ({ body, time }) => [
      ["X-Signature-Timestamp", time],
      ["X-Signature-Ed25519", sign(null, Buffer.concat([Buffer.from(time), body]), ed25519.privateKey).toString("hex")],
    ],
  },
  {
    scheme: "sendgrid-ecdsa",
    provider: "sendgrid",
    secret: createPublicKey(p256.privateKey).export({ format: "der", type: "spki" }).toString("base64"),
    signingSecret: p256.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    signatureHeader: "X-Twilio-Email-Event-Webhook-Signature",
    timestampHeader: "X-Twilio-Email-Event-Webhook-Timestamp",
    isRandom: true,
    headers: ({ body, time }) => [
      ["X-Twilio-Email-Event-Webhook-Timestamp", time],
      [
        "X-Twilio-Email-Event-Webhook-Signature",
        sign("sha256", Buffer.concat([Buffer.from(time), body]), p256.privateKey).toString("base64"),
      ],
    ],
  },
  {
    scheme: "square-hmacsha256",
    provider: "square",
    secret: SECRET,
    signatureHeader: "x-square-hmacsha256-signature",
    headers: ({ body, url }) => [["x-square-hmacsha256-signature", hmac("sha256", SECRET, url, body).digest("base64")]],
  },
  ...macOracles,
  ...tokenOracles,
  ...keyOracles,
  ...keySetOracles,
  ...messageOracles,
  ...bodyOracles,
];

/** What a test sends when it has nothing better to send. */
export function sentBy(oracle: Oracle, changes: Partial<Sent> = {}): Sent {
  const body = oracle.sends === undefined ? BODY : Buffer.from(oracle.sends);
  return { body, time: String(NOW / 1000), id: "msg_1", url: URL_SIGNED, ...changes };
}

export function rowOf({ provider, scheme }: Oracle): { provider: Provider; scheme: Scheme } {
  const row = findProvider(provider);
  const found = row?.schemes.find(({ name }) => name === scheme);
  if (row === undefined || found === undefined) throw new Error(`no scheme ${scheme}`);
  return { provider: row, scheme: found };
}

/** A signed request, as `verifyRequest` takes it. */
export function requestBy(
  oracle: Oracle,
  sent: Sent,
): { headers: HeaderList; body: Uint8Array; url: string; method: string } {
  return {
    headers: [...(oracle.beside?.(sent) ?? []), ...oracle.headers(sent)],
    body: oracle.signedBody?.(sent) ?? sent.body,
    url: oracle.url?.(sent) ?? sent.url,
    method: "POST",
  };
}
