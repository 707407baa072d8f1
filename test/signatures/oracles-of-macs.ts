import { createHash, createHmac, type BinaryToTextEncoding } from "node:crypto";
import type { Oracle, Sent } from "./oracles.js";

/*
 * MACs of the body, or of a time and the body, as the providers' documents and sources tell them: one line each, made with
 * node:crypto alone.
 */

const SECRET = "a secret of some length";

type Row = readonly [scheme: string, header: string, options?: RowOptions];

interface RowOptions {
  readonly hash?: string;
  readonly as?: BinaryToTextEncoding;
  readonly prefix?: string;
  /** What the key of the MAC is made from the secret by. */
  readonly key?: Uint8Array;
  readonly secret?: string;
  readonly before?: (sent: Sent) => string;
  readonly after?: (sent: Sent) => string;
  /** All that is signed, in place of the body between `before` and `after`. */
  readonly signed?: (sent: Sent) => string;
  readonly beside?: (sent: Sent) => readonly (readonly [string, string])[];
  /** Constant headers after the signature. */
  readonly companions?: readonly (readonly [string, string])[];
  readonly idHeader?: string;
  /** No MAC but a plain hash. */
  readonly isPlain?: true;
  readonly covers?: "form" | "fields";
  readonly sends?: string;
  readonly url?: string;
  readonly timestampHeader?: string;
  /** Writes the header's value from the time and the signature. */
  readonly value?: (time: string, signature: string) => string;
  readonly time?: (seconds: string) => string;
}

