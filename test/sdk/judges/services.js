import { asFetchRequest, holds, load } from "./load.js";

export const services = [
  {
    provider: "anthropic",
    package: "@anthropic-ai/sdk",
    secret: "whsec",
    checksAge: true,
    open: (secret) => {
      const client = new (load("@anthropic-ai/sdk").default)({ apiKey: "none", webhookKey: secret });
      return ({ headers, text }) => client.beta.webhooks.unwrap(text, { headers }) !== undefined;
    },
  },
  {
    provider: "openai",
    package: "openai",
    secret: "whsec",
    checksAge: true,
    open: (secret) => {
      const client = new (load("openai").default)({ apiKey: "none", webhookSecret: secret });
      return ({ headers, text }) => holds(() => client.webhooks.verifySignature(text, headers));
    },
  },
  {
    provider: "replicate",
    package: "replicate",
    secret: "whsec",
    open:
      (secret) =>
      ({ headers, text }) =>
        load("replicate").validateWebhook({ headers, body: text }, secret),
  },
  {
    provider: "clerk",
    package: "@clerk/backend",
    secret: "whsec",
    checksAge: true,
    open: (secret) => {
      const { verifyWebhook } = load("@clerk/backend/webhooks");
      return (request) => holds(() => verifyWebhook(asFetchRequest(request), { signingSecret: secret }));
    },
  },
  {
    provider: "workos",
    package: "@workos-inc/node",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { webhooks } = new (load("@workos-inc/node").WorkOS)("sk_none");
      return ({ headers, text }) =>
        holds(() =>
          webhooks.constructEvent({ payload: JSON.parse(text), sigHeader: headers["workos-signature"], secret }),
        );
    },
  },
  {
    provider: "mux",
    package: "@mux/mux-node",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const client = new (load("@mux/mux-node").default)({
        tokenId: "none",
        tokenSecret: "none",
        webhookSecret: secret,
      });
      return ({ headers, text }) => holds(() => client.webhooks.verifySignature(text, headers));
    },
  },
  {
    provider: "liveblocks",
    package: "@liveblocks/node",
    secret: "whsec",
    checksAge: true,
    open: (secret) => {
      return async ({ headers, text }) => {
        const { WebhookHandler } = await import("@liveblocks/node");
        return new WebhookHandler(secret).verifyRequest({ headers, rawBody: text }) !== undefined;
      };
    },
  },
  {
    provider: "onfido",
    package: "@onfido/api",
    secret: "text",
    open: (secret) => {
      const verifier = new (load("@onfido/api").WebhookEventVerifier)(secret);
      return ({ headers, body }) => verifier.readPayload(body, headers["x-sha2-signature"]) !== undefined;
    },
  },
  {
    provider: "fingerprint",
    package: "@fingerprintjs/fingerprintjs-pro-server-api",
    secret: "text",
    open: (secret) => {
      const { isValidWebhookSignature } = load("@fingerprintjs/fingerprintjs-pro-server-api");
      return ({ headers, body }) =>
        isValidWebhookSignature({ header: headers["fpjs-event-signature"], data: body, secret });
    },
  },
  {
    provider: "cloudinary",
    package: "cloudinary",
    secret: "text",
    // Two hours, and only backwards.
    open: (secret) => {
      const cloudinary = load("cloudinary").v2;
      return ({ headers, text }) => {
        cloudinary.config({ api_secret: secret });
        return cloudinary.utils.verifyNotificationSignature(
          text,
          Number(headers["x-cld-timestamp"]),
          headers["x-cld-signature"],
        );
      };
    },
  },
  {
    provider: "qstash",
    package: "@upstash/qstash",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { Receiver } = load("@upstash/qstash");
      const receiver = new Receiver({ currentSigningKey: secret, nextSigningKey: "another" });
      return ({ headers, text, url }) =>
        holds(() => receiver.verify({ signature: headers["upstash-signature"], body: text, url }));
    },
  },
  {
    provider: "sanity",
    package: "@sanity/webhook",
    secret: "text",
    open: (secret) => {
      return async ({ headers, text }) => {
        const { isValidSignature } = await import("@sanity/webhook");
        return isValidSignature(text, headers["sanity-webhook-signature"], secret);
      };
    },
  },
  {
    provider: "contentful",
    package: "@contentful/node-apps-toolkit",
    secret: "hex64",
    checksAge: true,
    open: (secret) => {
      const { verifyRequest } = load("@contentful/node-apps-toolkit");
      return ({ method, url, headers, text }) => {
        const { pathname, search } = new URL(url);
        return verifyRequest(secret, { method, path: pathname + search, headers, body: text });
      };
    },
  },
  {
    provider: "hygraph",
    package: "@hygraph/utils",
    secret: "text",
    open:
      (secret) =>
      ({ headers, text }) =>
        load("@hygraph/utils").verifyWebhookSignature({
          rawPayload: text,
          signature: headers["gcms-signature"],
          secret,
        }),
  },
  {
    provider: "kontent",
    package: "@kontent-ai/webhook-helper",
    secret: "text",
    open: (secret) => {
      const { signatureHelper } = load("@kontent-ai/webhook-helper");
      return ({ headers, text }) =>
        signatureHelper.isValidSignatureFromString(text, secret, headers["x-kontent-ai-signature"]);
    },
  },
  {
    provider: "webflow",
    package: "webflow-api",
    secret: "text",
    open: (secret) => {
      const client = new (load("webflow-api").WebflowClient)({ accessToken: "none" });
      return ({ headers, text }) => client.webhooks.verifySignature({ headers, body: text, secret });
    },
  },
  {
    provider: "box",
    package: "box-node-sdk",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { WebhooksManager } = load("box-node-sdk/lib/managers/webhooks");
      return ({ headers, text }) => WebhooksManager.validateMessage(text, headers, secret);
    },
  },
  {
    provider: "elevenlabs",
    package: "@elevenlabs/elevenlabs-js",
    secret: "text",
    // Half an hour, and only backwards.
    open: (secret) => {
      const { webhooks } = new (load("@elevenlabs/elevenlabs-js").ElevenLabsClient)({ apiKey: "none" });
      return async ({ headers, text }) =>
        (await webhooks.constructEvent(text, headers["elevenlabs-signature"], secret)) !== undefined;
    },
  },
  {
    provider: "retell",
    package: "retell-sdk",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { Retell } = load("retell-sdk");
      return ({ headers, text }) => Retell.verify(text, secret, headers["x-retell-signature"]);
    },
  },
  {
    provider: "linear",
    package: "@linear/sdk",
    secret: "text",
    checksAge: true,
    open: (secret) => {
      const { LinearWebhookClient } = load("@linear/sdk/webhooks");
      const client = new LinearWebhookClient(secret);
      return ({ headers, body }) => client.verify(body, headers["linear-signature"]);
    },
  },
  {
    provider: "notion",
    package: "@notionhq/client",
    secret: "text",
    open: (secret) => {
      const { verifyWebhookSignature } = load("@notionhq/client");
      return ({ headers, text }) =>
        verifyWebhookSignature({ body: text, signature: headers["x-notion-signature"], verificationToken: secret });
    },
  },
  {
    provider: "atlassian-connect",
    scheme: "atlassian-connect-jwt",
    package: "atlassian-jwt",
    secret: "text",
    signsBody: false,
    open: (secret) => {
      const { createQueryStringHash, decodeSymmetric, fromMethodAndUrl } = load("atlassian-jwt");
      return ({ method, url, headers }) => {
        const { pathname, search } = new URL(url);
        const { qsh } = decodeSymmetric(headers.authorization.replace("JWT ", ""), secret, "HS256");
        return qsh === createQueryStringHash(fromMethodAndUrl(method, pathname + search));
      };
    },
    query: "?b=two%20words&a=1&a=0",
  },
];
