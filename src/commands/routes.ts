import type { CommandDefinition } from "./command.js";

/** `hookcli routes`: where events go. */
export const routes: CommandDefinition = {
  examples: [
    { line: "hookcli routes test last 5000", about: "where the newest event would go" },
    { line: "hookcli routes test last --route 'message.*=3000/messages'", about: "a route to try" },
  ],
  subcommands: [
    {
      name: "test",
      summary: "say where a captured event would go, and why",
      load: async () => (await import("./routes/test.js")).test,
    },
  ],
};
