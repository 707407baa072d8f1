import { loadConfig } from "../../config/config.js";
import { parseList } from "../../config/values.js";
import { explainRouting, parseRoute, type Explanation, type RouteRule, type Routing } from "../../deliver/routes.js";
import { parseTarget } from "../../deliver/target.js";
import { CliError, EXIT } from "../../errors.js";
import { conditionText } from "../../events/condition.js";
import type { HookEvent } from "../../events/event.js";
import { redactPath, redactUrl } from "../../events/redact.js";
import { parseSelectors } from "../../events/selector.js";
import type { Output } from "../../output/output.js";
import { bold, dim } from "../../output/style.js";
import type { CommandDefinition, Invocation } from "../command.js";
import { withStore } from "../events/open.js";
import { configuredRoutes, warnOfRoutes } from "../listen/routes.js";
import { routedEvent } from "../listen/routing.js";

interface TestOptions {
  readonly route: readonly RouteRule[];
  readonly forwardTo?: string;
  readonly events: readonly string[];
  readonly allProjects?: boolean;
}

/** `hookcli routes test`. */
export const test: CommandDefinition<TestOptions> = {
  examples: [
    { line: "hookcli routes test last 5000", about: "by the routes of the config, and the rest to port 5000" },
    { line: "hookcli routes test last --route 'message.*=3000' --route 'path:/webhook=3001'", about: "routes to try" },
    { line: "hookcli routes test last -e 'message.*' --json", about: "the same for a program" },
  ],
  define: (command) =>
    command
      .argument("<event>", "its number, its id or the beginning of it, last, last~2")
      .argument("[target]", "where events go that no route takes")
      .option("-f, --forward-to <target>", "the same as the argument")
      .option(
        "--route <match=target>",
        "a route before those of the config: 'invoice.*=3001/invoices' (repeatable)",
        (text, previous: readonly RouteRule[]) => [...previous, parseRoute(text)],
        [],
      )
      .option(
        "-e, --events <types>",
        "deliver only these event types, as a,b.*",
        (text, previous: readonly string[]) => [...previous, ...parseList(text, "--events")],
        [],
      )
      .option("--all-projects", "look at the events of all projects"),
  endsOnSignal: true,
  run: runTest,
};

async function runTest(invocation: Invocation<TestOptions>): Promise<number> {
  const { args, options, context, global, output } = invocation;
  const [name = "", word] = args;
  if (word !== undefined && options.forwardTo !== undefined && word !== options.forwardTo)
    throw new CliError(`two targets: ${redactUrl(word)} and --forward-to ${redactUrl(options.forwardTo)}`);
  const config = await loadConfig(context, global);
  const where = { project: config.project, now: context.now() };
  const selection = parseSelectors([name], { allProjects: options.allProjects }, where);
  const target = word ?? options.forwardTo ?? config.target;
  const routing: Routing = {
    rules: [...options.route, ...(await configuredRoutes(config.listen.routes, { context, output }))],
    target: target === undefined ? undefined : parseTarget(target),
    events: options.events.length > 0 ? options.events : (config.listen.events ?? []),
  };
  warnOfRoutes(routing, output);
  return withStore(config.dbPath, context, async (store) => {
    const { resolveEvent } = await import("../../store/resolve.js");
    const event = resolveEvent(store, selection);
    const explanation = explainRouting(routing, routedEvent(event, event));
    print(event, explanation, { routing, output });
    output.record(toJson(event, explanation, routing));
    return EXIT.done;
  });
}

function print(event: HookEvent, explanation: Explanation, { routing, output }: { routing: Routing; output: Output }) {
  const { verdicts, routes, excluded } = explanation;
  const type = event.eventType ?? "no type";
  output.line([bold(`#${event.seq}`), `  ${type}  ${event.method} ${redactPath(event.path)}`]);
  if (excluded !== undefined) output.line([dim("  not delivered: "), excluded]);
  const width = Math.max(0, ...verdicts.map(({ rule }) => rule.name.length));
  for (const { rule, outcome, differences } of verdicts) {
    const why =
      outcome === "differs"
        ? `no: ${differences.join(", and ")}`
        : outcome === "same_target"
          ? "matches; an earlier route has this target"
          : "matches";
    output.line([`  ${rule.name.padEnd(width)}  `, dim(why)]);
  }
  const [first, ...beside] = routes.map((route) => redactUrl(route.target.label));
  if (first === undefined) {
    const why =
      excluded === undefined && routing.target === undefined ? ": no route takes it, and there is no target" : "";
    output.line(`goes nowhere${why}; it is stored, and answered by hookcli`);
    return;
  }
  const isRest = verdicts.every(({ outcome }) => outcome === "differs") && verdicts.length > 0;
  output.line([
    `goes to ${first}`,
    isRest ? dim(", the target for what no route takes") : "",
    ", whose answer goes back",
  ]);
  for (const target of beside) output.line(`and to ${target}, beside it`);
}

function toJson(event: HookEvent, { excluded, verdicts, routes }: Explanation, { target }: Routing) {
  return {
    eventId: event.id,
    seq: event.seq,
    eventType: event.eventType,
    routes: verdicts.map(({ rule, outcome, differences }) => ({
      match: rule.conditions.map(conditionText),
      target: redactUrl(rule.target.label),
      matched: outcome !== "differs",
      outcome,
      differences,
    })),
    target: target === undefined ? null : redactUrl(target.label),
    excluded: excluded ?? null,
    deliveredTo: routes.map((route) => redactUrl(route.target.label)),
  };
}
