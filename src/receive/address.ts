import { BlockList, isIP } from "node:net";
import { CliError } from "../errors.js";
import { headerValues, type HeaderList } from "../events/headers.js";

/** A set of IP ranges. IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`) count as what they are. */
export interface AddressRanges {
  readonly isEmpty: boolean;
  has(address: string): boolean;
}

/** Reads CIDR ranges or single addresses; `flag` is named in the error. Throws {@link CliError}. */
export function parseRanges(texts: readonly string[], flag: string): AddressRanges {
  const list = new BlockList();
  for (const text of texts) addRange(list, text, flag);
  return {
    isEmpty: texts.length === 0,
    has(address) {
      const plain = plainAddress(address);
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 4 ? "ipv4" : "ipv6");
    },
  };
}

function addRange(list: BlockList, text: string, flag: string): void {
  const [address = "", prefix, ...rest] = text.trim().split("/");
  const family = isIP(address);
  const widest = family === 4 ? 32 : 128;
  const bits = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (family === 0 || rest.length > 0 || !(bits <= widest)) {
    throw new CliError(`${flag}: ${text} is not an address or a range`, {
      hint: "write 203.0.113.7 or 203.0.113.0/24",
    });
  }
  list.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
}

/** The address without a zone, and without the IPv6 dress of an IPv4 address. */
function plainAddress(address: string): string {
  const bare = address.includes("%") ? address.slice(0, address.indexOf("%")) : address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
}

/** How a request reached us, as far as its sender's address goes. */
export interface Hop {
  /** The peer of the socket. */
  readonly peer: string | undefined;
  readonly headers: HeaderList;
  readonly trusted: AddressRanges;
  /** The peer is a tunnel's client: its own address says nothing. */
  readonly tunnel: boolean;
  /** The tunnel's service is known to add the sender's address to X-Forwarded-For. */
  readonly tunnelPasses: boolean;
}

/**
 * The sender's address. X-Forwarded-For counts only when a trusted hop passed it on, and is read from the right: each
 * trusted proxy vouches for the entry on its left. `null`: nobody who is trusted told it.
 */
export function senderAddress(hop: Hop): string | null {
  const peer = hop.peer === undefined ? undefined : plainAddress(hop.peer);
  const believed =
    (hop.tunnel && hop.tunnelPasses) || (peer !== undefined && !hop.trusted.isEmpty && hop.trusted.has(peer));
  if (!believed) return hop.tunnel ? null : (peer ?? null);
  const entries = headerValues(hop.headers, "x-forwarded-for").flatMap((value) => value.split(","));
  let sender = hop.tunnel ? null : (peer ?? null);
  for (const entry of entries.toReversed()) {
    const address = entryAddress(entry);
    if (address === undefined) return null;
    sender = address;
    if (!hop.trusted.has(address)) break;
  }
  return sender;
}

/** An entry of X-Forwarded-For: an address, maybe in brackets, maybe with a port. */
function entryAddress(text: string): string | undefined {
  const entry = text.trim();
  const bare = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(entry)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(entry)?.[1] ?? entry;
  return isIP(bare) === 0 ? undefined : plainAddress(bare);
}
