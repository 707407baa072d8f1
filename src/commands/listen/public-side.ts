import type { Config } from "../../config/config.js";
import type { Context } from "../../context.js";
import { CliError, EXIT } from "../../errors.js";
import { createDialer } from "../../proxies/dialer.js";
import type { TunnelKind } from "../../tunnel/kinds.js";
import type { FirstOpen, Supervised, SuperviseOptions } from "../../tunnel/supervisor.js";
import type { TunnelState } from "../../tunnel/tunnel.js";
import type { ListenOptions } from "./options.js";
import { redactUrl } from "../../events/redact.js";

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

interface SideParts {
  readonly context: Context;
  readonly config: Config;
  readonly options: ListenOptions;
}

/** The public side that the options ask for. Throws CliError for a kind or a host that cannot be. */
export async function choosePublicSide(parts: SideParts): Promise<PublicSide> {
  const { publicUrl, requireTunnel } = parts.options;
  if (publicUrl === undefined && parts.options.tunnel && kindName(parts) !== "none")
    return supervisedSide(parts, await chooseService(parts));
  if (requireTunnel === true) {
    const other = publicUrl !== undefined ? "--public-url" : parts.options.tunnel ? "--via none" : "--no-tunnel";
    throw new CliError(`--require-tunnel and ${other} exclude each other`);
  }
  return withoutTunnel(publicUrl === undefined ? undefined : checkedUrl(publicUrl));
}

/** The kind of tunnel asked for; `none` is a kind too. */
function kindName({ options, config }: SideParts): string {
  return options.via ?? config.via ?? "localtunnel";
}

/** What opens the tunnel. */
interface Service {
  readonly kind: TunnelKind;
  readonly host: string;
  readonly probePath: string;
}

async function chooseService(parts: SideParts): Promise<Service> {
  const { context, config, options } = parts;
  const { findTunnel, tunnelKinds } = await import("../../tunnel/kinds.js");
  const { newProbePath } = await import("../../tunnel/probe.js");
  const name = kindName(parts);
  const kind = findTunnel(name);
  if (kind === undefined) {
    throw new CliError(`unknown kind of tunnel ${name}`, {
      hint: `there are ${tunnelKinds.map((row) => row.name).join(", ")}, and none`,
    });
  }
  const host = options.tunnelHost ?? config.tunnelHost ?? kind.defaultHost;
  if (host === undefined && kind.hostNeeded) {
    throw new CliError(`--via ${name} needs --tunnel-host`, {
      hint: `hookcli listen --via ${name} --tunnel-host me@my.server`,
    });
  }
  if (kind.hostIsUrl === true && host !== undefined && !isWebUrl(host)) {
    throw new CliError(`not the URL of a tunnel service: ${redactUrl(host)}`, { hint: "write it as https://loca.lt" });
  }
  return { kind, host: host ?? "", probePath: newProbePath(context.random) };
}

function supervisedSide({ context, config, options }: SideParts, service: Service): PublicSide {
  let tunnel: Supervised | undefined;
  let isClosed = false;
  return {
    get url() {
      return tunnel?.url;
    },
    probePath: service.probePath,
    caution: service.kind.caution,
    async open(port, onState) {
      const start = await loadSupervisor(context, service);
      if (isClosed) return undefined;
      // A first failure that ends the command is its error, and no state: nobody keeps trying.
      const endsTheCommand = (state: TunnelState) =>
        options.requireTunnel === true && tunnel?.url === undefined && state.state === "down";
      tunnel = start({
        request: { port, host: service.host, subdomain: options.subdomain ?? config.subdomain },
        onState: (state) => {
          if (!endsTheCommand(state)) onState(state);
        },
      });
      return tunnel.firstOpen;
    },
    async close() {
      isClosed = true;
      await tunnel?.close();
    },
  };
}

/** Loads what a kind of tunnel needs; what it returns starts the supervisor. */
async function loadSupervisor(context: Context, { kind, probePath }: Service) {
  const [{ superviseTunnel }, { createProbe }, { startProgram }, { readLines }] = await Promise.all([
    import("../../tunnel/supervisor.js"),
    import("../../tunnel/probe.js"),
    import("../../programs/start.js"),
    import("../../programs/lines.js"),
  ]);
  const tunnel = await kind.load({ startProgram, readLines, env: context.env, cwd: context.cwd });
  const dialer = await createDialer(context.env);
  return ({ request, onState }: Pick<SuperviseOptions, "request" | "onState">): Supervised =>
    superviseTunnel({
      tunnel,
      request: { ...request, dialer },
      probe: createProbe(probePath, undefined, dialer),
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
  if (!isWebUrl(text)) {
    throw new CliError(`not a public URL: ${redactUrl(text)}`, { hint: "write it as https://hooks.example.com" });
  }
  return text.replace(/\/+$/, "");
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
