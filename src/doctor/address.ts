import { BlockList, isIP } from "node:net";

/** Addresses that the internet does not route: RFC 1918, 6598 (carriers), 3927 and 4291 (link-local), 4193 (IPv6). */
const PRIVATE: readonly (readonly [network: string, prefix: number, family: "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
];

const list = new BlockList();
for (const [network, prefix, family] of PRIVATE) list.addSubnet(network, prefix, family);

/** True for an address that only a local network knows. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
}
