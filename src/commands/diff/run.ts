import { loadConfig } from "../../config/config.js";
import { CliError, EXIT } from "../../errors.js";
import type { HookEvent } from "../../events/event.js";
import { saysSomething, withoutIgnored } from "../../events/diff/filter.js";
import { diffAnswers, diffRequests, type Answer, type MessageDiff } from "../../events/diff/message.js";
import { parseSelectors } from "../../events/selector.js";
import { printDiff } from "../../output/diff.js";
import { formatTime } from "../../output/quantity.js";
import { dim, green, red } from "../../output/style.js";
import type { Invocation } from "../command.js";
import { paged } from "../paging.js";
import type { DiffOptions } from "../diff.js";
import { withStore } from "../events/open.js";
import type { Provider } from "../../providers/provider.js";
import { maskOf, shownEvent } from "../events/shown-event.js";
import { fleetingHeaders } from "./fleeting.js";
import { diffToJson } from "./json.js";

/** Compares two events. Resolves to 0 when nothing that counts differs, else to 1. */
export async function runDiff(invocation: Invocation<DiffOptions>): Promise<number> {
  const { args, options, context, global } = invocation;
  const config = await loadConfig(context, global);
  const where = { project: config.project, now: context.now() };
  const selections = args.map((name) => parseSelectors([name], { allProjects: options.allProjects }, where));
  return paged(invocation, (output) =>
    withStore(config.dbPath, context, async (store) => {
      const { resolveEvent } = await import("../../store/resolve.js");
      const [before, after] = selections.map((selection) => resolveEvent(store, selection));
      if (before === undefined || after === undefined) throw new CliError("diff takes two events");
      return show(before, after, { ...invocation, output, own: config.ownProviders });
    }),
  );
}

/** What a run of the command has. `own`: rows that the user has defined. */
interface Run extends Invocation<DiffOptions> {
  readonly own: readonly Provider[];
}

function show(before: HookEvent, after: HookEvent, invocation: Run): number {
  const { output, own } = invocation;
  const options = { ...invocation.options, own };
  const found = compare(before, after, options);
  const fleeting = fleetingHeaders(own);
  const strict = options.strict === true;
  const equal = strict ? found.length === 0 : !saysSomething(found, fleeting);
  if (output.json) output.record({ ...headJson(before, after, options), equal, ...diffToJson(found, fleeting) });
  output.line([red("---"), ` ${titleOf(shownEvent(before, options), invocation)}`]);
  output.line([green("+++"), ` ${titleOf(shownEvent(after, options), invocation)}`]);
  if (!output.json) printDiff(output, found, { fleeting, strict, whole: output.verbose });
  if (equal) output.line([dim(found.length === 0 ? "no difference" : "no difference but in what differs each time")]);
  return equal ? EXIT.done : EXIT.no;
}

function compare(before: HookEvent, after: HookEvent, options: DiffOptions & Pick<Run, "own">): MessageDiff {
  const mask = maskOf([before, after], options);
  const whole =
    options.answers === true
      ? diffAnswers(lastAnswer(before), lastAnswer(after), mask)
      : diffRequests(before, after, mask);
  const { only } = options;
  return withoutIgnored(only === undefined ? whole : whole.filter(({ part }) => only.includes(part)), options.ignore);
}

function lastAnswer({ attempts, seq }: HookEvent): Answer {
  const last = attempts.at(-1);
  if (last !== undefined) return last;
  throw new CliError(`event #${seq} was not delivered: it has no answer`, { hint: "leave out --answers" });
}

function headJson(before: HookEvent, after: HookEvent, { answers }: DiffOptions) {
  const of = ({ id, seq }: HookEvent) => ({ id, seq });
  return { of: answers === true ? "answers" : "requests", before: of(before), after: of(after) };
}

function titleOf(event: HookEvent, { options, context }: Invocation<DiffOptions>): string {
  const { seq, id, receivedAt, provider, eventType, attempts, bodyComplete } = event;
  const what = [provider, eventType].filter((text) => text !== null).join(" ");
  const attempt = attempts.at(-1);
  const answer = options.answers === true && attempt !== undefined ? `  attempt ${attempt.n} to ${attempt.target}` : "";
  const part = bodyComplete ? "" : "  (its body was not wholly read)";
  const kind = what === "" ? "" : `  ${what}`;
  return `#${seq}  ${id}  ${formatTime(receivedAt, context.now())}${kind}${answer}${part}`;
}