/** The body alone. */
const BODY_ROWS: readonly Row[] = [
  ["bitbucket-hmac-sha256", "X-Hub-Signature", { prefix: "sha256=" }],
  ["bitbucket-server-hmac-sha256", "X-Hub-Signature", { prefix: "sha256=" }],
  ["gitea-hmac-sha256", "X-Gitea-Signature"],
  ["forgejo-hmac-sha256", "X-Forgejo-Signature"],
  ["gogs-hmac-sha256", "X-Gogs-Signature"],
  ["circleci-v1", "circleci-signature", { prefix: "v1=" }],
  ["vercel-hmac-sha1", "x-vercel-signature", { hash: "sha1" }],
  ["sentry-hmac-sha256", "Sentry-Hook-Signature"],
  ["pagerduty-v1", "X-PagerDuty-Signature", { prefix: "v1=" }],
  ["jira-hmac-sha256", "X-Hub-Signature", { prefix: "sha256=" }],
  ["trello-hmac-sha1", "X-Trello-Webhook", { hash: "sha1", as: "base64", after: ({ url }) => url }],
  ["asana-hmac-sha256", "X-Hook-Signature"],
  ["notion-hmac-sha256", "X-Notion-Signature", { prefix: "sha256=" }],
  ["grafana-hmac-sha256", "X-Grafana-Alerting-Signature"],
  ["doppler-hmac-sha256", "X-Doppler-Signature", { prefix: "sha256=" }],
  ["hookdeck-hmac-sha256", "x-hookdeck-signature", { as: "base64" }],
  ["meta-sha256", "X-Hub-Signature-256", { prefix: "sha256=" }],
  ["meta-sha1", "X-Hub-Signature", { hash: "sha1", prefix: "sha1=" }],
  ["x-hmac-sha256", "x-twitter-webhooks-signature", { as: "base64", prefix: "sha256=" }],
  ["line-hmac-sha256", "x-line-signature", { as: "base64" }],
  ["pusher-hmac-sha256", "X-Pusher-Signature"],
  ["getstream-hmac-sha256", "X-Signature"],
  ["intercom-hmac-sha1", "X-Hub-Signature", { hash: "sha1", prefix: "sha1=" }],
  ["lemon-squeezy-hmac-sha256", "X-Signature"],
  ["paystack-hmac-sha512", "X-Paystack-Signature", { hash: "sha512" }],
  ["razorpay-hmac-sha256", "X-Razorpay-Signature"],
  ["mollie-hmac-sha256", "X-Mollie-Signature", { prefix: "sha256=" }],
  ["coinbase-commerce-hmac-sha256", "X-CC-Webhook-Signature"],
  ["gocardless-hmac-sha256", "Webhook-Signature"],
  ["modern-treasury-hmac-sha256", "X-Signature"],
  ["woocommerce-hmac-sha256", "X-WC-Webhook-Signature", { as: "base64" }],
  ["easypost-hmac-sha256", "X-Hmac-Signature", { prefix: "hmac-sha256-hex=" }],
  ["checkout-hmac-sha256", "Cko-Signature"],
  [
    "adyen-platforms",
    "HmacSignature",
    {
      as: "base64",
      secret: "44782DEF547AAA06C910C43932B1EB0C",
      key: Buffer.from("44782DEF547AAA06C910C43932B1EB0C", "hex"),
      companions: [["Protocol", "HmacSHA256"]],
    },
  ],
  ["mailersend-hmac-sha256", "Signature"],
  ["vapi-hmac-sha256", "x-vapi-signature"],
  ["dropbox-hmac-sha256", "X-Dropbox-Signature"],
  ["docusign-hmac-sha256", "X-DocuSign-Signature-1", { as: "base64" }],
  ["typeform-hmac-sha256", "Typeform-Signature", { as: "base64", prefix: "sha256=" }],
  ["cal-com-hmac-sha256", "x-cal-signature-256"],
  [
    "airtable-hmac-sha256",
    "X-Airtable-Content-MAC",
    { prefix: "hmac-sha256=", secret: "MDEyMzQ1Njc4OWFiY2RlZg==", key: Buffer.from("0123456789abcdef") },
  ],
  ["kontent-hmac-sha256", "X-Kontent-ai-Signature", { as: "base64" }],
  ["onfido-hmac-sha256", "X-SHA2-Signature"],
  ["fingerprint-v1", "fpjs-event-signature", { prefix: "v1=" }],
  ["xero-hmac-sha256", "x-xero-signature", { as: "base64" }],
  ["greenhouse-hmac-sha256", "Signature", { prefix: "sha256 " }],
  ["planetscale-hmac-sha256", "x-planetscale-signature"],
  ["attio-hmac-sha256", "attio-signature"],
  ["plain-hmac-sha256", "plain-request-signature"],
  ["firecrawl-hmac-sha256", "x-firecrawl-signature", { prefix: "sha256=" }],
  ["envoy-hmac-sha256", "X-Envoy-Signature", { as: "base64" }],
  ["quickbooks-hmac-sha256", "intuit-signature", { as: "base64" }],
  ...["sha1", "sha256", "sha384", "sha512"].map((hash): Row => [
    `websub-${hash}`,
    "X-Hub-Signature",
    { hash, prefix: `${hash}=` },
  ]),
  [
    "hubspot-v1",
    "X-HubSpot-Signature",
    { isPlain: true, before: () => SECRET, companions: [["X-HubSpot-Signature-Version", "v1"]] },
  ],
  [
    "hubspot-v2",
    "X-HubSpot-Signature",
    {
      isPlain: true,
      before: ({ url }) => `${SECRET}POST${url}`,
      companions: [["X-HubSpot-Signature-Version", "v2"]],
    },
  ],
  [
    "mandrill-hmac-sha1",
    "X-Mandrill-Signature",
    {
      hash: "sha1",
      as: "base64",
      covers: "form",
      sends: "mandrill_events=%5B%7B%22event%22%3A%22send%22%2C%22_id%22%3A%22abc%22%7D%5D",
      signed: ({ url, body }) => url + sortedForm(body),
    },
  ],
  [
    "plivo-v1",
    "X-Plivo-Signature",
    {
      hash: "sha1",
      as: "base64",
      covers: "form",
      sends: "To=14155550100&From=14155550101&MessageUUID=00000000-0000-4000-8000-000000000001&Text=h%C3%A9llo",
      signed: ({ url, body }) => url + sortedForm(body),
    },
  ],
  [
    "plivo-v3",
    "X-Plivo-Signature-V3",
    {
      as: "base64",
      covers: "form",
      sends: "To=14155550100&From=14155550101&To=14155550099&Text=h%C3%A9llo",
      beside: ({ id }) => [["X-Plivo-Signature-V3-Nonce", id]],
      signed: ({ body, id }) => `https://example.com/hooks?x=1.${sortedForm(body)}.${id}`,
    },
  ],
  [
    "plivo-v2",
    "X-Plivo-Signature-V2",
    {
      as: "base64",
      covers: "fields",
      beside: ({ id }) => [["X-Plivo-Signature-V2-Nonce", id]],
      signed: ({ url, id }) => url + id,
    },
  ],
];

