import type { CommandDefinition } from "./command.js";

/** `hookcli config`: what holds here, and why. Alone it lists. */
export const config: CommandDefinition = {
  examples: [
    { line: "hookcli config", about: "each value, and where it came from" },
    { line: "hookcli config list --json", about: "the same for a program" },
  ],
  subcommands: [
    {
      name: "list",
      summary: "each value, and the flag, variable or line of a file that it came from",
      isDefault: true,
      load: async () => (await import("./config/list.js")).list,
    },
    {
      name: "get",
      summary: "one value alone; exits with 1 when it is not set",
      load: async () => (await import("./config/get.js")).get,
    },
    {
      name: "path",
      summary: "the config files that are read, and which of them exist",
      load: async () => (await import("./config/path.js")).path,
    },
    {
      name: "schema",
      summary: "the JSON Schema of the config file, for editors",
      load: async () => (await import("./config/schema.js")).schema,
    },
  ],
};
