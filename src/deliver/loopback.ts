import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { CliError } from "../errors.js";
import { isLoopback, isThisMachine } from "../events/authority.js";
import type { Target } from "./deliverer.js";
import { redactUrl } from "../events/redact.js";

/**
 * Throws CliError 2 for a target that is plainly not on this computer, so that a command can end at its start. It is judged again,
 * on the address that is connected to, at each delivery. `resolve`: in place of the system's resolver; rejects where a name
 * has no address.
 */
export async function requireLocal(
  { hostname, label }: Pick<Target, "hostname" | "label">,
  resolve: (hostname: string) => Promise<readonly string[]> = systemAddresses,
): Promise<void> {
  if (isThisMachine(hostname)) return;
  // A name that does not resolve now may do so later.
  const addresses = isIP(hostname) === 0 ? await resolve(hostname).catch(() => []) : [hostname];
  if (addresses.length === 0 || addresses.some(isLoopback)) return;
  throw new CliError(`the target ${redactUrl(label)} is not on this computer`, {
    hint: "pass --allow-remote if you mean it",
  });
}

async function systemAddresses(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}