function sortedForm(body: Uint8Array): string {
  const fields = [...new URLSearchParams(Buffer.from(body).toString())].toSorted((a, b) =>
    String(a) < String(b) ? -1 : 1,
  );
  return fields.map(([name, value]) => name + value).join("");
}

const pairs =
  (stamp: string, key: string, between = ",") =>
  (time: string, signature: string) =>
    `${stamp}=${time}${between}${key}=${signature}`;
const milliseconds = (seconds: string) => (/^-?\d+$/.test(seconds) ? `${seconds}000` : seconds);
const isSeconds = (text: string) => /^\d{1,12}$/.test(text);
const iso = (text: string) => (isSeconds(text) ? new Date(Number(text) * 1000).toISOString() : text);
const httpDate = (text: string) => (isSeconds(text) ? new Date(Number(text) * 1000).toUTCString() : text);
const dotted = { before: ({ time }: Sent) => `${time}.` };

/** A body, and the same in the form of RFC 8785. */
const INNGEST_SENT =
  '{ "version": 1.0, "event": {"name": "app/user.signup", "data": {"b": "\\u00e9", "a": [1e1, null]}} }';
const INNGEST_SORTED: Readonly<Record<string, string>> = {
  [INNGEST_SENT]: '{"event":{"data":{"a":[10,null],"b":"\u00e9"},"name":"app/user.signup"},"version":1}',
};

/** A time and the body, both signed. */
const TIMED_ROWS: readonly Row[] = [
  [
    "zoom-v0",
    "x-zm-signature",
    { prefix: "v0=", timestampHeader: "x-zm-request-timestamp", before: ({ time }) => `v0:${time}:` },
  ],
  ["paddle-h1", "Paddle-Signature", { before: ({ time }) => `${time}:`, value: pairs("ts", "h1", ";") }],
  ["elevenlabs-v0", "elevenlabs-signature", { ...dotted, value: pairs("t", "v0") }],
  ["calendly-v1", "Calendly-Webhook-Signature", { ...dotted, value: pairs("t", "v1") }],
  ["mux-v1", "Mux-Signature", { ...dotted, value: pairs("t", "v1") }],
  [
    "inngest-hmac-sha256",
    "x-inngest-signature",
    {
      covers: "fields",
      secret: `signkey-test-${SECRET}`,
      key: Buffer.from(SECRET),
      signed: ({ body, time }) => `${INNGEST_SORTED[Buffer.from(body).toString()] ?? ""}${time}`,
      sends: INNGEST_SENT,
      value: pairs("t", "s", "&"),
    },
  ],
  ["tailscale-v1", "Tailscale-Webhook-Signature", { ...dotted, value: pairs("t", "v1") }],
  ["langfuse-v1", "x-langfuse-signature", { ...dotted, value: pairs("t", "v1") }],
  [
    "cloudinary-sha1",
    "X-Cld-Signature",
    { hash: "sha1", isPlain: true, timestampHeader: "X-Cld-Timestamp", after: ({ time }) => time + SECRET },
  ],
  [
    "mercado-pago-v1",
    "x-signature",
    {
      covers: "fields",
      url: "https://example.com/hooks?data.id=PAY-1&type=payment",
      beside: ({ id }) => [["x-request-id", id]],
      signed: ({ id, time }) => `id:pay-1;request-id:${id};ts:${time};`,
      value: pairs("ts", "v1"),
    },
  ],
];

const CONTENTFUL_HEADERS = "x-contentful-signed-headers,x-contentful-timestamp";

