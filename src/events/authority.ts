// These compute, and touch no network.
// oxlint-disable-next-line no-restricted-imports
import { BlockList, isIP } from "node:net";

/** Where a connection goes to: what a URL says of it. */
export interface Authority {
  readonly protocol: "http:" | "https:";
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Scheme, host and port of a URL, the port of the scheme where it names none. */
export function authorityOf(url: Pick<URL, "protocol" | "hostname" | "port">): Authority {
  const protocol = url.protocol === "https:" ? "https:" : "http:";
  return {
    protocol,
    hostname: bareHost(url.hostname),
    port: url.port === "" ? defaultPort(protocol) : Number(url.port),
  };
}

/** The port that a URL need not name. */
export function defaultPort(protocol: string): number {
  return protocol === "https:" ? 443 : 80;
}

/** A host name without the brackets of an IPv6 address. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** A host name with the brackets that an IPv6 address has in a URL. */
export function bracketedHost(hostname: string): string {
  return isIP(hostname) === 6 ? `[${hostname}]` : hostname;
}

/** True for 127.0.0.0/8 and ::1, in any spelling. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** True for the names that mean this machine's loopback, whatever a resolver says. */
export function isLocalName(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost");
}

/** True for addresses and names of this machine, those that servers say they listen on too. Without brackets. */
export function isThisMachine(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  return isLocalName(name) || name === "0.0.0.0" || name === "::" || isLoopback(name);
}
