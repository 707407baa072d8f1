import type { ContentPart } from "../signatures/scheme.js";
import { body, define, header } from "./define.js";
import type { BodyForm } from "./provider.js";
import { bodyMac, prefixed } from "./schemes.js";

/** SHA-256 in the header that means SHA-1 at others: the prefix tells which. */
const hubSha256 = (provider: string) => bodyMac(provider, "X-Hub-Signature", { parse: prefixed("sha256=") });

export const bitbucket = define("bitbucket", [], () => ({
  title: "Bitbucket Cloud",
  evidence: "third-party",
  documents: "https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/",
  secretPlace: "Repository settings > Webhooks > the webhook > Secret",
  schemes: [hubSha256("bitbucket")],
  detection: {
    signatureHeaders: ["X-Hub-Signature"],
    signatureLooks: /^sha256=/i,
    otherHeaders: ["X-Hook-UUID", "X-Request-UUID", "X-Event-Key"],
    bodies: [[{ path: ["repository", "uuid"] }]],
  },
  eventType: [header("X-Event-Key")],
  deliveryId: [header("X-Request-UUID")],
  outgoing: [
    { name: "User-Agent", value: { from: "literal", text: "Bitbucket-Webhooks/2.0" } },
    { name: "X-Event-Key", value: { from: "eventType", form: "colon" } },
    { name: "X-Hook-UUID", value: { from: "literal", text: "00000000-0000-4000-8000-000000000001" } },
    { name: "X-Request-UUID", value: { from: "deliveryId" } },
    { name: "X-Attempt-Number", value: { from: "literal", text: "1" } },
  ],
  retryMark: { at: header("X-Attempt-Number"), counts: "attempts" },
}));

export const bitbucketServer = define("bitbucket-server", ["bitbucket-dc"], () => ({
  title: "Bitbucket Data Center",
  evidence: "vector",
  documents: "https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html",
  secretPlace: "Repository settings > Webhooks > the webhook > Secret",
  schemes: [hubSha256("bitbucket-server")],
  detection: {
    signatureHeaders: ["X-Hub-Signature"],
    signatureLooks: /^sha256=/i,
    otherHeaders: ["X-Event-Key"],
    bodies: [[{ path: ["eventKey"] }]],
    unless: ["X-Hook-UUID", "X-Request-UUID"],
  },
  eventType: [header("X-Event-Key")],
  deliveryId: [header("X-Request-Id")],
  outgoing: [
    { name: "X-Event-Key", value: { from: "eventType", form: "colon" } },
    { name: "X-Request-Id", value: { from: "deliveryId" } },
  ],
}));

/** For a form, the JSON in its `payload` is what was signed. Source: Gitea services/webhook/deliver.go, Gogs internal/database/webhook.go */
const PAYLOAD: readonly ContentPart[] = [{ part: "formFieldOrBody", name: "payload" }];
const PAYLOAD_FORM: BodyForm = { of: "asked", field: "payload" };

export const gitea = define("gitea", [], () => ({
  title: "Gitea",
  evidence: "vector",
  documents: "https://docs.gitea.com/usage/webhooks",
  secretPlace: "Settings > Webhooks > the webhook > Secret",
  schemes: [bodyMac("gitea", "X-Gitea-Signature", { content: PAYLOAD })],
  bodyForm: PAYLOAD_FORM,
  detection: {
    signatureHeaders: ["X-Gitea-Signature"],
    otherHeaders: ["X-Gitea-Event", "X-Gitea-Delivery"],
    unless: ["X-Forgejo-Event", "X-Forgejo-Signature"],
  },
  eventType: [header("X-Gitea-Event")],
  deliveryId: [header("X-Gitea-Delivery")],
  outgoing: [
    { name: "X-Gitea-Delivery", value: { from: "deliveryId" } },
    { name: "X-Gitea-Event", value: { from: "eventType" } },
    { name: "X-Gitea-Event-Type", value: { from: "eventType" } },
  ],
  // The default of DELIVER_TIMEOUT.
  ackDeadlineMs: 5_000,
}));

export const forgejo = define("forgejo", ["codeberg"], () => ({
  title: "Forgejo",
  evidence: "source",
  documents: "https://forgejo.org/docs/latest/user/webhooks/",
  secretPlace: "Settings > Webhooks > the webhook > Secret",
  schemes: [bodyMac("forgejo", "X-Forgejo-Signature", { content: PAYLOAD })],
  bodyForm: PAYLOAD_FORM,
  detection: { signatureHeaders: ["X-Forgejo-Signature"], otherHeaders: ["X-Forgejo-Event", "X-Forgejo-Delivery"] },
  eventType: [header("X-Forgejo-Event")],
  deliveryId: [header("X-Forgejo-Delivery")],
  outgoing: [
    { name: "X-Forgejo-Delivery", value: { from: "deliveryId" } },
    { name: "X-Forgejo-Event", value: { from: "eventType" } },
    { name: "X-Forgejo-Event-Type", value: { from: "eventType" } },
  ],
}));

export const gogs = define("gogs", [], () => ({
  title: "Gogs",
  evidence: "vector",
  documents: "https://github.com/gogs/docs-api/tree/master/Repositories#webhooks",
  secretPlace: "Settings > Webhooks > the webhook > Secret",
  schemes: [bodyMac("gogs", "X-Gogs-Signature", { content: PAYLOAD })],
  bodyForm: PAYLOAD_FORM,
  detection: {
    signatureHeaders: ["X-Gogs-Signature"],
    otherHeaders: ["X-Gogs-Event", "X-Gogs-Delivery"],
    unless: ["X-Gitea-Event", "X-Forgejo-Event"],
  },
  eventType: [header("X-Gogs-Event")],
  deliveryId: [header("X-Gogs-Delivery")],
  outgoing: [
    { name: "X-Gogs-Delivery", value: { from: "deliveryId" } },
    { name: "X-Gogs-Event", value: { from: "eventType" } },
  ],
}));

export const circleci = define("circleci", [], () => ({
  title: "CircleCI",
  evidence: "third-party",
  documents: "https://circleci.com/docs/webhooks/",
  secretPlace: "Project Settings > Webhooks > the webhook > Secret token",
  schemes: [
    {
      ...bodyMac("circleci", "circleci-signature", { label: "v1" }),
      signature: {
        from: "header",
        names: ["circleci-signature"],
        parse: { kind: "pairs", item: ",", pair: "=", signature: "v1" },
      },
    },
  ],
  detection: { signatureHeaders: ["circleci-signature"], otherHeaders: ["circleci-event-type"] },
  eventType: [body("type"), header("circleci-event-type")],
  eventId: [body("id")],
  outgoing: [
    { name: "User-Agent", value: { from: "literal", text: "CircleCI-Webhook/1.0" } },
    { name: "circleci-event-type", value: { from: "eventType", form: "beforeDot" } },
  ],
}));

/** SHA-1, which other libraries get wrong. */
export const vercel = define("vercel", [], () => ({
  title: "Vercel",
  evidence: "third-party",
  documents: "https://vercel.com/docs/webhooks/webhooks-api",
  secretPlace: "the webhook's secret, shown once when it is made; for integrations the Client Secret",
  schemes: [bodyMac("vercel", "x-vercel-signature", { hash: "sha1" })],
  eventType: [body("type")],
  eventId: [body("id")],
}));
