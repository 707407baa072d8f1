import type { Probe, ProbeResult } from "../../src/tunnel/probe.js";
import { superviseTunnel, type SuperviseOptions } from "../../src/tunnel/supervisor.js";
import type { OpenTunnel, Tunnel, TunnelRequest, TunnelState, TunnelVitals } from "../../src/tunnel/tunnel.js";

/** Lets everything that is ready to run do so. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that moves only when told; `sleeping` counts the timers that are left. */
export function fakeClock() {
  const sleepers = new Set<{ due: number; wake: () => void }>();
  let now = 0;
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const done = () => {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", abort);
      };
      const abort = () => {
        done();
        reject(signal?.reason as Error);
      };
      const sleeper = {
        due: now + ms,
        wake: () => {
          done();
          resolve();
        },
      };
      signal?.addEventListener("abort", abort);
      sleepers.add(sleeper);
    });
  const advance = async (ms: number) => {
    const until = now + ms;
    for (;;) {
      await settled();
      const next = [...sleepers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      now = next.due;
      next.wake();
    }
    now = until;
    await settled();
  };
  return { sleep, advance, monotonic: () => now, sleeping: () => sleepers.size };
}

/** How the next opening goes: a tunnel with these parts, an error, or no answer at all. */
export type Script =
  | { url?: string; name?: string | undefined; checkable?: boolean; vitals?: () => TunnelVitals }
  | Error
  | "hangs";

function onAbort(signal: AbortSignal, reject: (reason: Error) => void): void {
  signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
}

/** A tunnel service in memory: it grants what is asked for, unless the script says otherwise. */
export function fakeTunnel(next: (request: TunnelRequest, attempt: number) => Script = () => ({})) {
  const requests: TunnelRequest[] = [];
  const open: { request: TunnelRequest; end: (reason: string) => void; closed: boolean }[] = [];
  const tunnel: Tunnel = {
    kind: "fake",
    async open(request): Promise<OpenTunnel> {
      requests.push(request);
      const script = next(request, requests.length);
      if (script === "hangs") return new Promise<OpenTunnel>((_, reject) => onAbort(request.signal, reject));
      if (script instanceof Error) throw script;
      let end: (reason: string) => void = () => undefined;
      const ended = new Promise<string>((resolve) => (end = resolve));
      const record = { request, end, closed: false };
      open.push(record);
      const name = "name" in script ? script.name : (request.subdomain ?? "granted");
      return {
        url: script.url ?? `https://${name ?? "anonymous"}.test`,
        name,
        ended,
        ...(script.checkable === undefined ? {} : { checkable: script.checkable }),
        ...(script.vitals === undefined ? {} : { vitals: script.vitals }),
        close: async () => {
          record.closed = true;
          end("closed");
        },
      };
    },
  };
  const last = () => {
    const record = open.at(-1);
    if (record === undefined) throw new Error("nothing was opened");
    return record;
  };
  return { tunnel, requests, open, last };
}

/** A probe that finds what it is told, and counts. */
export function fakeProbe(initial: ProbeResult = { found: "through" }) {
  const state = { result: initial, count: 0 };
  const probe: Probe = async () => {
    state.count++;
    return state.result;
  };
  return { probe, state };
}

/** A supervisor over fakes, with the states it told. */
export function supervised(options: Partial<SuperviseOptions> & { tunnel: Tunnel; subdomain?: string }) {
  const clock = fakeClock();
  const states: TunnelState[] = [];
  const { subdomain, ...rest } = options;
  const supervisor = superviseTunnel({
    request: { port: 1, host: "https://service.test", subdomain },
    probe: fakeProbe().probe,
    onState: (state) => states.push(state),
    monotonic: clock.monotonic,
    sleep: clock.sleep,
    random: (length) => new Uint8Array(length),
    ...rest,
  });
  return { clock, states, supervisor };
}
