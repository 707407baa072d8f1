import type { Provider } from "./provider.js";

/** Source: https://api.slack.com/authentication/verifying-requests-from-slack */
export const slack: Provider = {
  name: "slack",
  aliases: [],
  title: "Slack",
  evidence: "vector",
  documents: "https://api.slack.com/authentication/verifying-requests-from-slack",
  secretPlace: "api.slack.com/apps > the app > Basic Information > Signing Secret",
  schemes: [
    {
      name: "slack-v0",
      label: "v0",
      algorithm: { family: "hmac", hash: "sha256" },
      content: [
        { part: "literal", text: "v0:" },
        { part: "timestamp" },
        { part: "literal", text: ":" },
        { part: "body" },
      ],
      signature: { from: "header", names: ["X-Slack-Signature"], parse: { kind: "prefix", prefix: "v0=" } },
      encoding: "hex",
      secret: { kind: "utf8" },
      timestamp: {
        from: { kind: "header", names: ["X-Slack-Request-Timestamp"] },
        unit: "s",
        providerToleranceSeconds: 300,
        providerRefusesFuture: false,
      },
    },
  ],
  contentType: "application/json",
  // Slash commands and interactivity send forms, the Events API sends JSON.
  bodyForm: { of: ["command", "payload"] },
  detection: { signatureHeaders: ["X-Slack-Signature"], otherHeaders: ["X-Slack-Request-Timestamp"] },
  eventType: [
    { in: "body", path: ["event", "type"] },
    { in: "body", path: ["type"] },
    { in: "formJson", name: "payload", path: ["type"] },
    { in: "form", name: "command", as: "slash_command" },
  ],
  eventId: [{ in: "body", path: ["event_id"] }],
  deliveryId: [],
  outgoing: [],
  ackDeadlineMs: 3_000,
  retry: {
    delaysMs: [0, 60_000, 300_000],
    retries: 3,
    note: "at once, after a minute, after five; X-Slack-No-Retry: 1 in a refusal ends it",
  },
  retryMark: {
    at: { in: "header", name: "X-Slack-Retry-Num" },
    counts: "retries",
    reason: { in: "header", name: "X-Slack-Retry-Reason" },
  },
  handshake: "slack-url-verification",
};

/** The numbers of Discord's interaction types, by their names in small letters. Source: https://discord.com/developers/docs/interactions/receiving-and-responding */
const DISCORD_INTERACTIONS: Readonly<Record<string, string>> = {
  "1": "ping",
  "2": "application_command",
  "3": "message_component",
  "4": "application_command_autocomplete",
  "5": "modal_submit",
};

/** Interactions and webhook events. Discord sends wrong signatures on purpose and expects 401 for them. */
export const discord: Provider = {
  name: "discord",
  aliases: [],
  title: "Discord",
  evidence: "sdk",
  documents: "https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint",
  secretPlace: "discord.com/developers > the application > General Information > Public Key",
  schemes: [
    {
      name: "discord-ed25519",
      label: "ed25519",
      algorithm: { family: "ed25519" },
      content: [{ part: "timestamp" }, { part: "body" }],
      signature: { from: "header", names: ["X-Signature-Ed25519"], parse: { kind: "raw" } },
      encoding: "hexAnyCase",
      secret: { kind: "key", type: "ed25519" },
      timestamp: {
        from: { kind: "header", names: ["X-Signature-Timestamp"] },
        unit: "s",
        providerToleranceSeconds: null,
        providerRefusesFuture: false,
      },
    },
  ],
  contentType: "application/json",
  detection: { signatureHeaders: ["X-Signature-Ed25519"], otherHeaders: ["X-Signature-Timestamp"] },
  eventType: [
    { in: "body", path: ["event", "type"] },
    { in: "body", path: ["type"], names: DISCORD_INTERACTIONS },
  ],
  eventId: [{ in: "body", path: ["id"] }],
  deliveryId: [],
  outgoing: [],
  handshake: "discord-ping",
};
