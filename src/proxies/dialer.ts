import type { Socket } from "node:net";
import { parseProxy, proxyLabel, readProxyRules, variableFor, type Destination, type ProxyRules } from "./rules.js";
import { isThisMachine } from "../events/authority.js";

/** A connection through a proxy, on its way. */
export interface Dialed {
  /** Carries the destination's bytes once `opened`. It is destroyed, with the reason, when it cannot be opened. */
  readonly socket: Socket;
  /** Rejects with a {@link ProxyError}, or with why the proxy is not reachable. */
  readonly opened: Promise<void>;
}

/** How connections to other machines are made where a proxy stands between. */
export interface Dialer {
  /**
   * The proxy before a destination; `undefined`: the way is direct. Throws {@link ProxyError} when the variable that
   * applies names no proxy that can be used.
   */
  proxyFor(destination: Destination): Promise<URL | undefined>;
  /** Connects to the proxy and asks it for the destination (CONNECT). */
  dial(proxy: URL, destination: Destination): Dialed;
}

/** A proxy that cannot be used, or that said no. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly code = "HOOKCLI_PROXY";
  /** What the proxy answered; `undefined`: it was not asked. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** Names in the hosts file are known at once; where only the proxy can resolve, a resolver may be silent for long. */
const RESOLVE_MS = 500;

/** The dialer of an environment; `undefined` when it names no proxy, so that nothing more is loaded. */
export async function createDialer(env: Readonly<Record<string, string | undefined>>): Promise<Dialer | undefined> {
  const rules = readProxyRules(env);
  if (rules === undefined) return undefined;
  const { connectThrough } = await import("./connect.js");
  return { proxyFor: (destination) => proxyFor(rules, destination), dial: connectThrough };
}

async function proxyFor(rules: ProxyRules, destination: Destination): Promise<URL | undefined> {
  const variable = variableFor(rules, destination);
  if (variable === undefined || (await resolvesToThisMachine(destination.hostname))) return undefined;
  const proxy = parseProxy(variable.value);
  if (proxy !== undefined) return proxy;
  throw new ProxyError(`${variable.name} is not the URL of an http proxy: ${proxyLabel(variable.value)}`);
}

async function resolvesToThisMachine(hostname: string): Promise<boolean> {
  const { lookup } = await import("node:dns/promises");
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), RESOLVE_MS)));
  const found = await Promise.race([lookup(hostname).catch(() => undefined), late]);
  clearTimeout(timer);
  return found !== undefined && isThisMachine(found.address);
}
