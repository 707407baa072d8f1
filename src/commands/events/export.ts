import { Option, type Command } from "commander";
import { parseInteger } from "../../config/values.js";
import type { CommandDefinition } from "../command.js";
import { addSelectorOptions, type SelectorOptions } from "../selector-options.js";

/** The forms of `events export`. */
export const EXPORT_FORMS = ["ndjson", "har", "curl", "http", "fixture"] as const;

export type ExportFormName = (typeof EXPORT_FORMS)[number];

/** The options of `events export`, parsed. */
export interface ExportOptions extends SelectorOptions {
  readonly as: ExportFormName;
  readonly output?: string;
  readonly force?: boolean;
  readonly includeSecrets?: boolean;
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly to?: string;
}

/** `hookcli events export`: events as files that other programs, and `events import`, read. */
export const exportEvents: CommandDefinition<ExportOptions> = {
  examples: [
    { line: "hookcli events export > events.ndjson", about: "all of this project, the oldest first" },
    { line: "hookcli events export --as har --since 2h --output events.har", about: "for a browser's network panel" },
    { line: "hookcli events export last --as curl", about: "a script that sends the same bytes again" },
    {
      line: "hookcli events export last~2 last --as fixture --output saved",
      about: "bodies as files: saved/PROVIDER/TYPE.json",
    },
  ],
  define: addExportOptions,
  run: async (invocation) => (await import("./export/run.js")).runExport(invocation),
  endsOnSignal: true,
};

function addExportOptions(command: Command): void {
  addSelectorOptions(command.argument("[events...]", "numbers, ids, last, last~2, ranges 3..7; all when none is named"))
    .addOption(new Option("--as <form>", "what to write").choices(EXPORT_FORMS).default("ndjson"))
    .option("-o, --output <file>", "a new file, written whole or not at all; for several of http and fixture a folder")
    .option("--force", "write over files that are there")
    .option(
      "--include-secrets",
      "header and query values that are credentials, instead of ***; bodies are never changed",
    )
    .option("--limit <number>", "the newest of them; 0 for all", (text) =>
      parseInteger(text, { name: "--limit", min: 0, max: 1_000_000_000 }),
    )
    .option("--reverse", "the newest first (default: the oldest first)")
    .option("--to <target>", "where curl commands send (default: the target of the event's last attempt)");
}
