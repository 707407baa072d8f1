import type { Config } from "../../config/config.js";
import { CliError } from "../../errors.js";
import type { Target } from "../../deliver/deliverer.js";
import { hostOf, parseTarget, targetUrl } from "../../deliver/target.js";
import type { ListenerRow } from "../../store/store.js";
import { isAccepted, type Attempt } from "../../events/event.js";
import { redactUrl } from "../../events/redact.js";

/** Where a request goes, and who said so. */
export interface Destination {
  readonly target: Target;
  readonly via: "to" | "listener" | "tunnel" | "attempt" | "config";
  /** For people: why there. */
  readonly why: string;
  /** The URL by which the world knows the listener: what a provider would sign, and name in its Host header. */
  readonly publicUrl?: string | undefined;
}

export interface SendTargetOptions {
  readonly to: string | undefined;
  readonly throughTunnel: boolean;
  readonly config: Config;
  /** The listeners of this project; not asked when the target is given. */
  readonly listeners: () => Promise<readonly ListenerRow[]>;
}

const NOWHERE_HINT = "name the app, --to 5000/webhook, or start hookcli listen";

/** Where `send` sends: `--to`, else this project's running listener, else the config's target. */
export async function sendDestination(options: SendTargetOptions): Promise<Destination> {
  const { to, config, throughTunnel } = options;
  if (to !== undefined) {
    if (throughTunnel) throw new CliError("--to and --through-tunnel exclude each other");
    return { target: parseTarget(to), via: "to", why: "--to" };
  }
  const listener = theOnly(await options.listeners());
  if (throughTunnel)
    return { target: parseTarget(publicUrlOf(listener)), via: "tunnel", why: "the running listener's public URL" };
  if (listener !== undefined)
    return {
      target: parseTarget(listener.localUrl),
      via: "listener",
      why: "the running listener",
      publicUrl: listener.publicUrl ?? undefined,
    };
  if (config.target !== undefined)
    return { target: parseTarget(config.target), via: "config", why: "the configured target" };
  throw new CliError("nowhere to send to: no listener runs in this project and no target is configured", {
    hint: NOWHERE_HINT,
  });
}

/** What is to be known of an event's attempts, in their order. */
type Tried = readonly Pick<Attempt, "target" | "status" | "error">[];

/** Where `replay` delivers an event: `--to`, the target that owes it an answer, its last one, the config's, the running listener's. */
export function replayDestination(options: {
  readonly to: string | undefined;
  readonly attempts: Tried;
  readonly config: Config;
  readonly listeners: () => readonly ListenerRow[];
}): Destination {
  const { to, attempts, config } = options;
  if (to !== undefined) return { target: parseTarget(to), via: "to", why: "--to" };
  const tried = triedTarget(attempts);
  if (tried !== undefined) return { target: parseTarget(tried.target), via: "attempt", why: tried.why };
  if (config.target !== undefined)
    return { target: parseTarget(config.target), via: "config", why: "the configured target" };
  const target = theOnly(options.listeners())?.target ?? undefined;
  if (target !== undefined)
    return { target: parseTarget(target), via: "listener", why: "the running listener's target" };
  throw new CliError("nowhere to replay to: the event was never delivered and no target is configured", {
    hint: NOWHERE_HINT,
  });
}

/** Of more places than this only the number is told. */
const MOST_TOLD = 3;

/** Routes may have taken an event to several targets: the last one that did not take it, else the last one. */
function triedTarget(attempts: Tried): { readonly target: string; readonly why: string } | undefined {
  const last = attempts.at(-1);
  if (last === undefined) return undefined;
  const took = new Map(attempts.map((attempt) => [attempt.target, isAccepted(attempt)]));
  const owing = took.get(last.target) === true ? [...took].findLast(([, accepted]) => !accepted)?.[0] : undefined;
  const target = owing ?? last.target;
  const why = owing === undefined ? "the target of its last attempt" : "the last target that did not take it";
  return { target, why: why + besides([...took.keys()].filter((one) => one !== target)) };
}

function besides(others: readonly string[]): string {
  if (others.length === 0) return "";
  const more = others.length > MOST_TOLD ? ` and ${others.length - MOST_TOLD} more` : "";
  return `; it also went to ${others.slice(0, MOST_TOLD).map(redactUrl).join(", ")}${more}`;
}

function theOnly(listeners: readonly ListenerRow[]): ListenerRow | undefined {
  if (listeners.length < 2) return listeners[0];
  const list = listeners
    .map(({ localUrl, target }) => `${localUrl} (${target === null ? "no target" : redactUrl(target)})`)
    .join(", ");
  throw new CliError(`several listeners run in this project: ${list}`, {
    hint: `say which: --to ${listeners[0]?.localUrl ?? "URL"}`,
  });
}

function publicUrlOf(listener: ListenerRow | undefined): string {
  if (listener === undefined)
    throw new CliError("--through-tunnel needs a running listener in this project", { hint: "start hookcli listen" });
  if (listener.publicUrl === null)
    throw new CliError(`the listener at ${listener.localUrl} has no public URL`, {
      hint: "leave out --through-tunnel to use its local URL",
    });
  return listener.publicUrl;
}

/** Path and query that a request goes to at a target, and the whole URL of it, whose authority is the target's whatever the path is. */
export function placeAt(target: Target, path: string): { path: string; url: string } {
  const place = targetUrl(target, path);
  return { path: place, url: `${target.protocol}//${hostOf(target)}${place.startsWith("/") ? "" : "/"}${place}` };
}

/** The Host header that a provider would send: that of the public URL, where there is one. */
export function calledHost({ target, publicUrl }: Pick<Destination, "target" | "publicUrl">): string {
  return publicUrl === undefined ? hostOf(target) : new URL(publicUrl).host;
}
