import type { Config } from "../../config/config.js";
import type { Context } from "../../context.js";
import { CliError, EXIT } from "../../errors.js";
import type { TunnelKind } from "../../tunnel/kinds.js";
import type { FirstOpen, Supervised } from "../../tunnel/supervisor.js";
import type { TunnelState } from "../../tunnel/tunnel.js";
import type { ListenOptions } from "./options.js";

/** The public side of `listen`: a supervised tunnel, or a URL that somebody else cares for, or nothing. */
export interface PublicSide {
  /** The public base URL, as far as it is known. */
  readonly url: string | undefined;
  /** A path that only the tunnel's probe asks for. */
  readonly probePath: string | undefined;
  /** What the user should know of this kind of tunnel. */
  readonly caution: string | undefined;
  /** Opens the tunnel to the private port; resolves when it is up or has failed for some seconds. */
  open(port: number, onState: (state: TunnelState) => void): Promise<FirstOpen | undefined>;
  close(): Promise<void>;
}

/** The public side that the options ask for. Throws CliError for a kind or a host that cannot be. */
export async function choosePublicSide(parts: {
  context: Context;
  config: Config;
  options: ListenOptions;
}): Promise<PublicSide> {
  const { context, config, options } = parts;
  if (options.publicUrl !== undefined) return withoutTunnel(checkedUrl(options.publicUrl));
  if (!options.tunnel) return withoutTunnel(undefined);
  const { findTunnel, tunnelKinds } = await import("../../tunnel/kinds.js");
  const { newProbePath } = await import("../../tunnel/probe.js");
  const name = options.via ?? config.via ?? "localtunnel";
  const kind = findTunnel(name);
  if (kind === undefined) {
    throw new CliError(`unknown kind of tunnel ${name}`, {
      hint: `there are ${tunnelKinds.map((row) => row.name).join(", ")}`,
    });
  }
  const host = options.tunnelHost ?? config.tunnelHost ?? kind.defaultHost;
  if (host === undefined && kind.hostNeeded) {
    throw new CliError(`--via ${name} needs --tunnel-host`, {
      hint: `hookcli listen --via ${name} --tunnel-host me@my.server`,
    });
  }
  const supervised = { tunnel: undefined as Supervised | undefined };
  const probePath = newProbePath(context.random);
  return {
    get url() {
      return supervised.tunnel?.url;
    },
    probePath,
    caution: kind.caution,
    async open(port, onState) {
      supervised.tunnel = await superviseKind({
        context,
        kind,
        host: host ?? "",
        port,
        onState,
        probePath,
        subdomain: options.subdomain ?? config.subdomain,
      });
      return supervised.tunnel.firstOpen;
    },
    close: async () => supervised.tunnel?.close(),
  };
}

async function superviseKind(parts: {
  context: Context;
  kind: TunnelKind;
  host: string;
  port: number;
  subdomain: string | undefined;
  probePath: string;
  onState: (state: TunnelState) => void;
}): Promise<Supervised> {
  const { context, kind, host, port, subdomain, probePath, onState } = parts;
  const [{ superviseTunnel }, { createProbe }, { startProgram }, { readLines }] = await Promise.all([
    import("../../tunnel/supervisor.js"),
    import("../../tunnel/probe.js"),
    import("../../programs/start.js"),
    import("../../programs/lines.js"),
  ]);
  return superviseTunnel({
    tunnel: await kind.load({ startProgram, readLines, env: context.env, cwd: context.cwd }),
    request: { port, host, subdomain },
    probe: createProbe(probePath),
    onState,
    monotonic: context.monotonic,
    sleep: context.sleep,
    random: context.random,
  });
}

/** The error that ends `listen --require-tunnel`. */
export function noTunnelError(first: Extract<FirstOpen, { opened: false }>): CliError {
  return new CliError(`no tunnel: ${first.reason}`, { hint: first.hint, exitCode: EXIT.unreachable });
}

function withoutTunnel(url: string | undefined): PublicSide {
  return { url, probePath: undefined, caution: undefined, open: async () => undefined, close: async () => {} };
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliError(`not a public URL: ${text}`, { hint: "write it as https://hooks.example.com" });
  }
  return text.replace(/\/+$/, "");
}