/** The same, with a time in milliseconds. */
const MILLISECOND_ROWS: readonly Row[] = [
  ["workos-v1", "WorkOS-Signature", { ...dotted, value: pairs("t", "v1", ", ") }],
  ["sanity-v1", "sanity-webhook-signature", { ...dotted, as: "base64url", value: pairs("t", "v1") }],
  ["recurly-hmac-sha256", "recurly-signature", { ...dotted, value: (time, signature) => `${time},${signature}` }],
  ["retell-d", "x-retell-signature", { after: ({ time }) => time, value: pairs("v", "d") }],
  [
    "webflow-hmac-sha256",
    "x-webflow-signature",
    { timestampHeader: "x-webflow-timestamp", before: ({ time }) => `${time}:` },
  ],
  [
    "hubspot-v3",
    "X-HubSpot-Signature-v3",
    {
      as: "base64",
      timestampHeader: "X-HubSpot-Request-Timestamp",
      before: ({ url }) => `POST${url}`,
      after: ({ time }) => time,
    },
  ],
  [
    "contentful-hmac-sha256",
    "x-contentful-signature",
    {
      timestampHeader: "x-contentful-timestamp",
      companions: [["x-contentful-signed-headers", CONTENTFUL_HEADERS]],
      before: ({ time }) =>
        `POST\n/hooks?x%253D1\nx-contentful-signed-headers:${CONTENTFUL_HEADERS};x-contentful-timestamp:${time}\n`,
    },
  ],
];

/** The same, with a time as a date. */
const DATE_ROWS: readonly Row[] = [
  [
    "box-hmac-sha256",
    "box-signature-primary",
    {
      as: "base64",
      time: iso,
      timestampHeader: "box-delivery-timestamp",
      after: ({ time }) => time,
      companions: [
        ["box-signature-version", "1"],
        ["box-signature-algorithm", "HmacSHA256"],
      ],
    },
  ],
  [
    "zendesk-hmac-sha256",
    "X-Zendesk-Webhook-Signature",
    {
      as: "base64",
      time: iso,
      timestampHeader: "X-Zendesk-Webhook-Signature-Timestamp",
      before: ({ time }) => time,
    },
  ],
  [
    "twitch-hmac-sha256",
    "Twitch-Eventsub-Message-Signature",
    {
      prefix: "sha256=",
      time: iso,
      idHeader: "Twitch-Eventsub-Message-Id",
      timestampHeader: "Twitch-Eventsub-Message-Timestamp",
      before: ({ id, time }) => id + time,
    },
  ],
  [
    "metronome-hmac-sha256",
    "Metronome-Webhook-Signature",
    { time: httpDate, timestampHeader: "X-Metronome-Date", before: ({ time }) => `${time}\n` },
  ],
];

export const macOracles: readonly Oracle[] = [
  ...[...BODY_ROWS, ...TIMED_ROWS, ...DATE_ROWS].map((row) => oracleOf(row)),
  ...MILLISECOND_ROWS.map(([scheme, header, options]) =>
    oracleOf([scheme, header, { ...options, time: milliseconds }]),
  ),
];

function oracleOf([scheme, header, options = {}]: Row): Oracle {
  const { as = "hex", prefix = "", secret = SECRET, timestampHeader, time, beside, covers, sends, url } = options;
  return {
    scheme,
    provider: providerOf(scheme),
    secret,
    signatureHeader: header,
    ...(timestampHeader === undefined ? {} : { timestampHeader }),
    ...(beside === undefined ? {} : { beside }),
    ...(covers === undefined ? {} : { covers }),
    ...(sends === undefined ? {} : { sends }),
    ...(url === undefined ? {} : { url: () => url }),
    headers: (given) => {
      const sent = { ...given, time: time?.(given.time) ?? given.time };
      const signature = digestOf(options, sent).toString(as);
      return [
        ...(options.idHeader === undefined ? [] : [[options.idHeader, sent.id] as const]),
        ...(timestampHeader === undefined ? [] : [[timestampHeader, sent.time] as const]),
        [header, options.value?.(sent.time, signature) ?? prefix + signature],
        ...(options.companions ?? []),
      ];
    },
  };
}

function digestOf(options: RowOptions, sent: Sent): Buffer {
  const { hash = "sha256", secret = SECRET, key, before, after, signed, isPlain } = options;
  const made = isPlain === true ? createHash(hash) : createHmac(hash, key ?? secret);
  if (signed !== undefined) return made.update(signed(sent)).digest();
  return made
    .update(before?.(sent) ?? "")
    .update(sent.body)
    .update(after?.(sent) ?? "")
    .digest();
}

/** `bitbucket-server-hmac-sha256` is of `bitbucket-server`. */
function providerOf(scheme: string): string {
  return scheme.replace(/-(?:hmac-sha\d+|sha\d+|v\d|h1|d|platforms)$/, "");
}
