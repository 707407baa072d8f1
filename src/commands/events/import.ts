import { Option, type Command } from "commander";
import { IMPORT_FORMS, type ImportForm } from "../../events/import-request.js";
import type { CommandDefinition } from "../command.js";

/** The options of `events import`, parsed. */
export interface ImportOptions {
  readonly from: ImportForm | "auto";
  readonly keepProject?: boolean;
  readonly dryRun?: boolean;
}

/** `hookcli events import`: events from files of hookcli and of other tools. */
export const importEvents: CommandDefinition<ImportOptions> = {
  examples: [
    { line: "hookcli events export | hookcli --db copy.db events import -", about: "into another store" },
    { line: "hookcli events import request.http --dry-run", about: "what would come of a raw HTTP request" },
  ],
  define: addImportOptions,
  run: async (invocation) => (await import("./import/run.js")).runImport(invocation),
  endsOnSignal: true,
};

function addImportOptions(command: Command): void {
  command
    .argument("<files...>", "files, or - for standard input")
    .addOption(
      new Option(
        "--from <form>",
        "what they are: exports of hookcli, HAR files, raw HTTP, or what stripe-cli, smee and GitHub tell",
      )
        .choices([...IMPORT_FORMS, "auto"])
        .default("auto"),
    )
    .option("--keep-project", "leave events of hookcli in the project they came from")
    .option("--dry-run", "read everything, store nothing");
}
