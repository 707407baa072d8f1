import { loadConfig } from "../config/config.js";
import type { Interrupted } from "../context.js";
import { CliError } from "../errors.js";
import type { CommandDefinition, Invocation } from "./command.js";
import { defineListen, type ListenOptions } from "./listen/options.js";
import { choosePublicSide, noTunnelError } from "./listen/public-side.js";
import { ListenReporter } from "./listen/report.js";
import { startCapture } from "./listen/capture.js";
import { announceListener } from "./listen/presence.js";

/** Public URL, capture, deliver. */
export const listen: CommandDefinition<ListenOptions> = {
  name: "listen",
  summary: "open a public URL, capture every event, deliver it to a local port",
  examples: [
    { line: "hookcli listen 5000", about: "a public URL for port 5000" },
    { line: "hookcli listen 5000/webhook -e 'message.*'", about: "everything to one path, and only some events" },
    { line: "hookcli listen --no-tunnel --port 4000", about: "no app yet: capture at a fixed local port, answer 200" },
    { line: "hookcli listen 5000 --provider stripe --require-signature", about: "let in only what Stripe signed" },
  ],
  define: defineListen,
  endsOnSignal: true,
  run: runListen,
};

async function runListen(invocation: Invocation<ListenOptions>): Promise<number> {
  const { context, output, options } = invocation;
  const config = await loadConfig(context, invocation.global);
  const target = await targetOf(invocation, config.target);
  const side = await choosePublicSide({ context, config, options });
  const reporter = new ListenReporter(output, context);
  const capture = await startCapture({ invocation, config, target, side, reporter });
  const presence = await announceListener(capture.store, () => ({
    pid: context.pid,
    project: config.project,
    localUrl: capture.localUrl,
    publicUrl: side.url ?? null,
    target: target?.label ?? null,
  }));
  try {
    const first = await Promise.race([
      side.open(capture.tunnelPort, (state) => {
        reporter.tunnel(state);
        presence.renew();
      }),
      aborted(context.signal),
    ]);
    if (first?.opened === false && options.requireTunnel === true) throw noTunnelError(first);
    reporter.ready({ url: side.url, localUrl: capture.localUrl, target: target?.label, caution: side.caution });
    await aborted(context.signal);
  } finally {
    await capture.stop();
    await side.close();
    await presence.end();
    await capture.store.close();
  }
  const { signalName, exitCode } = context.signal.reason as Interrupted;
  reporter.done({ reason: signalName, exitCode, notStored: capture.notStored() });
  return exitCode;
}

/** The target of the argument, of --forward-to, or of the configuration; `undefined`: a request bin. */
async function targetOf({ args, options }: Invocation<ListenOptions>, configured: string | undefined) {
  const [word] = args;
  if (word !== undefined && options.forwardTo !== undefined && word !== options.forwardTo) {
    throw new CliError(`two targets: ${word} and --forward-to ${options.forwardTo}`);
  }
  const text = word ?? options.forwardTo ?? configured;
  if (text === undefined) return undefined;
  const [{ parseTarget }, { requireLocal }] = await Promise.all([
    import("../deliver/target.js"),
    import("../deliver/loopback.js"),
  ]);
  const target = parseTarget(text);
  if (options.allowRemote !== true) await requireLocal(target);
  return target;
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return undefined;
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}
