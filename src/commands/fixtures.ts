import type { CommandDefinition } from "./command.js";

/** `hookcli fixtures`: test events. Alone it lists. */
export const fixtures: CommandDefinition = {
  examples: [
    { line: "hookcli fixtures", about: "your own and the built-in ones" },
    { line: "hookcli fixtures show stripe/invoice.paid", about: "what one holds" },
    { line: "hookcli fixtures save last", about: "make one of a captured event" },
  ],
  subcommands: [
    {
      name: "list",
      summary: "list test events: your own and the built-in ones",
      isDefault: true,
      load: async () => (await import("./fixtures/list.js")).list,
    },
    {
      name: "show",
      summary: "show one: its body, and how it is sent",
      load: async () => (await import("./fixtures/show.js")).show,
    },
    {
      name: "validate",
      summary: "check that fixtures can be read, filled in, signed and sent",
      load: async () => (await import("./fixtures/validate.js")).validate,
    },
    {
      name: "save",
      summary: "make a fixture of a captured event, without its credentials",
      load: async () => (await import("./fixtures/save.js")).save,
    },
  ],
};
