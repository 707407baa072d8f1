import { devNull } from "node:os";
import { CliError } from "../errors.js";
import type { TunnelRequest } from "./tunnel.js";
import { redactUrl } from "../events/redact.js";
import { bareHost } from "../events/authority.js";

/** A tunnel that is a program: what to start, and what its output means. */
export interface ProgramRow {
  readonly kind: string;
  readonly command: string;
  /**
   * The ways to start it, the next one used when one ends by itself before the tunnel is open. Throws a CliError when
   * the request is not fit for this kind.
   */
  readonly ways: (request: Pick<TunnelRequest, "port" | "host" | "subdomain">) => readonly (readonly string[])[];
  /** Ends that another way cannot mend: exit statuses. */
  readonly finalStatuses: readonly number[];
  /** Finds the public URL in a line of output; tells it from the URLs of the service's own pages. */
  readonly url: RegExp;
  /** A line that says requests are forwarded from now on. */
  readonly ready: RegExp;
  /** The URL when the program names none; absent: it must name one. */
  readonly assumedUrl?: (request: Pick<TunnelRequest, "host">) => string;
  /** Lines that explain nothing when it fails. */
  readonly chatter: RegExp;
  /** The service gives the name asked for, as the first label of the URL. */
  readonly named: boolean;
  /** What to do when the program is not there. */
  readonly installHint: string;
}

export const cloudflared: ProgramRow = {
  kind: "cloudflared",
  command: "cloudflared",
  // A config file of the user's own makes cloudflared look for a named tunnel's credentials, and refuse: none is given.
  ways: ({ port }) => [["tunnel", "--no-autoupdate", "--config", devNull, "--url", `http://127.0.0.1:${port}`]],
  finalStatuses: [],
  // Not api.trycloudflare.com, which stands in the messages of failures.
  url: /https:\/\/(?!api\.)[a-z0-9-]+\.trycloudflare\.com\b/,
  ready: /Registered tunnel connection|Connection [0-9a-f-]+ registered/,
  chatter: / INF |\bwas empty\b|^\s*$/,
  named: false,
  installHint: "install cloudflared, or take another --via",
};

export const ssh: ProgramRow = {
  kind: "ssh",
  command: "ssh",
  ways: (request) => {
    const options = sshOptions(request);
    // Services print the URL into a session. An account for forwarding alone has none, and is asked for none (-N).
    return [options, ["-N", ...options]];
  },
  // ssh's own failures: unknown host, refused key, a port that is taken.
  finalStatuses: [255],
  // A bare origin: localhost.run, serveo and sish print links to their pages too, which have a path.
  url: /https?:\/\/(?!127\.|localhost\b|(?:admin|console|dashboard|docs|www)\.)[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?(?![\w/.:?#-])/i,
  ready: /remote forward success for/,
  assumedUrl: ({ host }) => `http://${parseSshHost(host).hostname}`,
  chatter: /^debug\d:|^OpenSSH_|^Authenticated to|^\s*$/,
  named: true,
  installHint: "install the OpenSSH client, or take another --via",
};

/** Fail at once rather than ask for a password, and notice within 30 s that the other end is gone. */
const SSH_SETTINGS = [
  "BatchMode=yes",
  "ExitOnForwardFailure=yes",
  "ConnectTimeout=10",
  "ServerAliveInterval=15",
  "ServerAliveCountMax=2",
];

function sshOptions({ port, host, subdomain }: Pick<TunnelRequest, "port" | "host" | "subdomain">): string[] {
  const { destination, sshPort } = parseSshHost(host);
  const bind = subdomain === undefined ? "" : `${subdomain}:`;
  const settings = SSH_SETTINGS.flatMap((setting) => ["-o", setting]);
  const portOption = sshPort === undefined ? [] : ["-p", sshPort];
  return ["-v", "-T", ...settings, ...portOption, "-R", `${bind}80:127.0.0.1:${port}`, "--", destination];
}

/** `[ssh://][user@]host[:port]`. Refuses what ssh would read as an option. */
function parseSshHost(host: string): { destination: string; hostname: string; sshPort: string | undefined } {
  const match =
    /^(?:ssh:\/\/)?(?<user>\w[\w.+-]*@)?(?<hostname>\w[\w.-]*|\[[0-9a-fA-F:.]+\])(?::(?<port>\d{1,5}))?\/?$/.exec(host);
  const { user = "", hostname, port: sshPort } = match?.groups ?? {};
  if (hostname === undefined) {
    throw new CliError(`${redactUrl(host)} is not an ssh host`, {
      hint: "give --tunnel-host user@host, or user@host:port",
    });
  }
  return { destination: user + bareHost(hostname), hostname, sshPort };
}
