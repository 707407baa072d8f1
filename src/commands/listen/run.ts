import { loadConfig } from "../../config/config.js";
import type { Context, Interrupted } from "../../context.js";
import { CliError } from "../../errors.js";
import type { Invocation } from "../command.js";
import { toldRoutes } from "./banner.js";
import { startCapture } from "./capture.js";
import { configuredRetention } from "../retention-options.js";
import { endEach } from "./ending.js";
import type { ListenFlags, ListenOptions } from "./options.js";
import { announceListener } from "./presence.js";
import { choosePublicSide, noTunnelError, type PublicSide } from "./public-side.js";
import { ListenReporter } from "./report.js";
import { requireLocalRoutes, settledRoutes, warnOfRoutes } from "./routes.js";
import { startPruning } from "./retention.js";
import { listenSettings } from "./settings.js";
import { conditionText } from "../../events/condition.js";
import { redactUrl } from "../../events/redact.js";
import { isScripted } from "./script-options.js";

/** `hookcli listen`, from its start to the signal that ends it. Returns the exit code. */
export async function runListen(asked: Invocation<ListenFlags>): Promise<number> {
  const { context, output } = asked;
  const config = await loadConfig(context, asked.global);
  const settings = await listenSettings(asked, config.listen);
  const options = { ...settings, routes: settledRoutes(settings.routes, settings) };
  const invocation = { ...asked, options };
  const target = await targetOf(invocation, config.target);
  await requireLocalRoutes(options.routes, {
    entries: config.listen.routes,
    projectFile: config.file,
    allowRemote: options.allowRemote === true,
  });
  warnOfRoutes({ rules: options.routes, target, events: options.events }, output);
  const script = isScripted(options, asked.words)
    ? await (await import("./script.js")).prepareScript(invocation)
    : undefined;
  const side = await choosePublicSide({ context, config, options });
  const retention = await configuredRetention(options, config);
  const reporter = new ListenReporter(output, context, config.ownProviders);
  for (const observer of script?.observers ?? []) reporter.observe(observer);
  const capture = await startCapture({ invocation, config, target, side, reporter });
  const routes = options.routes.map(({ conditions, target: { label } }) => ({
    match: conditions.map(conditionText).join(" and "),
    target: label,
  }));
  const presence = await announceListener(capture.store, () => ({
    pid: context.pid,
    project: config.project,
    localUrl: capture.localUrl,
    publicUrl: side.url ?? null,
    target: target?.label ?? null,
    routes,
  }));
  const urls = () => ({ url: side.url, localUrl: capture.localUrl, hasTunnel: side.probePath !== undefined });
  const pruner = startPruning({ store: capture.store, project: config.project, retention, context, output });
  try {
    const first = await Promise.race([
      side.open(capture.tunnelPort, (state) => {
        reporter.tunnel(state);
        presence.renew();
        if (state.state === "up") script?.changed(urls());
      }),
      aborted(context.signal),
    ]);
    if (first?.opened === false && options.requireTunnel === true) throw noTunnelError(first);
    if (!context.signal.aborted) {
      const record = reporter.ready({
        url: side.url,
        localUrl: capture.localUrl,
        target: target?.label,
        routes: toldRoutes(options.routes),
        caution: side.caution,
        remarks: [...capture.remarks(), addressRemark(side, options)],
      });
      if (script === undefined) await aborted(context.signal);
      else await script.run(urls(), record);
    }
  } finally {
    const ends = [
      () => capture.stop(),
      async () => script?.settled(),
      () => side.close(),
      () => presence.end(),
      () => pruner.end(),
    ];
    await endEach([async () => script?.end(), ...ends, () => capture.store.close()]);
  }
  const end = script === undefined ? interruption(context) : script.result(reporter.storeFailed);
  reporter.done({ ...end, notStored: capture.notStored() });
  return end.exitCode;
}

function interruption({ signal }: Context): { reason: string; exitCode: number } {
  const { signalName, exitCode } = signal.reason as Interrupted;
  return { reason: signalName, exitCode };
}

/** A tunnel that does not tell who sends leaves --allow-ip nothing to allow. */
function addressRemark({ probePath }: PublicSide, { allowIp, trustedProxy }: ListenOptions): string | undefined {
  const isBlind = probePath !== undefined && allowIp.length > 0 && trustedProxy.length === 0;
  return isBlind
    ? "--allow-ip refuses all that comes through the tunnel, whose service does not tell the sender's address"
    : undefined;
}

/** The target of the argument, of --forward-to, or of the configuration; `undefined`: a request bin. */
async function targetOf({ args, options }: Invocation<ListenOptions>, configured: string | undefined) {
  const [word] = args;
  if (word !== undefined && options.forwardTo !== undefined && word !== options.forwardTo) {
    throw new CliError(`two targets: ${redactUrl(word)} and --forward-to ${redactUrl(options.forwardTo)}`);
  }
  const text = word ?? options.forwardTo ?? configured;
  if (text === undefined) return undefined;
  const [{ parseTarget }, { requireLocal }] = await Promise.all([
    import("../../deliver/target.js"),
    import("../../deliver/loopback.js"),
  ]);
  const target = parseTarget(text);
  if (options.allowRemote !== true) await requireLocal(target);
  return target;
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return undefined;
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}
