import type { CommandEntry } from "./command.js";

/** Every command, in the order of `hookcli --help`. */
export const commands: readonly CommandEntry[] = [
  {
    name: "listen",
    summary: "open a public URL, capture every event, deliver it to a local port",
    load: async () => (await import("./listen.js")).listen,
  },
  {
    name: "send",
    aliases: ["trigger"],
    summary: "make a signed test event and send it",
    load: async () => (await import("./send.js")).send,
  },
  {
    name: "replay",
    aliases: ["resend"],
    summary: "deliver captured events again",
    load: async () => (await import("./replay.js")).replay,
  },
  {
    name: "verify",
    summary: "check a signature; explain a failure",
    load: async () => (await import("./verify.js")).verify,
  },
  {
    name: "sign",
    summary: "print the headers that a provider would send for a body",
    load: async () => (await import("./sign.js")).sign,
  },
  {
    name: "events",
    summary: "list and show captured events",
    load: async () => (await import("./events.js")).events,
  },
  {
    name: "fixtures",
    summary: "list, show, check and save test events",
    load: async () => (await import("./fixtures.js")).fixtures,
  },
  {
    name: "providers",
    summary: "what is known of each provider: how it signs, and how to try it",
    load: async () => (await import("./providers.js")).providers,
  },
  {
    name: "routes",
    summary: "where an event would go, and why",
    load: async () => (await import("./routes.js")).routes,
  },
  {
    name: "diff",
    summary: "compare two events, or what the app answered them",
    load: async () => (await import("./diff.js")).diff,
  },
  {
    name: "init",
    summary: "write a config file and a fixture to begin with",
    load: async () => (await import("./init.js")).init,
  },
  {
    name: "config",
    summary: "what is configured here, and where each value came from",
    load: async () => (await import("./config.js")).config,
  },
  {
    name: "doctor",
    summary: "find out why webhooks do not arrive",
    load: async () => (await import("./doctor.js")).doctor,
  },
  {
    name: "completion",
    summary: "print the script that completes commands, events and fixtures in your shell",
    load: async () => (await import("./completion.js")).completion,
  },
  {
    name: "demo",
    summary: "the whole loop in ten seconds, on this computer alone",
    load: async () => (await import("./demo.js")).demo,
  },
];
