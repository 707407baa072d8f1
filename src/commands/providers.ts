import type { CommandDefinition } from "./command.js";

/** `hookcli providers`: what is known of those who send webhooks. Alone it lists. */
export const providers: CommandDefinition = {
  examples: [
    { line: "hookcli providers", about: "all that are known" },
    { line: "hookcli providers show stripe", about: "one of them on a screen" },
  ],
  subcommands: [
    {
      name: "list",
      summary: "list providers: how each signs, and how well that is known",
      isDefault: true,
      load: async () => (await import("./providers/list.js")).list,
    },
    {
      name: "show",
      summary: "show one: what it signs and how, where its secret is found, how to try it",
      load: async () => (await import("./providers/show.js")).show,
    },
  ],
};
