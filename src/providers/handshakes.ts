import type { FieldPath } from "../signatures/scheme.js";
import type { Answer, Exchange, Handshake, Place, Sent, Told, Value } from "./handshake.js";
import type { HandshakeKind } from "./provider.js";

/*
 * What providers ask of an endpoint before they send events to it, and what is the right answer. Loaded only by what
 * answers or sends them.
 */

const header = (name: string): Place => ({ in: "header", name });
const query = (name: string): Place => ({ in: "query", name });
const body = (...path: FieldPath): Place => ({ in: "body", path });

const get = (...names: string[]): Told => ({ method: "GET", traits: names.map((name) => ({ at: query(name) })) });

/** What stood in the request. */
const echo = (at: Place): Value => [{ part: "request", at }];
const text = (words: string): Value => [{ part: "literal", text: words }];

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const CHALLENGE = "FAKEchallenge{{random.hex 32}}";
const SIGNED = { of: "signature" } as const;
const NEEDS_SIGNATURE = { of: "signature", isNeeded: true } as const;
/** A plain yes. */
const OK: Answer = { status: 200, body: { kind: "none" } };
const ANY_SUCCESS: Answer = { ...OK, takes: "2xx" };

/** A GET whose query parameter comes back as text. */
function echoed(name: string, rest: Omit<Answer, "status" | "body"> = {}): Answer {
  return { status: 200, body: { kind: "text", value: echo(query(name)) }, ...rest };
}

/** The same request with a wrong signature. */
function wrong(sent: Sent): Sent {
  return { ...sent, name: `${sent.name}-bad`, isWrong: true };
}

/** A provider that looks whether there is an endpoint before it takes its URL. */
function headed(provider: string, title: string): Handshake {
  return {
    provider,
    words:
      "a HEAD request, answered 200 (hookcli answers for the app only with --provider, as HEAD does not say who asks)",
    exchanges: [
      {
        told: { method: "HEAD", traits: [], onlyOf: "provider" },
        sent: [{ name: "handshake", headers: [["User-Agent", title]] }],
        answer: OK,
      },
    ],
  };
}

const DISCORD_PING: Sent = { name: "handshake", body: { fixture: "ping" }, isSigned: true };
const XERO_INTENT: Sent = {
  name: "handshake",
  body: { json: { events: [], lastEventSequence: 0, firstEventSequence: 0, entropy: "FAKE{{random.hex 16}}" } },
  isSigned: true,
};

/** Source: https://www.w3.org/TR/websub/, section 5.3 */
const WEBSUB: Exchange = {
  told: {
    method: "GET",
    traits: [
      { at: query("hub.mode"), looks: /^(?:un)?subscribe$/ },
      { at: query("hub.topic") },
      { at: query("hub.challenge") },
    ],
  },
  sent: [
    {
      name: "handshake",
      query: [
        ["hub.mode", "subscribe"],
        ["hub.topic", "https://www.example.com/feed.xml"],
        ["hub.challenge", CHALLENGE],
        ["hub.lease_seconds", "432000"],
      ],
    },
  ],
  answer: echoed("hub.challenge", { takes: "2xx" }),
};

function metaQuery(token: string | Value): NonNullable<Sent["query"]> {
  return [
    ["hub.mode", "subscribe"],
    ["hub.challenge", "{{seq:string}}158201444"],
    ["hub.verify_token", token],
  ];
}

/** Source: https://developers.facebook.com/docs/graph-api/webhooks/getting-started */
const META: Exchange = {
  told: {
    method: "GET",
    traits: [
      { at: query("hub.mode"), is: "subscribe" },
      { at: query("hub.verify_token") },
      { at: query("hub.challenge") },
    ],
  },
  sent: [
    { name: "handshake", query: metaQuery([{ part: "setting", name: "verifyToken" }]) },
    { name: "handshake-bad", query: metaQuery("FAKEwrong{{random.hex 8}}"), isWrong: true },
  ],
  answer: echoed("hub.challenge"),
  demands: { of: "value", at: query("hub.verify_token"), equals: [{ part: "setting", name: "verifyToken" }] },
};

