import { createSecretKey } from "node:crypto";
import { asFetchRequest, holds, load, statusOf } from "./load.js";

export const messages = [
  {
    provider: "hubspot",
    package: "@hubspot/api-client",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { Signature } = load("@hubspot/api-client");
      return ({ headers, method, url, text }) =>
        Signature.isValid({
          signatureVersion: "v3",
          signature: headers["x-hubspot-signature-v3"],
          method,
          clientSecret: secret,
          requestBody: text,
          url,
          timestamp: Number(headers["x-hubspot-request-timestamp"]),
        });
    },
  },
  {
    provider: "hubspot",
    scheme: "hubspot-v1",
    package: "@hubspot/api-client",
    secret: "text",
    open: (secret) => {
      const { Signature } = load("@hubspot/api-client");
      return ({ headers, text }) =>
        Signature.isValid({ signature: headers["x-hubspot-signature"], clientSecret: secret, requestBody: text });
    },
  },
  {
    provider: "hubspot",
    scheme: "hubspot-v2",
    package: "@hubspot/api-client",
    secret: "text",
    open: (secret) => {
      const { Signature } = load("@hubspot/api-client");
      return ({ headers, method, url, text }) =>
        Signature.isValid({
          signatureVersion: "v2",
          signature: headers["x-hubspot-signature"],
          clientSecret: secret,
          requestBody: text,
          method,
          url,
        });
    },
  },
  {
    provider: "pusher",
    package: "pusher",
    secret: "text",
    open: (secret) => {
      const Pusher = load("pusher");
      return ({ headers, text }) => {
        const pusher = new Pusher({ appId: "1", key: headers["x-pusher-key"] ?? "none", secret });
        return pusher.webhook({ headers, rawBody: text }).isValid();
      };
    },
  },
  {
    provider: "getstream",
    package: "stream-chat",
    secret: "text",
    open: (secret) => {
      const client = new (load("stream-chat").StreamChat)("key", secret);
      return ({ headers, text }) => client.verifyWebhook(text, headers["x-signature"]);
    },
  },
  {
    provider: "getstream",
    package: "@stream-io/node-sdk",
    secret: "text",
    open: (secret) => {
      const client = new (load("@stream-io/node-sdk").StreamClient)("key", secret);
      return ({ headers, text }) => client.verifyWebhook(text, headers["x-signature"]);
    },
  },
  {
    provider: "livekit",
    package: "livekit-server-sdk",
    secret: "text",
    // The library sets no limit of its own but the token's.
    checksAge: true,
    open: (secret) => {
      return async ({ headers, text }) => {
        const { WebhookReceiver } = await import("livekit-server-sdk");
        const issuer = JSON.parse(Buffer.from(headers.authorization.split(".")[1], "base64url")).iss;
        return holds(() => new WebhookReceiver(issuer, secret).receive(text, headers.authorization));
      };
    },
  },
  {
    provider: "line",
    package: "@line/bot-sdk",
    secret: "text",
    open: (secret) => {
      const { validateSignature } = load("@line/bot-sdk");
      return ({ headers, body }) => validateSignature(body, secret, headers["x-line-signature"]);
    },
  },
  {
    provider: "twitch",
    package: "@twurple/eventsub-http",
    secret: "text",
    open: (secret) => {
      return async ({ headers, text }) => {
        const { EventSubMiddleware } = await import("@twurple/eventsub-http");
        // The check that its middleware makes once it has asked Twitch for the subscription, called on a bare object.
        return EventSubMiddleware.prototype._verifyData.call(
          { _secret: secret },
          headers["twitch-eventsub-message-id"],
          headers["twitch-eventsub-message-timestamp"],
          text,
          headers["twitch-eventsub-message-signature"],
        );
      };
    },
  },
  {
    provider: "telegram",
    package: "grammy",
    secret: "text",
    signsBody: false,
    open: (secret) => {
      const { Bot, webhookCallback } = load("grammy");
      const botInfo = { id: 1, is_bot: true, first_name: "Bot", username: "bot" };
      const handle = webhookCallback(new Bot("1:none", { botInfo }), "std/http", { secretToken: secret });
      return async (request) => (await handle(asFetchRequest(request))).status === 200;
    },
  },
  {
    provider: "telegram",
    package: "telegraf",
    secret: "text",
    signsBody: false,
    open: (secret) => {
      const { Telegraf } = load("telegraf");
      const bot = new Telegraf("1:none");
      bot.botInfo = { id: 1, is_bot: true, first_name: "Bot", username: "bot" };
      const handle = bot.webhookCallback("/webhook", { secretToken: secret });
      return async (request) => (await statusOf(handle, request)) === 200;
    },
  },
  {
    provider: "meta",
    package: "whatsapp-api-js",
    secret: "text",
    open: (secret) => {
      return async ({ headers, text }) => {
        const { WhatsAppAPI } = await import("whatsapp-api-js/setup/node").then(async ({ NodeNext }) => {
          const { WhatsAppAPI: Api } = await import("whatsapp-api-js");
          return { WhatsAppAPI: new Api(NodeNext({ token: "none", appSecret: secret })) };
        });
        return WhatsAppAPI.verifyRequestSignature(text, headers["x-hub-signature-256"]);
      };
    },
  },
  {
    provider: "meta",
    package: "x-hub-signature",
    secret: "text",
    open: (secret) => {
      return async ({ headers, body }) => {
        const { default: XHubSignature } = await import("x-hub-signature");
        return new XHubSignature("sha256", secret).verify(headers["x-hub-signature-256"], body);
      };
    },
  },
  {
    provider: "zoom",
    package: "@zoom/rivet",
    secret: "text",
    checksAge: false,
    open: (secret) => {
      const { HttpReceiver } = load("@zoom/rivet/marketplace");
      const receiver = new HttpReceiver({ port: 0, webhooksSecretToken: secret, endpoints: "/webhook" });
      receiver.init({ eventEmitter: { emit: () => Promise.resolve() } });
      const started = receiver.start(0);
      return async ({ headers, body }) => {
        await started;
        receiver.server.unref();
        const { port } = receiver.server.address();
        const response = await fetch(`http://127.0.0.1:${port}/webhook`, {
          method: "POST",
          headers: Object.entries(headers).filter(([name]) => name.startsWith("x-zm-") || name === "content-type"),
          body,
        });
        return response.status === 200;
      };
    },
  },
  {
    provider: "resend",
    package: "resend",
    secret: "whsec",
    checksAge: true,
    open: (secret) => {
      const resend = new (load("resend").Resend)("re_none");
      return ({ headers, text }) =>
        resend.webhooks.verify({
          payload: text,
          headers: {
            id: headers["svix-id"],
            timestamp: headers["svix-timestamp"],
            signature: headers["svix-signature"],
          },
          webhookSecret: secret,
        }) !== undefined;
    },
  },
  {
    provider: "telnyx",
    package: "telnyx",
    secret: "ed25519",
    checksAge: true,
    open: (publicKey) => {
      const client = new (load("telnyx").default)({ apiKey: "none", publicKey });
      return ({ headers, text }) => holds(() => client.webhooks.unwrap(text, { headers }));
    },
  },
  {
    provider: "plivo",
    package: "plivo",
    secret: "text",
    signsBody: false,
    open: (secret) => {
      const { validateSignature } = load("plivo");
      return ({ headers, url }) =>
        validateSignature(url, headers["x-plivo-signature-v2-nonce"], headers["x-plivo-signature-v2"], secret);
    },
  },
  {
    provider: "plivo",
    scheme: "plivo-v3",
    package: "plivo",
    secret: "text",
    open: (secret) => {
      const { validateV3Signature } = load("plivo");
      return ({ method, headers, url, text }) =>
        validateV3Signature(
          method,
          url,
          headers["x-plivo-signature-v3-nonce"],
          secret,
          headers["x-plivo-signature-v3"],
          Object.fromEntries(new URLSearchParams(text)),
        );
    },
  },
  {
    provider: "vonage",
    package: "@vonage/jwt",
    secret: "text",
    signsBody: false,
    open: (secret) => {
      return async ({ headers }) => {
        const { verifySignature } = await import("@vonage/jwt");
        return verifySignature(headers.authorization.replace("Bearer ", ""), secret);
      };
    },
  },
  {
    provider: "messagebird",
    package: "messagebird",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { verify } = load("messagebird/lib/webhook-signature-jwt");
      const key = createSecretKey(Buffer.from(secret, "utf8"));
      return ({ headers, url, body }) => holds(() => verify(url, body, headers["messagebird-signature-jwt"], key));
    },
  },
  {
    provider: "mailersend",
    package: "mailersend",
    secret: "text",
    open: (secret) => {
      const { MailerSendUtils } = load("mailersend/lib/services/mailersend.utils");
      return ({ headers, text }) => MailerSendUtils.verifyWebHook(text, headers.signature, secret);
    },
  },
  {
    provider: "dropbox-sign",
    package: "@dropbox/sign",
    secret: "text",
    signsBody: false,
    open: (secret) => {
      const { EventCallbackHelper, EventCallbackRequest } = load("@dropbox/sign");
      return async (request) => {
        const form = await asFetchRequest(request).formData();
        return EventCallbackHelper.isValid(secret, EventCallbackRequest.init(JSON.parse(form.get("json"))));
      };
    },
    wrongs: [/"event_hash": *"(.)/, /"event_time": *"(.)/, /"event_type": *"(.)/],
  },
];
