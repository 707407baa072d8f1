import type { Scheme } from "../signatures/scheme.js";
import { STANDARD_LOOKS } from "./define.js";
import type { Provider } from "./provider.js";
import { STANDARD_NAMES, standardScheme } from "./schemes.js";

/** Source: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries */
function githubScheme(hash: "sha256" | "sha1", header: string): Scheme {
  return {
    name: `github-${hash}`,
    label: hash,
    algorithm: { family: "hmac", hash },
    content: [{ part: "body" }],
    signature: { from: "header", names: [header], parse: { kind: "prefix", prefix: `${hash}=` } },
    encoding: "hex",
    secret: { kind: "utf8" },
    ...(hash === "sha1" ? { weak: true } : {}),
  };
}

export const github: Provider = {
  name: "github",
  aliases: ["gh"],
  title: "GitHub",
  evidence: "vector",
  documents: "https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries",
  secretPlace: "Settings > Webhooks > the webhook > Secret",
  schemes: [githubScheme("sha256", "X-Hub-Signature-256"), githubScheme("sha1", "X-Hub-Signature")],
  contentType: "application/json",
  // The form has one field. Source: https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers
  bodyForm: { of: "asked", field: "payload" },
  detection: {
    signatureHeaders: ["X-Hub-Signature-256", "X-Hub-Signature"],
    otherHeaders: ["X-GitHub-Event", "X-GitHub-Delivery"],
    unless: ["X-Gitea-Event", "X-Forgejo-Event", "X-Gogs-Event"],
    // Its SHA-1 never comes alone; others send such a header, with other hashes in it too.
    signatureLooks: { "X-Hub-Signature": /^sha1=/i },
    commonHeaders: ["X-Hub-Signature-256"],
  },
  eventType: [{ in: "header", name: "X-GitHub-Event", also: { in: "body", path: ["action"] } }],
  eventId: [],
  deliveryId: [{ in: "header", name: "X-GitHub-Delivery" }],
  outgoing: [
    { name: "User-Agent", value: { from: "literal", text: "GitHub-Hookshot/hookcli" } },
    { name: "X-GitHub-Delivery", value: { from: "deliveryId" } },
    { name: "X-GitHub-Event", value: { from: "eventType", form: "beforeDot" } },
  ],
  ackDeadlineMs: 10_000,
  retry: { retries: 0, note: "no automatic redelivery; by hand or API for 3 days" },
  handshake: "github-ping",
};

/** The words of a body's `object_kind` as the X-Gitlab-Event header writes them. Source: https://docs.gitlab.com/user/project/integrations/webhook_events/ */
const GITLAB_EVENTS: Readonly<Record<string, string>> = {
  push: "Push Hook",
  tag_push: "Tag Push Hook",
  issue: "Issue Hook",
  note: "Note Hook",
  merge_request: "Merge Request Hook",
  wiki_page: "Wiki Page Hook",
  pipeline: "Pipeline Hook",
  build: "Job Hook",
  deployment: "Deployment Hook",
  feature_flag: "Feature Flag Hook",
  release: "Release Hook",
  emoji: "Emoji Hook",
  milestone: "Milestone Hook",
  access_token: "Resource Access Token Hook",
};

export const gitlab: Provider = {
  name: "gitlab",
  aliases: [],
  title: "GitLab",
  evidence: "source",
  documents: "https://docs.gitlab.com/user/project/integrations/webhooks/",
  secretPlace: "Settings > Webhooks > the webhook > Secret token, or Signing token",
  schemes: [
    {
      name: "gitlab-token",
      label: "token",
      algorithm: { family: "token" },
      content: [],
      signature: { from: "header", names: ["X-Gitlab-Token"], parse: { kind: "raw" } },
      encoding: "text",
      secret: { kind: "utf8" },
    },
    // A signing token beside the secret token, or in its place: whsec_ and base64 of 32 bytes.
    {
      ...standardScheme("gitlab", "v1", STANDARD_NAMES),
      secret: { kind: "prefixedBase64", prefix: "whsec_", without: "none" },
      only: { in: "header", name: "webhook-signature" },
    },
  ],
  contentType: "application/json",
  detection: {
    signatureHeaders: ["X-Gitlab-Token", "webhook-signature"],
    signatureLooks: { "webhook-signature": STANDARD_LOOKS },
    otherHeaders: ["X-Gitlab-Event"],
  },
  eventType: [
    { in: "body", path: ["object_kind"] },
    { in: "body", path: ["event_name"] },
    { in: "header", name: "X-Gitlab-Event" },
  ],
  eventId: [{ in: "header", name: "X-Gitlab-Event-UUID" }],
  deliveryId: [
    { in: "header", name: "webhook-id" },
    { in: "header", name: "Idempotency-Key" },
    { in: "header", name: "X-Gitlab-Event-UUID" },
  ],
  outgoing: [
    { name: "User-Agent", value: { from: "literal", text: "GitLab/hookcli" } },
    { name: "Idempotency-Key", value: { from: "deliveryId" } },
    { name: "X-Gitlab-Event", value: { from: "eventType", names: GITLAB_EVENTS } },
    { name: "X-Gitlab-Event-UUID", value: { from: "eventId" } },
  ],
  ackDeadlineMs: 10_000,
};
