import { holds, load } from "./load.js";

export const payments = [
  {
    provider: "adyen",
    package: "@adyen/api-library",
    secret: "hex",
    open: (secret) => {
      const validator = new (load("@adyen/api-library").hmacValidator)();
      return ({ headers, text }) =>
        headers.hmacsignature === undefined
          ? JSON.parse(text).notificationItems.every(({ NotificationRequestItem: item }) =>
              validator.validateHMAC(item, secret),
            )
          : validator.validateHMACSignature(secret, headers.hmacsignature, text);
    },
    wrongs: [/"hmacSignature": *"(.)/, /"pspReference": *"(.)/, /"merchantReference": *"(.)/],
  },
  {
    provider: "braintree",
    package: "braintree",
    secret: "text",
    open: (secret) => {
      const { BraintreeGateway, Environment } = load("braintree");
      return async ({ text }) => {
        const form = new URLSearchParams(text);
        // The public key says which of the signatures is meant.
        const publicKey = form.get("bt_signature").split("|")[0];
        const gateway = new BraintreeGateway({
          environment: Environment.Sandbox,
          merchantId: "merchant",
          publicKey,
          privateKey: secret,
        });
        return holds(() => gateway.webhookNotification.parse(form.get("bt_signature"), form.get("bt_payload")));
      };
    },
    wrongs: [/bt_signature=[^%]*%7C(.)/i, /bt_payload=(.)/],
  },
  {
    provider: "paddle",
    package: "@paddle/paddle-node-sdk",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { Paddle } = load("@paddle/paddle-node-sdk");
      const { webhooks } = new Paddle("no-call-is-made");
      return async ({ headers, text }) => webhooks.isSignatureValid(text, secret, headers["paddle-signature"]);
    },
  },
  {
    provider: "polar",
    package: "@polar-sh/sdk",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { validateEvent, WebhookVerificationError } = load("@polar-sh/sdk/webhooks");
      return ({ headers, text }) => {
        try {
          validateEvent(text, headers, secret);
          return true;
        } catch (error) {
          // The check comes first; what it says of the event's shape afterwards is about our short fixtures.
          return !(error instanceof WebhookVerificationError);
        }
      };
    },
  },
  {
    provider: "dodo-payments",
    package: "dodopayments",
    secret: "whsec",
    checksAge: true,
    open: (secret) => {
      const client = new (load("dodopayments").default)({ bearerToken: "none", webhookKey: secret });
      return ({ headers, text }) => client.webhooks.unwrap(text, { headers }) !== undefined;
    },
  },
  {
    provider: "razorpay",
    package: "razorpay",
    secret: "text",
    open:
      (secret) =>
      ({ headers, text }) =>
        load("razorpay").validateWebhookSignature(text, headers["x-razorpay-signature"], secret),
  },
  {
    provider: "gocardless",
    package: "gocardless-nodejs",
    secret: "text",
    open:
      (secret) =>
      ({ headers, text }) =>
        load("gocardless-nodejs/webhooks").parse(text, secret, headers["webhook-signature"]).length > 0,
  },
  {
    provider: "coinbase-commerce",
    package: "coinbase-commerce-node",
    secret: "text",
    open:
      (secret) =>
      ({ headers, text }) =>
        load("coinbase-commerce-node").Webhook.verifyEventBody(text, headers["x-cc-webhook-signature"], secret) !==
        undefined,
  },
  {
    provider: "mercado-pago",
    package: "mercadopago",
    secret: "text",
    checksAge: true,
    signsBody: false,
    open:
      (secret) =>
      async ({ headers, url }) => {
        const { WebhookSignatureValidator } = load("mercadopago");
        WebhookSignatureValidator.validate({
          xSignature: headers["x-signature"],
          xRequestId: headers["x-request-id"],
          dataId: new URL(url).searchParams.get("data.id"),
          secret,
          toleranceSeconds: 300,
        });
        return true;
      },
    query: "?data.id=123456&type=payment",
  },
  {
    provider: "lithic",
    package: "lithic",
    secret: "whsec",
    checksAge: true,
    open: (secret) => {
      const client = new (load("lithic").default)({ apiKey: "none", webhookSecret: secret });
      return ({ headers, text }) => holds(() => client.webhooks.verifySignature(text, headers));
    },
  },
  {
    provider: "modern-treasury",
    package: "modern-treasury",
    secret: "text",
    open: (secret) => {
      const client = new (load("modern-treasury").default)({
        apiKey: "none",
        organizationID: "none",
        webhookKey: secret,
      });
      return ({ headers, text }) => client.webhooks.validateSignature(text, headers);
    },
  },
  {
    provider: "metronome",
    package: "@metronome/sdk",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const client = new (load("@metronome/sdk").default)({ bearerToken: "none", webhookSecret: secret });
      return ({ headers, text }) => holds(() => client.webhooks.verifySignature(text, headers));
    },
  },
  {
    provider: "easypost",
    package: "@easypost/api",
    secret: "text",
    open: (secret) => {
      const client = new (load("@easypost/api"))("none");
      return ({ headers, body }) => client.Utils.validateWebhook(body, headers, secret) !== undefined;
    },
  },
  {
    provider: "chargebee",
    package: "chargebee",
    secret: "basic",
    signsBody: false,
    open: (secret) => {
      const { basicAuthValidator } = load("chargebee");
      const check = basicAuthValidator((user, password) => `${user}:${password}` === secret);
      return ({ headers }) => holds(() => check(headers));
    },
  },
];