/** Source: https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema */
const EVENT_GRID: Exchange = {
  told: {
    method: "POST",
    traits: [{ at: header("aeg-event-type"), is: "SubscriptionValidation" }, { at: body(0, "data", "validationCode") }],
  },
  sent: [
    {
      name: "handshake",
      body: { fixture: "Microsoft.EventGrid.SubscriptionValidationEvent" },
      headers: [["aeg-event-type", "SubscriptionValidation"]],
    },
  ],
  answer: {
    status: 200,
    body: { kind: "json", members: { validationResponse: echo(body(0, "data", "validationCode")) } },
  },
};

/** Source: https://learn.microsoft.com/azure/event-grid/webhook-event-delivery */
const CLOUD_EVENTS: Exchange = {
  told: { method: "OPTIONS", traits: [{ at: header("WebHook-Request-Origin") }] },
  sent: [{ name: "handshake-cloudevents", headers: [["WebHook-Request-Origin", "eventgrid.azure.net"]] }],
  answer: {
    ...ANY_SUCCESS,
    headers: [
      { name: "WebHook-Allowed-Origin", value: echo(header("WebHook-Request-Origin")), or: "*" },
      { name: "WebHook-Allowed-Rate", value: text("*"), isOptional: true },
    ],
  },
};

/** Source: https://developers.hellosign.com/docs/events/walkthrough/ */
const DROPBOX_SIGN_ANSWER: Answer = {
  status: 200,
  body: { kind: "text", value: text("Hello API Event Received"), isPart: true },
};
const DROPBOX_SIGN_EVENT: Place = { in: "formJson", name: "json", path: ["event", "event_type"] };
const DROPBOX_SIGN_TEST = {
  event: {
    event_type: "callback_test",
    event_time: "{{unix:string}}",
    event_hash: "",
    event_metadata: {
      related_signature_id: null,
      reported_for_account_id: "fa4e000000000000000000000000000000000003",
      reported_for_app_id: null,
      event_message: null,
    },
  },
};

const TWITCH_BODY = {
  challenge: CHALLENGE,
  subscription: {
    id: "{{uuid}}",
    status: "webhook_callback_verification_pending",
    type: "stream.online",
    version: "1",
    cost: 1,
    condition: { broadcaster_user_id: "900000001" },
    transport: { method: "webhook", callback: "https://example.com/webhook" },
    created_at: "{{now}}",
  },
};

