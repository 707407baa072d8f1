import type { ListenConfig } from "../../config/config.js";
import { configuredHeaders, resolveHeaders } from "../../config/headers.js";
import { withHeaders } from "../../events/headers.js";
import type { Invocation } from "../command.js";
import { configuredRoutes } from "./routes.js";
import type { ListenFlags, ListenOptions } from "./options.js";

/** What holds when neither the command line nor the config says anything; the table of config keys tells the same. */
export const LISTEN_DEFAULTS = {
  port: 0,
  allowIp: [],
  trustedProxy: [],
  allowType: [],
  require: [],
  requireSignature: false,
  requireTunnel: false,
  insecure: false,
  maxBody: 25 * 2 ** 20,
  events: [],
  hostHeader: "target",
  timeout: 30_000,
  ack: false,
  queue: false,
  dropDuplicates: false,
  respond: 200,
  handshake: "auto",
} as const;

/** What `listen` goes by: its command line, else the config, else the defaults. Throws CliError 2 for a header's unset variable. */
export async function listenSettings(
  { options, context, output }: Pick<Invocation<ListenFlags>, "options" | "context" | "output">,
  config: ListenConfig,
): Promise<ListenOptions> {
  const { headers, routes, ...configured } = config;
  const known = await configuredHeaders(headers, { context, output });
  const added = await resolveHeaders(options.header, { context, output });
  return {
    ...LISTEN_DEFAULTS,
    ...applicable(configured, options),
    ...options,
    header: withHeaders(known, added),
    routes: [...options.route, ...(await configuredRoutes(routes, { context, output }))],
  };
}

/** The config without what would contradict the command line: that asks for another public side. */
function applicable(configured: Omit<ListenConfig, "headers" | "routes">, flags: ListenFlags): Partial<ListenOptions> {
  const { publicUrl, requireTunnel, ...rest } = configured;
  const asksForTunnel = flags.requireTunnel === true || (flags.via !== undefined && flags.via !== "none");
  const asksForNone = !flags.tunnel || flags.via === "none" || flags.publicUrl !== undefined;
  return {
    ...rest,
    ...(publicUrl === undefined || asksForTunnel ? {} : { publicUrl }),
    ...(requireTunnel === undefined || asksForNone ? {} : { requireTunnel }),
  };
}
