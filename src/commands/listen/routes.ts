import type { ConfigEntry } from "../../config/file.js";
import { configuredHeaders } from "../../config/headers.js";
import type { RouteSpec } from "../../config/routes.js";
import type { Context } from "../../context.js";
import { requireLocal } from "../../deliver/loopback.js";
import { NO_RETRIES } from "../../deliver/retry.js";
import { routeRule, type RouteRule } from "../../deliver/routes.js";
import { parseTarget } from "../../deliver/target.js";
import { CliError } from "../../errors.js";
import { isThisMachine } from "../../events/authority.js";
import { redactUrl } from "../../events/redact.js";
import type { Output } from "../../output/output.js";

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
      const delays = retryDelaysMs === undefined ? {} : { delaysMs: retryDelaysMs };
      const faster = retrySpeed === undefined ? {} : { speed: retrySpeed };
      const asked = retries ?? retryDelaysMs?.length;
      return routeRule({
        conditions,
        target: parseTarget(target),
        ...(added.length === 0 ? {} : { headers: added }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(asked === undefined ? {} : { retry: asked === 0 ? NO_RETRIES : { retries: asked, ...delays, ...faster } }),
      });
    }),
  );
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
