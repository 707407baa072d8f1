import type { CommandDefinition } from "./command.js";

/** `hookcli events`: what was captured. Alone it lists. */
export const events: CommandDefinition = {
  examples: [
    { line: "hookcli events", about: "the newest 30 of this project" },
    { line: "hookcli events --state failed", about: "those that the app did not take; all filters of list" },
    { line: "hookcli events show last", about: "the newest one, whole" },
  ],
  subcommands: [
    {
      name: "list",
      summary: "list captured events, the newest first",
      isDefault: true,
      load: async () => (await import("./events/list.js")).list,
    },
    {
      name: "show",
      summary: "show one event: request, signature, attempts, body",
      load: async () => (await import("./events/show.js")).show,
    },
    {
      name: "export",
      summary: "write events to files: NDJSON, HAR, curl, raw HTTP, fixtures",
      load: async () => (await import("./events/export.js")).exportEvents,
    },
    {
      name: "import",
      summary: "take events from files of hookcli and of other tools",
      load: async () => (await import("./events/import.js")).importEvents,
    },
    {
      name: "stats",
      summary: "count events by provider, type, status and more",
      load: async () => (await import("./events/stats.js")).stats,
    },
    {
      name: "rm",
      summary: "remove events for good",
      load: async () => (await import("./events/rm.js")).rm,
    },
    {
      name: "prune",
      summary: "remove what the retention does not keep; never what is pending or dead",
      load: async () => (await import("./events/prune.js")).prune,
    },
  ],
};
