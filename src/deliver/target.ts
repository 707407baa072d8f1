import { CliError } from "../errors.js";
import type { Target } from "./deliverer.js";
import { redactUrl, REDACTED } from "../events/redact.js";
import { bareHost, bracketedHost, defaultPort } from "../events/authority.js";

const HINT = "write 5000, 5000/path, localhost:5000, or http://localhost:5000/path";

/**
 * Reads a target: `5000`, `5000/path`, `:5000/path`, `localhost:5000`, `[::1]:5000`, `http(s)://host[:port][/path]`.
 * Throws {@link CliError} (2).
 */
export function parseTarget(text: string): Target {
  const trimmed = text.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed);
  const protocol = scheme === null ? "http:" : `${(scheme[1] ?? "").toLowerCase()}:`;
  if (protocol !== "http:" && protocol !== "https:") throw bad(text, "only http and https are possible");
  const rest = scheme === null ? trimmed : trimmed.slice(scheme[0].length);
  const end = rest.search(/[/?#\\]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const path = end === -1 ? undefined : targetPath(text, rest.slice(end));
  const { hostname, port } = readAuthority(text, authority, scheme === null ? undefined : defaultPort(protocol));
  const label = `${protocol}//${hostOf({ protocol, hostname, port })}${path ?? ""}`;
  return { label, protocol, hostname, port, path };
}

/** What stands in the Host header. */
export function hostOf({ protocol, hostname, port }: Pick<Target, "protocol" | "hostname" | "port">): string {
  const host = bracketedHost(hostname);
  return port === defaultPort(protocol) ? host : `${host}:${port}`;
}

/** The path and query that a request goes to: the target's path, if it names one, with the request's own query. */
export function targetUrl(target: Target, requestPath: string): string {
  if (target.path === undefined) return requestPath;
  const query = requestPath.indexOf("?");
  if (query === -1) return target.path;
  return `${target.path}${target.path.includes("?") ? "&" : "?"}${requestPath.slice(query + 1)}`;
}

function readAuthority(
  text: string,
  authority: string,
  defaultPort: number | undefined,
): { hostname: string; port: number } {
  if (authority.includes("@"))
    throw bad(
      text.replace(/[^/@]*@/, `${REDACTED}@`),
      "it carries credentials",
      "send them as a header: -H 'Authorization: ...'",
    );
  const bare = defaultPort === undefined ? /^:?(\d+)$/.exec(authority) : null;
  if (bare !== null) return { hostname: "localhost", port: readPort(text, bare[1] ?? "") };
  const parts = /^(\[[^\]]*\]|[^:[\]]+)(?::(.*))?$/.exec(authority);
  if (parts === null)
    throw bad(text, authority.includes("::") ? "an IPv6 address needs brackets" : "there is no host in it");
  const [, host = "", portText] = parts;
  if (portText === undefined && defaultPort === undefined) throw bad(text, "there is no port in it");
  return {
    hostname: readHost(text, host),
    port: portText === undefined ? (defaultPort ?? 0) : readPort(text, portText),
  };
}

function readHost(text: string, host: string): string {
  // The URL parser knows bracketed addresses and international names, and refuses what is neither name nor address.
  const parsed = /^[^\s%<>^|]+$/.test(host) && URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`) : undefined;
  if (parsed === undefined || parsed.hostname === "") throw bad(text, `${host} is not a host name`);
  return bareHost(parsed.hostname);
}

function readPort(text: string, digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) throw bad(text, `a port is a number from 1 to 65535`);
  return port;
}

function targetPath(text: string, rest: string): string {
  if (rest.includes("#")) throw bad(text, "a fragment (#) is never sent");
  if (rest.startsWith("\\")) throw bad(text, "a path begins with /");
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return path.replaceAll(/[^\x21-\x7e]/gu, (character) =>
    encodeURIComponent(character.replace(/\p{Surrogate}/u, "\ufffd")),
  );
}

function bad(text: string, why: string, hint: string = HINT): CliError {
  return new CliError(`${JSON.stringify(redactUrl(text))} is not a target: ${why}`, { hint });
}
