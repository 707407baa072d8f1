import { BlockList, isIP } from "node:net";
import { bareHost, isThisMachine } from "../events/authority.js";

/** Where a connection goes to. */
export interface Destination {
  /** `https:` for TLS, and for any other bytes that a proxy has to pass through unread. */
  readonly protocol: "http:" | "https:";
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** One proxy variable as it is set. */
export interface ProxyVariable {
  readonly name: string;
  readonly value: string;
}

/** What the environment says of proxies. */
export interface ProxyRules {
  /** For `http:`; `undefined`: none. */
  readonly http: ProxyVariable | undefined;
  /** For `https:`; that of `http:` where there is none of its own. */
  readonly https: ProxyVariable | undefined;
  readonly noProxy: ProxyVariable | undefined;
}

/** The URL parser takes more for a name than any resolver does. */
const HOST = /^[a-z0-9._:[\]-]+$/i;

/**
 * The rules of an environment: lower case before upper case, and HTTPS_PROXY falls back to HTTP_PROXY, as undici's
 * EnvHttpProxyAgent has it. `undefined`: no proxy is named.
 */
export function readProxyRules(env: Readonly<Record<string, string | undefined>>): ProxyRules | undefined {
  const http = variable(env, "http_proxy");
  const https = variable(env, "https_proxy") ?? http;
  if (http === undefined && https === undefined) return undefined;
  return { http, https, noProxy: variable(env, "no_proxy") };
}

/** The variable whose proxy stands before a destination; `undefined`: the way there is direct, as to loopback always. */
export function variableFor(rules: ProxyRules, destination: Destination): ProxyVariable | undefined {
  if (isThisMachine(destination.hostname) || isExcepted(rules.noProxy?.value ?? "", destination)) return undefined;
  return destination.protocol === "https:" ? rules.https : rules.http;
}

/** The URL of a proxy, `http://` where it names no scheme; `undefined` when it is none that can be used. */
export function parseProxy(value: string): URL | undefined {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && HOST.test(url.hostname) ? url : undefined;
}

/** A proxy without its credentials, for people: `http://proxy.example:3128`. */
export function proxyLabel(value: string): string {
  const url = parseProxy(value);
  if (url !== undefined) return `${url.protocol}//${url.host}`;
  const at = value.lastIndexOf("@");
  return at === -1 ? value : `***${value.slice(at)}`;
}

/** Set but empty means, in every program, that there is none; an empty lower-case one hides the other. */
function variable(env: Readonly<Record<string, string | undefined>>, name: string): ProxyVariable | undefined {
  const chosen = [name, name.toUpperCase()].find((candidate) => env[candidate] !== undefined);
  const value = chosen === undefined ? undefined : env[chosen]?.trim();
  return chosen === undefined || value === undefined || value === "" ? undefined : { name: chosen, value };
}

/** Whether NO_PROXY names the host, a domain above it, a range that it is in, or everything (`*`), for its port or for all. */
function isExcepted(noProxy: string, { hostname, port }: Destination): boolean {
  if (noProxy.trim() === "*") return true;
  const host = hostname.toLowerCase();
  return noProxy
    .split(/[,\s]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry.includes("/")) return isWithin(host, entry);
      const { name, port: wanted } = readEntry(entry);
      return (wanted === undefined || wanted === port) && (host === name || host.endsWith(`.${name}`));
    });
}

/** A range such as `10.0.0.0/8`: undici knows none, but curl and Go do. What is no range excepts nothing. */
function isWithin(host: string, range: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family) return false;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list.check(host, family === 4 ? "ipv4" : "ipv6");
}

function readEntry(entry: string): { name: string; port: number | undefined } {
  const parts = isIP(entry) === 6 ? null : /^(.+):(\d+)$/.exec(entry);
  const name = bareHost((parts?.[1] ?? entry).replace(/^\*?\./, ""));
  return { name: name.toLowerCase(), port: parts === null ? undefined : Number(parts[2]) };
}
