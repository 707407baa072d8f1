import { isIP } from "node:net";
import { createDeliverer } from "../../deliver/create.js";
import type { Target } from "../../deliver/deliverer.js";
import { requireLocal } from "../../deliver/loopback.js";
import { parseTarget } from "../../deliver/target.js";
import type { AppSide, PostAnswer } from "../../doctor/patient.js";
import { CliError } from "../../errors.js";
import type { Dialer } from "../../proxies/dialer.js";
import type { ListenerState } from "../../store/check.js";
import type { Config } from "../../config/config.js";
import type { OutgoingRequest } from "../delivery/request.js";
import type { DoctorOptions } from "../doctor.js";
import type { Invocation } from "../command.js";
import { createProber, type Prober } from "./prober.js";
import { redactUrl } from "../../events/redact.js";
import { isLocalName } from "../../events/authority.js";

/** Longest wait for the app's answer to a probe event, milliseconds. */
const POST_MS = 3_000;
/** By this an app, and its log, can tell a probe from an event. */
const PROBE_HEADER = ["hookcli-probe", "doctor"] as const;

interface Around {
  readonly config: Config;
  /** The only listen of the project that runs. */
  readonly listener: ListenerState | undefined;
  /** All that run. */
  readonly listeners: readonly ListenerState[];
  readonly dialer: Dialer | undefined;
  readonly publicUrl: string | undefined;
  /** Addresses of a name. Rejects when there are none, or when the resolver does not answer. */
  readonly resolve: (hostname: string) => Promise<readonly string[]>;
}

/** The app, as the probes see it; a text when none is named. Throws CliError 2. */
export async function describeApp(
  invocation: Invocation<DoctorOptions>,
  around: Around,
): Promise<{ app: AppSide | string; close: () => Promise<void> }> {
  const { args, options } = invocation;
  const insecure = options.insecure ?? around.config.listen.insecure ?? false;
  const text = args[0] ?? around.config.target ?? around.listener?.target ?? undefined;
  if (text === undefined) {
    return { app: "no target is known: hookcli doctor 5000/webhook", close: async () => {} };
  }
  const target = parseTarget(text);
  refuseListener(target, around.listeners);
  // Asked once: a resolver that does not answer is waited for as long.
  let found: Promise<readonly string[]> | undefined;
  const resolve = (hostname: string) => (found ??= around.resolve(hostname));
  if (options.allowRemote !== true) await requireLocal(target, resolve);
  const prober = await createProber(invocation, { ...around, target });
  const { post, close } = createPost(invocation, { ...around, target, insecure, prober });
  const throughProxy = options.allowRemote === true && (await isProxied(target, around.dialer));
  const { signing } = prober;
  const addresses = throughProxy ? [] : await addressesOf(target, resolve);
  return { app: { target, insecure, post, signing, throughProxy, addresses }, close };
}

/** What is sent to a listen of ours would be captured, and is no probe of the app. */
function refuseListener({ port, label }: Target, listeners: readonly ListenerState[]): void {
  const own = listeners.find(({ localUrl, state }) => state === "running" && Number(new URL(localUrl).port) === port);
  if (own === undefined) return;
  throw new CliError(`${redactUrl(label)} is the listen with process id ${own.pid}, and not an app`, {
    hint:
      own.target === null ? "name the app: hookcli doctor 5000" : `its app: hookcli doctor ${redactUrl(own.target)}`,
  });
}

function createPost(
  { context, options }: Invocation<DoctorOptions>,
  {
    target,
    insecure,
    dialer,
    prober,
  }: { target: Target; insecure: boolean; dialer: Dialer | undefined; prober: Prober },
): { post: AppSide["post"]; close: () => Promise<void> } {
  const deliverer = createDeliverer({
    timeoutMs: POST_MS,
    insecure,
    allowRemote: options.allowRemote === true,
    hostHeader: "target",
    headers: [],
    monotonic: context.monotonic,
    dialer,
  });
  const post = async (body: Uint8Array, signed: boolean): Promise<PostAnswer> => {
    const { method, path, headers }: OutgoingRequest = prober.request(body, signed);
    const request = { method, path, headers, body, trailers: [] };
    const {
      status,
      error,
      headers: answered,
    } = await deliverer.deliver({
      request,
      // The probe's path is the whole place already.
      target: { ...target, path: undefined },
      forwarded: {},
      headers: [PROBE_HEADER],
      signal: context.signal,
    });
    return { status, error, headers: answered };
  };
  return { post, close: () => deliverer.close() };
}

async function isProxied(target: Target, dialer: Dialer | undefined): Promise<boolean> {
  const { protocol, hostname, port } = target;
  // A variable that names no proxy has a finding of its own.
  return (await dialer?.proxyFor({ protocol, hostname, port }).catch(() => undefined)) !== undefined;
}

/** The addresses that a target means. */
export async function addressesOf({ hostname }: Target, resolve: Around["resolve"]): Promise<readonly string[]> {
  if (isLocalName(hostname)) return ["127.0.0.1", "::1"];
  if (hostname === "0.0.0.0") return ["127.0.0.1"];
  if (hostname === "::") return ["::1"];
  if (isIP(hostname) !== 0) return [hostname];
  return resolve(hostname).catch(() => []);
}