/** Every handshake by its kind. Where several could be meant, the first one that fits is. */
export const handshakes: Readonly<Record<HandshakeKind, Handshake>> = {
  "slack-url-verification": {
    provider: "slack",
    words: "a POST of type url_verification, answered 200 with its challenge, as text or as JSON",
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: body("type"), is: "url_verification" }, { at: body("challenge") }] },
        sent: [{ name: "handshake", body: { fixture: "url_verification" }, isSigned: true }],
        answer: {
          status: 200,
          body: { kind: "text", value: echo(body("challenge")), inJson: "challenge" },
          withinMs: 3_000,
        },
        demands: SIGNED,
      },
    ],
  },
  websub: {
    provider: "websub",
    words: "a GET with hub.topic and hub.challenge, answered 2xx with the challenge as text",
    exchanges: [WEBSUB],
  },
  "meta-verify-token": {
    provider: "meta",
    words:
      "a GET with hub.challenge, answered 200 with the challenge as text if hub.verify_token is the one that you gave there (--setting verifyToken=...), else 403",
    exchanges: [META],
  },
  // Source: https://docs.x.com/x-api/webhooks/quickstart
  "x-crc": {
    provider: "x",
    words:
      'a GET with crc_token, answered 200 with JSON: response_token is "sha256=" and the HMAC-SHA256 of the token, in base64',
    exchanges: [
      {
        told: get("crc_token"),
        sent: [
          {
            name: "handshake",
            query: [
              ["crc_token", CHALLENGE],
              ["nonce", "FAKEnonce{{random.hex 16}}"],
            ],
          },
        ],
        answer: {
          status: 200,
          body: {
            kind: "json",
            members: {
              response_token: [
                { part: "literal", text: "sha256=" },
                { part: "hmac", hash: "sha256", of: echo(query("crc_token")), encoding: "base64" },
              ],
            },
          },
          withinMs: 10_000,
        },
      },
    ],
  },
  // Source: https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint
  "zoom-url-validation": {
    provider: "zoom",
    words:
      "a POST of event endpoint.url_validation, answered 200 within 3 s with JSON: plainToken, and encryptedToken, its HMAC-SHA256 in hex",
    exchanges: [
      {
        told: {
          method: "POST",
          traits: [{ at: body("event"), is: "endpoint.url_validation" }, { at: body("payload", "plainToken") }],
        },
        sent: [
          {
            name: "handshake",
            body: {
              json: {
                payload: { plainToken: "FAKEplain{{random.hex 16}}" },
                event_ts: "{{unixMs}}",
                event: "endpoint.url_validation",
              },
            },
            isSigned: true,
          },
        ],
        answer: {
          status: 200,
          body: {
            kind: "json",
            members: {
              plainToken: echo(body("payload", "plainToken")),
              encryptedToken: [
                { part: "hmac", hash: "sha256", of: echo(body("payload", "plainToken")), encoding: "hex" },
              ],
            },
          },
          withinMs: 3_000,
        },
        demands: SIGNED,
      },
    ],
  },
  // Source: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
  "graph-validation-token": {
    provider: "microsoft-graph",
    words: "a POST with validationToken in the query, answered 200 within 10 s with the decoded token as text/plain",
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: query("validationToken") }] },
        sent: [
          {
            name: "handshake",
            query: [
              ["validationToken", "Validation: Testing client application reachability for subscription {{uuid}}"],
            ],
            contentType: "text/plain; charset=utf-8",
          },
        ],
        answer: {
          status: 200,
          body: { kind: "text", value: echo(query("validationToken")), mediaType: "text/plain" },
          withinMs: 10_000,
        },
      },
    ],
  },
  "event-grid-validation": {
    provider: "event-grid",
    words:
      "a POST with aeg-event-type: SubscriptionValidation, answered 200 with JSON: validationResponse is its validationCode; with CloudEvents an OPTIONS request, answered with WebHook-Allowed-Origin",
    exchanges: [EVENT_GRID, CLOUD_EVENTS],
  },
  // Source: https://www.dropbox.com/developers/reference/webhooks
  "dropbox-challenge": {
    provider: "dropbox",
    words: "a GET with challenge, answered 200 with the challenge as text",
    exchanges: [
      {
        told: get("challenge"),
        sent: [{ name: "handshake", query: [["challenge", CHALLENGE]] }],
        answer: echoed("challenge", {
          headers: [{ name: "X-Content-Type-Options", value: text("nosniff"), isOptional: true }],
          withinMs: 10_000,
        }),
      },
    ],
  },
  // Source: https://developer.okta.com/docs/concepts/event-hooks/
  "okta-verification": {
    provider: "okta",
    words: "a GET with X-Okta-Verification-Challenge, answered 200 with JSON: verification is its value",
    exchanges: [
      {
        told: { method: "GET", traits: [{ at: header("X-Okta-Verification-Challenge") }] },
        sent: [{ name: "handshake", headers: [["X-Okta-Verification-Challenge", CHALLENGE]] }],
        answer: {
          status: 200,
          body: { kind: "json", members: { verification: echo(header("X-Okta-Verification-Challenge")) } },
        },
      },
    ],
  },
  // Source: https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html
  "sns-subscription": {
    provider: "sns",
    words:
      "a SubscriptionConfirmation: check its signature, then GET its SubscribeURL; hookcli shows the URL and never fetches it",
    exchanges: [
      {
        told: {
          method: "POST",
          traits: [{ at: body("Type"), is: "SubscriptionConfirmation" }, { at: body("SubscribeURL") }],
        },
        sent: [{ name: "handshake", body: { fixture: "SubscriptionConfirmation" }, isSigned: true }],
        answer: { never: "hookcli fetches no URL that a message names", shows: body("SubscribeURL") },
      },
    ],
  },
  // Source: https://developer.xero.com/documentation/webhooks/configuring-your-server
  "xero-intent": {
    provider: "xero",
    words:
      "POSTs without events, some with a wrong signature: answered within 5 s, without a body, 200 where the signature is right and 401 where it is not",
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: header("x-xero-signature") }, { at: body("events"), empty: true }] },
        sent: [XERO_INTENT, wrong(XERO_INTENT)],
        answer: { status: 200, body: { kind: "none", isStrict: true }, withinMs: 5_000 },
        demands: NEEDS_SIGNATURE,
      },
    ],
  },
  // Source: https://developers.asana.com/docs/webhooks-guide
  "asana-hook-secret": {
    provider: "asana",
    words:
      "a POST with X-Hook-Secret, answered 200 or 204 with the same header; its value is the secret of all events to come",
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: header("X-Hook-Secret") }] },
        sent: [
          {
            name: "handshake",
            headers: [["X-Hook-Secret", "FAKE{{random.hex 28}}"]],
            contentType: JSON_TYPE,
            body: { json: {} },
          },
        ],
        answer: {
          status: 200,
          takes: [204],
          headers: [{ name: "X-Hook-Secret", value: echo(header("X-Hook-Secret")) }],
          body: { kind: "none" },
          withinMs: 10_000,
        },
        handsSecret: header("X-Hook-Secret"),
      },
    ],
  },
  // Source: https://dev.twitch.tv/docs/eventsub/handling-webhook-events/#responding-to-a-challenge-request
  "twitch-callback-verification": {
    provider: "twitch",
    words:
      "a POST with Twitch-Eventsub-Message-Type: webhook_callback_verification, answered 200 with exactly its challenge as text",
    exchanges: [
      {
        told: {
          method: "POST",
          traits: [
            { at: header("Twitch-Eventsub-Message-Type"), is: "webhook_callback_verification" },
            { at: body("challenge") },
          ],
        },
        sent: [
          {
            name: "handshake",
            headers: [["Twitch-Eventsub-Message-Type", "webhook_callback_verification"]],
            eventType: "stream.online",
            body: { json: TWITCH_BODY },
            isSigned: true,
          },
        ],
        answer: { status: 200, takes: "2xx", body: { kind: "text", value: echo(body("challenge")), isExact: true } },
        demands: SIGNED,
      },
    ],
  },
  // Sources: https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint, https://discord.com/developers/docs/events/webhook-events
  "discord-ping": {
    provider: "discord",
    words:
      'a ping ({"type":1}), answered 200 with {"type":1}; wrong signatures must get 401; the ping of webhook events ({"type":0}) is answered 204',
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: header("X-Signature-Ed25519") }, { at: body("type"), is: "1" }] },
        sent: [DISCORD_PING, wrong(DISCORD_PING)],
        answer: { status: 200, body: { kind: "json", members: { type: 1 } }, withinMs: 3_000 },
        demands: NEEDS_SIGNATURE,
      },
      {
        told: { method: "POST", traits: [{ at: header("X-Signature-Ed25519") }, { at: body("type"), is: "0" }] },
        sent: [
          {
            name: "handshake-events",
            body: { json: { version: 1, application_id: "900000000000000010", type: 0 } },
            isSigned: true,
          },
        ],
        answer: { status: 204, body: { kind: "none", isStrict: true } },
        demands: NEEDS_SIGNATURE,
      },
    ],
  },
  "trello-head": headed("trello", "Trello"),
  "mandrill-head": headed("mandrill", "Mandrill-Webhook/1.0"),
  // Source: braintree_node lib/braintree/webhook_notification_gateway.js
  "braintree-challenge": {
    provider: "braintree",
    words:
      "a GET with bt_challenge, answered 200 with text: the public key (--setting publicKey=...), | and the HMAC-SHA1 of the challenge by the private key, in hex",
    exchanges: [
      {
        told: get("bt_challenge"),
        sent: [{ name: "handshake", query: [["bt_challenge", "{{random.hex 32}}"]] }],
        answer: {
          status: 200,
          body: {
            kind: "text",
            value: [
              { part: "setting", name: "publicKey" },
              { part: "literal", text: "|" },
              { part: "hmac", hash: "sha1", of: echo(query("bt_challenge")), encoding: "hex", key: "sha1" },
            ],
          },
        },
      },
    ],
  },
  // Source: event-notification-nodejs-sdk, lib/validator.js
  "ebay-challenge": {
    provider: "ebay",
    words:
      "a GET with challenge_code, answered 200 with JSON: challengeResponse is the SHA-256 of the code, the verification token (--setting verificationToken=...) and the endpoint's URL, in hex",
    exchanges: [
      {
        told: get("challenge_code"),
        sent: [{ name: "handshake", query: [["challenge_code", "FAKE{{random.hex 32}}"]] }],
        answer: {
          status: 200,
          body: {
            kind: "json",
            members: {
              challengeResponse: [
                {
                  part: "hash",
                  hash: "sha256",
                  of: [
                    { part: "request", at: query("challenge_code") },
                    { part: "setting", name: "verificationToken" },
                    { part: "endpoint" },
                  ],
                  encoding: "hex",
                },
              ],
            },
          },
        },
      },
    ],
  },
  // Source: https://developers.notion.com/reference/webhooks
  "notion-verification-token": {
    provider: "notion",
    words:
      "a POST with nothing but verification_token, answered 200; the token goes into Notion's form, and is the secret of all events to come",
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: body("verification_token") }] },
        sent: [{ name: "handshake", body: { json: { verification_token: "secret_FAKE{{random.hex 32}}" } } }],
        answer: ANY_SUCCESS,
        handsSecret: body("verification_token"),
      },
    ],
  },
  "dropbox-sign-hello": {
    provider: "dropbox-sign",
    words: "a callback_test, answered 200 with Hello API Event Received; every event must get this answer",
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: DROPBOX_SIGN_EVENT, is: "callback_test" }] },
        sent: [{ name: "handshake", body: { json: DROPBOX_SIGN_TEST }, isSigned: true }],
        answer: DROPBOX_SIGN_ANSWER,
        demands: SIGNED,
      },
      {
        told: { method: "POST", traits: [{ at: DROPBOX_SIGN_EVENT }], onlyOf: "provider", isEvent: true },
        sent: [],
        answer: DROPBOX_SIGN_ANSWER,
      },
    ],
  },
  // Source: https://docs.adyen.com/development-resources/webhooks/
  "adyen-accepted": {
    provider: "adyen",
    words: "every notification is answered 2xx, classic ones with [accepted]",
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: body("notificationItems") }], onlyOf: "provider", isEvent: true },
        sent: [{ name: "handshake", body: { fixture: "AUTHORISATION" }, isSigned: true }],
        answer: { ...ANY_SUCCESS, body: { kind: "text", value: text("[accepted]"), isOptional: true } },
      },
    ],
  },
  // Source: woocommerce includes/class-wc-webhook.php, deliver_ping
  "woocommerce-ping": {
    provider: "woocommerce",
    words: "a form with nothing but webhook_id, not signed, answered 200",
    exchanges: [
      {
        told: {
          method: "POST",
          traits: [
            { at: header("User-Agent"), looks: /^WooCommerce\// },
            { at: { in: "form", name: "webhook_id" }, looks: /^\d+$/ },
          ],
        },
        sent: [
          {
            name: "handshake",
            headers: [["User-Agent", "WooCommerce/9.0.0 Hookshot (WordPress/6.6)"]],
            contentType: FORM,
            body: { text: "webhook_id=1" },
          },
        ],
        answer: OK,
      },
    ],
  },
  // Source: https://docs.github.com/webhooks/webhook-events-and-payloads#ping
  "github-ping": {
    provider: "github",
    words: "an event of type ping, answered 2xx",
    exchanges: [
      {
        told: { method: "POST", traits: [{ at: header("X-GitHub-Event"), is: "ping" }] },
        sent: [{ name: "handshake", body: { fixture: "ping" }, isSigned: true }],
        answer: ANY_SUCCESS,
        demands: SIGNED,
      },
    ],
  },
};
