import { parseList } from "../config/values.js";
import { parseIgnored, parsePart, type Ignored } from "../events/diff/filter.js";
import type { Part } from "../events/diff/parts.js";
import type { CommandDefinition, Invocation } from "./command.js";
import { addSecretOptions, type SecretOptions } from "./events/secret-options.js";
import { PAGER_OPTION, type PagerOptions } from "./paging.js";

/** What `diff` was asked for, parsed. */
export interface DiffOptions extends SecretOptions, PagerOptions {
  readonly answers?: boolean;
  readonly only?: readonly Part[];
  readonly ignore: readonly Ignored[];
  readonly strict?: boolean;
  readonly allProjects?: boolean;
}

/** `hookcli diff`: two requests, or two answers, side by side. */
export const diff: CommandDefinition<DiffOptions> = {
  examples: [
    { line: "hookcli diff last~1 last --only method,path,headers", about: "but for the bodies" },
    {
      line: "hookcli diff 2 3 --ignore body:timestamp --ignore body:data.id",
      about: "but for values that are known to differ; exit code 0 when nothing else does",
    },
    { line: "hookcli diff 2 3 --answers", about: "what the app answered each of them" },
  ],
  define: (command) => {
    command
      .argument("<event>", "its number, its id or the beginning of it, last, last~2")
      .argument("<other>", "the event to compare with")
      .option("--answers", "compare what the app answered last, not the requests")
      .option("--only <parts>", "compare these alone: method, path, query, headers, trailers, body, status", (text) =>
        parseList(text, "--only").map(parsePart),
      )
      .option(
        "--ignore <what>",
        "leave out header:NAME, query:NAME, body:data.id, a part, or spelling (how equal JSON is written); repeatable",
        (text, previous: readonly Ignored[]) => [...previous, ...parseIgnored(text)],
        [] as readonly Ignored[],
      )
      .option("--strict", "headers that differ each time (date, signature, ids of deliveries) count too")
      .option("--all-projects", "look at the events of all projects")
      .option(...PAGER_OPTION);
    addSecretOptions(command);
  },
  run: async (invocation: Invocation<DiffOptions>) => {
    const { runDiff } = await import("./diff/run.js");
    return runDiff(invocation);
  },
  endsOnSignal: true,
};
