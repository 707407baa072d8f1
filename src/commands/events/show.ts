import { loadConfig } from "../../config/config.js";
import { parseInteger } from "../../config/values.js";
import { CliError, EXIT } from "../../errors.js";
import type { Attempt, HookEvent } from "../../events/event.js";
import { attemptToJson, eventToJson } from "../../events/event-json.js";
import { parseSelectors } from "../../events/selector.js";
import type { Output } from "../../output/output.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { PAGER_OPTION, paged, type PagerOptions } from "../paging.js";
import { withStore } from "./open.js";
import { addSecretOptions, type SecretOptions } from "./secret-options.js";

/** Bytes of a binary body that `-v` shows. */
const VERBOSE_HEX_LIMIT = 64 * 1024;

interface ShowOptions extends SecretOptions, PagerOptions {
  readonly allProjects?: boolean;
  readonly body?: boolean;
  readonly headers?: boolean;
  readonly answer?: boolean;
  readonly attempt?: number;
}

/** `hookcli events show`. */
export const show: CommandDefinition<ShowOptions> = {
  examples: [
    { line: "hookcli events show last", about: "the newest event" },
    { line: "hookcli events show last --body > body.json", about: "its exact body" },
    { line: "hookcli events show last --answer", about: "what the app answered last" },
    { line: "hookcli events show last --json", about: "all of it, for a program" },
  ],
  define: (command) => {
    command
      .argument("<event>", "its number, its id or the beginning of it, last, last~2")
      .option("--body", "the exact bytes of the body alone")
      .option("--headers", "the headers alone, as they came")
      .option("--answer", "the last answer to it; with --body or --headers those of the answer")
      .option("--attempt <number>", "an earlier attempt's answer", (text) =>
        parseInteger(text, { name: "--attempt", min: 1, max: 1_000_000_000 }),
      )
      .option("--all-projects", "look at the events of all projects")
      .option(...PAGER_OPTION);
    addSecretOptions(command);
  },
  endsOnSignal: true,
  run: runShow,
};

async function runShow(invocation: Invocation<ShowOptions>): Promise<number> {
  const { args, options, context, global } = invocation;
  refuseContradictions(options, global.json);
  const config = await loadConfig(context, global);
  const where = { project: config.project, now: context.now() };
  const selection = parseSelectors(args, { allProjects: options.allProjects }, where);
  return paged(invocation, (output) =>
    withStore(config.dbPath, context, async (store) => {
      const { resolveEvent } = await import("../../store/resolve.js");
      const { shownEvent } = await import("./shown-event.js");
      const event = shownEvent(resolveEvent(store, selection), { ...options, own: config.ownProviders });
      const showsAnswer = options.answer === true || options.attempt !== undefined;
      const shown = showsAnswer ? attemptOf(event, options.attempt) : event;
      await print(shown, { options, output, now: context.now() });
      return EXIT.done;
    }),
  );
}

function refuseContradictions({ body, headers }: ShowOptions, json: boolean): void {
  if (body === true && json) throw new CliError("--body and --json exclude each other");
  if (body === true && headers === true) throw new CliError("--body and --headers exclude each other");
}

/** The attempt of that number, else the last one that has ended, else the last one. Throws CliError 2. */
function attemptOf({ attempts, seq }: HookEvent, number: number | undefined): Attempt {
  const wanted = attempts.find(({ n }) => n === number);
  if (wanted !== undefined) return wanted;
  const last = attempts.at(-1);
  if (last === undefined) throw new CliError(`event #${seq} was not delivered: there is no answer`);
  if (number !== undefined) throw new CliError(`event #${seq} has no attempt ${number}`, { hint: `it has ${last.n}` });
  return attempts.findLast(({ durationMs }) => durationMs !== null) ?? last;
}

/** The whole of a request or of an answer, or its body or its headers alone. */
async function print(
  shown: HookEvent | Attempt,
  { options, output, now }: { options: ShowOptions; output: Output; now: number },
): Promise<void> {
  const { printAttempt, printEvent, printHeaders } = await import("../../output/event-page.js");
  const page = output.verbose ? { now, hexLimit: VERBOSE_HEX_LIMIT } : { now };
  if (options.body === true) await output.bytes(shown.body);
  else if (options.headers === true) {
    printHeaders(output, shown.headers);
    output.record(shown.headers);
  } else if ("seq" in shown) {
    if (output.json) output.record(eventToJson(shown));
    else printEvent(output, shown, page);
  } else if (output.json) output.record(attemptToJson(shown));
  else printAttempt(output, shown, page);
}
