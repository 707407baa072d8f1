import type { ProgramDeps } from "./program.js";
import type { Tunnel } from "./tunnel.js";

/** A kind of tunnel, before any of its code is loaded. */
export interface TunnelKind {
  /** What `--via` takes. */
  readonly name: string;
  readonly summary: string;
  /** The service when `--tunnel-host` names none; `undefined`: there is none, or it must be given (`hostNeeded`). */
  readonly defaultHost: string | undefined;
  readonly hostNeeded: boolean;
  /** The host is the http or https URL of a service; otherwise it is what the program of this kind takes. */
  readonly hostIsUrl?: true;
  /** What the connection between the service and this machine does not hide, for `listen` to say once. */
  readonly caution?: string;
  readonly load: (deps: ProgramDeps) => Promise<Tunnel>;
}

/** All kinds of tunnel; the first is the default. */
export const tunnelKinds: readonly TunnelKind[] = [
  {
    name: "localtunnel",
    summary: "a localtunnel service, without an account",
    defaultHost: "https://loca.lt",
    hostNeeded: false,
    hostIsUrl: true,
    caution: "between the service and this machine events travel as plain TCP, though the URL is https",
    load: async () => (await import("./localtunnel.js")).localtunnel,
  },
  {
    name: "cloudflared",
    summary: "a Cloudflare quick tunnel, by the program cloudflared",
    defaultHost: undefined,
    hostNeeded: false,
    load: (deps) => loadProgram("cloudflared", deps),
  },
  {
    name: "ssh",
    summary: "port 80 of an ssh host of your own, or of a service such as localhost.run",
    defaultHost: undefined,
    hostNeeded: true,
    load: (deps) => loadProgram("ssh", deps),
  },
];

/** The kind that `--via` names; `undefined` when there is none. */
export function findTunnel(name: string): TunnelKind | undefined {
  return tunnelKinds.find((kind) => kind.name === name);
}

async function loadProgram(name: "cloudflared" | "ssh", deps: ProgramDeps): Promise<Tunnel> {
  const [{ programTunnel }, rows] = await Promise.all([import("./program.js"), import("./program-rows.js")]);
  return programTunnel(rows[name], deps);
}
