import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { CliError } from "../errors.js";
import type { Target } from "./deliverer.js";
import { redactUrl } from "../events/redact.js";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** True for 127.0.0.0/8 and ::1, in any spelling. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6");
}

/**
 * Throws CliError 2 for a target that is plainly not on this computer, so that a command can end at its start. It is judged again,
 * on the address that is connected to, at each delivery.
 */
export async function requireLocal({ hostname, label }: Pick<Target, "hostname" | "label">): Promise<void> {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "0.0.0.0" || hostname === "::")
    return;
  const addresses = isIP(hostname) === 0 ? await resolved(hostname) : [hostname];
  if (addresses.length === 0 || addresses.some(isLoopback)) return;
  throw new CliError(`the target ${redactUrl(label)} is not on this computer`, {
    hint: "pass --allow-remote if you mean it",
  });
}

/** A name that does not resolve now may do so later. */
async function resolved(hostname: string): Promise<string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
