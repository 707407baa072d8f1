import type { ConfigEntry } from "../../config/file.js";
import { configuredHeaders } from "../../config/headers.js";
import type { RouteSpec } from "../../config/routes.js";
import type { Context } from "../../context.js";
import { requireLocal } from "../../deliver/loopback.js";
import { routeRule, routingFaults, withOwnNames, type RouteRule, type Routing } from "../../deliver/routes.js";
import { parseTarget } from "../../deliver/target.js";
import { CliError } from "../../errors.js";
import { isThisMachine } from "../../events/authority.js";
import { redactUrl } from "../../events/redact.js";
import type { Output } from "../../output/output.js";
import { retrySettings, type DeliveryOptions } from "./delivery-options.js";

/** Of more odd routes than this only the number is told. */
const MOST_WARNINGS = 5;

/** The routes of the config as rules, their headers read. Throws CliError 2 for a header's unset variable. */
export async function configuredRoutes(
  entries: readonly ConfigEntry[],
  given: { context: Context; output: Output },
): Promise<readonly RouteRule[]> {
  return Promise.all(
    entries.map(async ({ value }) => {
      // The reader of the file has put it there.
      const { conditions, target, headers, timeoutMs, retries, retryDelaysMs, retrySpeed } = value as RouteSpec;
      const added = await configuredHeaders(headers, given);
      const ownRetry = {
        ...(retries === undefined ? {} : { retries }),
        ...(retryDelaysMs === undefined ? {} : { delaysMs: retryDelaysMs }),
        ...(retrySpeed === undefined ? {} : { speed: retrySpeed }),
      };
      return routeRule({
        conditions,
        target: parseTarget(target),
        ...(added.length === 0 ? {} : { headers: added }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(Object.keys(ownRetry).length === 0 ? {} : { ownRetry }),
      });
    }),
  );
}

/** The rules as they hold: each has the retries of all but for what it says of them itself. Throws CliError 2. */
export function settledRoutes(rules: readonly RouteRule[], all: DeliveryOptions): readonly RouteRule[] {
  return withOwnNames(
    rules.map((rule) => {
      const { retries, delaysMs, speed } = rule.ownRetry ?? {};
      if (retries === undefined && delaysMs === undefined && speed === undefined) return rule;
      const [retry, retryDelays, retrySpeed] = [
        retries ?? all.retry,
        delaysMs ?? all.retryDelays,
        speed ?? all.retrySpeed,
      ];
      if (speed !== undefined && retry === undefined && retryDelays === undefined) {
        throw new CliError(`the retrySpeed of the route ${rule.name} needs retry`, {
          hint: 'say how often: "retry": 5',
        });
      }
      return {
        ...rule,
        retry: retrySettings({
          ...(retry === undefined ? {} : { retry }),
          ...(retryDelays === undefined ? {} : { retryDelays }),
          ...(retrySpeed === undefined ? {} : { retrySpeed }),
        }),
      };
    }),
  );
}

/** Warns of what is odd about where events go. */
export function warnOfRoutes(routing: Routing, output: Pick<Output, "warn">): void {
  const faults = routingFaults(routing);
  for (const fault of faults.slice(0, MOST_WARNINGS)) output.warn(fault);
  const more = faults.length - MOST_WARNINGS;
  if (more > 0) output.warn(`${more} more routes are never used`);
}

/**
 * Refuses (CliError 2) routes to other machines: those of the command line and of a user's own file are allowed by `--allow-remote`,
 * those of a project's file never are. Somebody else may have written that.
 */
export async function requireLocalRoutes(
  rules: readonly RouteRule[],
  {
    entries,
    projectFile,
    allowRemote,
  }: { entries: readonly ConfigEntry[]; projectFile?: string | undefined; allowRemote: boolean },
): Promise<void> {
  for (const { file, path, value } of entries) {
    const target = parseTarget((value as RouteSpec).target);
    if (file !== projectFile || isThisMachine(target.hostname)) continue;
    throw new CliError(`${path} in ${file}: the target ${redactUrl(target.label)} is not on this computer`, {
      hint: "a project's file may name targets on this computer alone; pass --route with --allow-remote if you mean it",
    });
  }
  if (allowRemote) return;
  for (const { target } of rules) await requireLocal(target);
}
