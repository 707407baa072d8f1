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
  requireRegister: false,
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
  const { register: _, ...flags } = options;
  return {
    ...LISTEN_DEFAULTS,
    ...applicable(configured, options),
    ...flags,
    ...(await registrationOf(options, configured, { context, output })),
    header: withHeaders(known, added),
    routes: [...options.route, ...(await configuredRoutes(routes, { context, output }))],
  };
}

/** Keys that are one matter. */
const OF_REGISTRATION: ReadonlySet<string> = new Set<keyof Configured>([
  "register",
  "registerHeaders",
  "registerBody",
  "registerPath",
  "unregister",
  "requireRegister",
]);

type Configured = Omit<ListenConfig, "headers" | "routes">;

/**
 * The config without what would contradict the command line, that asks for another public side; without a time to wait where
 * nothing is waited for; and without a registration, which is a matter of its own.
 */
function applicable(configured: Configured, flags: ListenFlags): Partial<ListenOptions> {
  const { publicUrl, requireTunnel, wait, ...others } = configured;
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => !OF_REGISTRATION.has(name)));
  const asksForTunnel = flags.requireTunnel === true || (flags.via !== undefined && flags.via !== "none");
  const asksForNone = !flags.tunnel || flags.via === "none" || flags.publicUrl !== undefined;
  const waits = flags.once === true || flags.exitAfter !== undefined || flags.expect !== undefined;
  return {
    ...rest,
    ...(publicUrl === undefined || asksForTunnel ? {} : { publicUrl }),
    ...(requireTunnel === undefined || asksForNone ? {} : { requireTunnel }),
    ...(wait === undefined || !waits ? {} : { wait }),
  };
}

/** The registration of the command line; else that of the config, and over it what else the command line says of it. */
async function registrationOf(
  flags: ListenFlags,
  { register, registerHeaders, registerBody, registerPath, unregister, requireRegister }: Configured,
  around: Pick<Invocation<ListenFlags>, "context" | "output">,
): Promise<Partial<ListenOptions>> {
  const given = flags.registerHeader === undefined ? undefined : await resolveHeaders(flags.registerHeader, around);
  const own = given === undefined ? {} : { registerHeader: given };
  if (typeof flags.register === "string") return { register: flags.register, ...own };
  // A service that the command line names gets no token that another was meant to get.
  if (flags.register === false || register === undefined) return own;
  const known = await configuredHeaders(registerHeaders, around);
  const configured = { registerBody, registerPath, unregister, requireRegister };
  const missing = Object.entries(configured).filter(
    ([name, value]) => value !== undefined && flags[name as keyof typeof configured] === undefined,
  );
  return { register, ...Object.fromEntries(missing), registerHeader: withHeaders(known, given ?? []) };
}
