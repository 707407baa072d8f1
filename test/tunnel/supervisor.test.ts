import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import type { Probe, ProbeResult } from "../../src/tunnel/probe.js";
import { fakeProbe, fakeTunnel, supervised } from "./fakes.js";

const NOBODY: ProbeResult = { found: "nobody", reason: "the service answers 404 at the public URL" };
const NOT_OURS: ProbeResult = { found: "unclear", reason: "the public URL answered the probe with 200" };
const TIMED_OUT: ProbeResult = { found: "unreachable", reason: "the public URL does not answer", timedOut: true };
const UP = { state: "up", url: "https://alice.test", changed: false, verified: true, notGranted: undefined };

function listeners(signal: AbortSignal | undefined): number {
  return signal === undefined ? -1 : getEventListeners(signal, "abort").length;
}

describe("opening", () => {
  test("tells the URL once a request came through it", async () => {
    const { tunnel } = fakeTunnel();
    const { supervisor, clock, states } = supervised({ tunnel, subdomain: "alice" });

    await clock.advance(0);

    expect(states).toEqual([UP]);
    expect(await supervisor.firstOpen).toEqual({ opened: true, url: "https://alice.test" });
    await supervisor.close();
  });

  test("retries for three seconds before it tells a failure, tells it once, and goes on for ever", async () => {
    const { tunnel, requests } = fakeTunnel((_, attempt) => (attempt <= 30 ? new Error("service is away") : {}));
    const { supervisor, clock, states } = supervised({ tunnel, subdomain: "alice" });

    await clock.advance(2_999);
    expect(states).toEqual([]);
    await clock.advance(1_000_000);

    expect(requests).toHaveLength(31);
    expect(states).toEqual([{ state: "down", reason: "service is away" }, UP]);
    expect(await supervisor.firstOpen).toEqual({ opened: false, reason: "service is away" });
    await supervisor.close();
  });

  test("passes the hint of a failure on", async () => {
    const { tunnel } = fakeTunnel(() =>
      Object.assign(new Error("cloudflared is not installed"), { hint: "install it" }),
    );
    const { supervisor, clock, states } = supervised({ tunnel });

    await clock.advance(5_000);

    expect(states).toEqual([{ state: "down", reason: "cloudflared is not installed", hint: "install it" }]);
    await supervisor.close();
  });

  test("gives up an opening that is never answered, and aborts it", async () => {
    const { tunnel, requests } = fakeTunnel((_, attempt) => (attempt === 1 ? "hangs" : {}));
    const { supervisor, clock, states } = supervised({ tunnel, subdomain: "alice" });

    await clock.advance(10_000);
    expect(requests[0]?.signal.aborted).toBe(true);
    await clock.advance(200);

    expect(states).toEqual([{ state: "down", reason: "https://service.test did not open a tunnel within 10 s" }, UP]);
    await supervisor.close();
  });

  test("asks again until the URL works, and takes a URL that the service answers itself for a failure", async () => {
    const { probe, state } = fakeProbe(NOBODY);
    const { tunnel, open } = fakeTunnel();
    const { supervisor, clock, states } = supervised({ tunnel, probe, subdomain: "alice" });

    await clock.advance(6_000);
    expect(states).toEqual([{ state: "down", reason: NOBODY.reason }]);
    expect(open[0]?.closed).toBe(true);
    state.result = { found: "through" };
    await clock.advance(1_000);

    expect(states.slice(1)).toEqual([UP]);
    await supervisor.close();
  });

  test("says so when the public URL cannot be checked from here, and goes on", async () => {
    const { tunnel, open } = fakeTunnel();
    const { supervisor, clock, states } = supervised({ tunnel, probe: fakeProbe(TIMED_OUT).probe, subdomain: "alice" });

    await clock.advance(600_000);

    expect(states).toEqual([{ ...UP, verified: false }]);
    expect(open).toHaveLength(1);
    await supervisor.close();
  });

  test("does not probe a URL that is a guess", async () => {
    const { probe, state } = fakeProbe(NOBODY);
    const { tunnel } = fakeTunnel(() => ({ checkable: false }));
    const { supervisor, clock, states } = supervised({ tunnel, probe, subdomain: "alice" });

    await clock.advance(100_000);

    expect(states).toEqual([{ ...UP, verified: false }]);
    expect(state.count).toBe(0);
    await supervisor.close();
  });
});

describe("a loss", () => {
  test("over 20 restarts gives exactly one down and one up each, under the name granted at first", async () => {
    const { tunnel, last, requests, open } = fakeTunnel();
    const { supervisor, clock, states } = supervised({ tunnel });
    await clock.advance(0);

    for (let restart = 0; restart < 20; restart++) {
      last().end(`restart ${restart}`);
      await clock.advance(2_000);
    }

    const up = { ...UP, url: "https://granted.test" };
    const expected = Array.from({ length: 20 }, (_, n) => [{ state: "down", reason: `restart ${n}` }, up]);
    expect(states).toEqual([up, ...expected.flat()]);
    expect(requests.map((request) => request.subdomain)).toEqual([undefined, ...Array<string>(20).fill("granted")]);
    expect(open.slice(0, -1).every((one) => one.closed)).toBe(true);
    expect(clock.sleeping()).toBe(1);
    await supervisor.close();
    expect(clock.sleeping()).toBe(0);
  });

  test("leaves no listener behind on any signal, however many there were", async () => {
    const signals = new Set<AbortSignal>();
    const { tunnel, last, requests } = fakeTunnel();
    const { supervisor, clock } = supervised({
      tunnel,
      probe: async (_url, signal) => {
        signals.add(signal);
        return { found: "through" };
      },
    });
    await clock.advance(10_000);
    const [whole] = signals;
    const before = listeners(whole);
    for (let loss = 0; loss < 20; loss++) {
      last().end("gone");
      await clock.advance(10_000);
    }

    expect(listeners(whole)).toBe(before);
    await supervisor.close();
    expect(requests).toHaveLength(21);
    expect([...signals, ...requests.map(({ signal }) => signal)].map(listeners).filter((count) => count > 0)).toEqual(
      [],
    );
  });

  test("is followed by attempts after 0, 0.1, 1, 2, 3, 3 s, and by one each 15 s after a minute", async () => {
    const times: number[] = [];
    let away = false;
    const { tunnel, last } = fakeTunnel(() => {
      times.push(clock.monotonic());
      return away ? new Error("away") : {};
    });
    const { supervisor, clock } = supervised({ tunnel });
    await clock.advance(20_000);
    away = true;
    times.length = 0;

    last().end("gone");
    await clock.advance(100_000);

    const waits = times.map((time, index) => time - (times[index - 1] ?? 20_000));
    expect(waits.slice(0, 7)).toEqual([0, 100, 1_000, 2_000, 3_000, 3_000, 3_000]);
    expect(waits.at(-1)).toBe(15_000);
    await supervisor.close();
  });

  test("right after coming up is not followed by an attempt at once, so that a flapping service is not hammered", async () => {
    const { tunnel, open } = fakeTunnel();
    const { supervisor, clock } = supervised({ tunnel });
    await clock.advance(0);

    for (let moment = 0; moment < 100; moment++) {
      open.at(-1)?.end("flap");
      await clock.advance(100);
    }

    expect(open.length).toBeLessThan(12);
    await supervisor.close();
  });

  test("is seen by two failed probes in a row, within 20 s", async () => {
    const { probe, state } = fakeProbe();
    const { tunnel } = fakeTunnel();
    const { supervisor, clock, states } = supervised({ tunnel, probe, subdomain: "alice" });
    await clock.advance(60_000);

    state.result = NOBODY;
    await clock.advance(15_500);
    state.result = { found: "through" };
    await clock.advance(10_000);

    expect(states).toEqual([UP, { state: "down", reason: NOBODY.reason }, UP]);
    await supervisor.close();
  });

  test("is not made of one failed probe, nor of answers that say nothing of the tunnel", async () => {
    const { state, probe: ask } = fakeProbe();
    const { tunnel } = fakeTunnel();
    const results: ProbeResult[] = [
      NOBODY,
      { found: "through" },
      ...Array<ProbeResult>(9).fill({ found: "unclear", reason: "429" }),
    ];
    let playing = false;
    const { supervisor, clock, states } = supervised({
      tunnel,
      subdomain: "alice",
      probe: async (url, signal) => (playing ? (results.shift() ?? { found: "through" }) : ask(url, signal)),
    });
    await clock.advance(30_000);

    playing = true;
    await clock.advance(200_000);

    expect(results).toEqual([]);
    expect(state.count).toBeGreaterThan(2);
    expect(states).toEqual([UP]);
    await supervisor.close();
  });

  test("is looked for at once when the tunnel doubts itself, with one probe for many doubts", async () => {
    const { probe, state } = fakeProbe();
    const { tunnel, last } = fakeTunnel();
    const { supervisor, clock, states } = supervised({ tunnel, probe, subdomain: "alice" });
    await clock.advance(60_000);
    const before = state.count;

    state.result = NOBODY;
    for (let n = 0; n < 10; n++) last().request.onDoubt?.();
    await clock.advance(400);
    expect(state.count).toBe(before + 1);
    await clock.advance(300);

    expect(states.at(1)).toEqual({ state: "down", reason: NOBODY.reason });
    await supervisor.close();
  });

  test("is not looked for more than every two seconds, however often the tunnel doubts itself", async () => {
    const { probe, state } = fakeProbe();
    const { tunnel, last } = fakeTunnel();
    const { supervisor, clock } = supervised({ tunnel, probe, subdomain: "alice" });
    await clock.advance(60_000);
    const before = state.count;

    for (let moment = 0; moment < 200; moment++) {
      last().request.onDoubt?.();
      await clock.advance(100);
    }

    expect(state.count - before).toBeGreaterThan(5);
    expect(state.count - before).toBeLessThanOrEqual(11);
    await supervisor.close();
  });

  test("is not taken for one while every connection is busy, for two minutes", async () => {
    const { probe, state } = fakeProbe();
    const { tunnel } = fakeTunnel(() => ({ vitals: () => ({ bytesIn: 1, saturated: true }) }));
    const { supervisor, clock, states } = supervised({ tunnel, probe, subdomain: "alice" });
    await clock.advance(60_000);

    state.result = TIMED_OUT;
    await clock.advance(115_000);
    expect(states).toEqual([UP]);
    await clock.advance(30_000);

    expect(states.at(1)).toEqual({ state: "down", reason: TIMED_OUT.reason });
    await supervisor.close();
  });

  test("is not taken for one while events come in, though probes have to wait", async () => {
    let bytesIn = 0;
    const { probe, state } = fakeProbe();
    const { tunnel } = fakeTunnel(() => ({ vitals: () => ({ bytesIn: bytesIn++, saturated: false }) }));
    const { supervisor, clock, states } = supervised({ tunnel, probe, subdomain: "alice" });
    await clock.advance(60_000);

    state.result = TIMED_OUT;
    await clock.advance(600_000);

    expect(states).toEqual([UP]);
    await supervisor.close();
  });
});

describe("the name", () => {
  test("that another has is asked for again for some seconds at the start, then the one given is told, with the one asked for", async () => {
    const { tunnel, requests } = fakeTunnel(() => ({ name: "other" }));
    const { supervisor, clock, states } = supervised({ tunnel, subdomain: "alice" });

    await clock.advance(10_000);

    expect(requests.length).toBeGreaterThan(3);
    expect(states).toEqual([{ ...UP, url: "https://other.test", notGranted: "alice" }]);
    await supervisor.close();
  });

  test("that the service has not freed yet is had again as soon as it is free", async () => {
    let zombie = false;
    const { tunnel, last } = fakeTunnel((request) => ({ name: zombie ? "other" : request.subdomain }));
    const { supervisor, clock, states } = supervised({ tunnel, subdomain: "alice" });
    await clock.advance(20_000);

    zombie = true;
    last().end("gone");
    await clock.advance(20_000);
    zombie = false;
    await clock.advance(3_000);

    expect(states).toEqual([UP, { state: "down", reason: "gone" }, UP]);
    await supervisor.close();
  });

  test("that the service holds for our own dead connections is had again, as requests make it notice them", async () => {
    let deadConnections = 0;
    const { tunnel, last } = fakeTunnel((request) => ({ name: deadConnections > 0 ? "other" : request.subdomain }));
    const probe: Probe = async () => {
      if (deadConnections === 0) return { found: "through" };
      deadConnections -= 1;
      return TIMED_OUT;
    };
    const { supervisor, clock, states } = supervised({ tunnel, probe, subdomain: "alice" });
    await clock.advance(20_000);

    deadConnections = 10;
    last().end("gone");
    await clock.advance(5_000);

    expect(states).toEqual([UP, { state: "down", reason: "gone" }, UP]);
    await supervisor.close();
  });

  test("that another has by now is not asked for with requests to it again", async () => {
    let [taken, requests] = [false, 0];
    const { tunnel, last } = fakeTunnel((request) => ({ name: taken ? "other" : request.subdomain }));
    const probe: Probe = async () => {
      if (!taken) return { found: "through" };
      requests += 1;
      return NOT_OURS;
    };
    const { supervisor, clock } = supervised({ tunnel, probe, subdomain: "alice" });
    await clock.advance(20_000);

    taken = true;
    last().end("gone");
    await clock.advance(25_000);

    expect(requests).toBe(10);
    await supervisor.close();
  });

  test("that stays taken after a loss is given up after 30 s, the URL told as changed, and the new name kept from then on", async () => {
    let taken = false;
    const { tunnel, last, requests } = fakeTunnel((request) => ({ name: taken ? "other" : request.subdomain }));
    const { supervisor, clock, states } = supervised({ tunnel, subdomain: "alice" });
    await clock.advance(20_000);

    taken = true;
    last().end("gone");
    await clock.advance(29_000);
    expect(states).toHaveLength(2);
    await clock.advance(10_000);
    last().end("gone again");
    await clock.advance(1_000);

    const other = { ...UP, url: "https://other.test" };
    expect(states.slice(1)).toEqual([
      { state: "down", reason: "gone" },
      { ...other, changed: true, notGranted: "alice" },
      { state: "down", reason: "gone again" },
      other,
    ]);
    expect(requests.at(-1)?.subdomain).toBe("other");
    await supervisor.close();
  });

  test("asked of a service without names is told as not granted, once, and no other name is made of it", async () => {
    let n = 0;
    const { tunnel, last, requests } = fakeTunnel(() => ({ name: undefined, url: `https://random-${++n}.test` }));
    const { supervisor, clock, states } = supervised({ tunnel, subdomain: "alice" });
    await clock.advance(20_000);

    last().end("gone");
    await clock.advance(1_000);

    const up = { ...UP, url: "https://random-2.test", changed: true };
    expect(states).toEqual([
      { ...UP, url: "https://random-1.test", notGranted: "alice" },
      { state: "down", reason: "gone" },
      up,
    ]);
    expect(requests.map((request) => request.subdomain)).toEqual(["alice", "alice"]);
    await supervisor.close();
  });
});

describe("close", () => {
  test("during an opening ends it, closes nothing twice and tells nothing more", async () => {
    const { tunnel, requests } = fakeTunnel(() => "hangs");
    const { supervisor, clock, states } = supervised({ tunnel });
    await clock.advance(0);

    await supervisor.close();
    await supervisor.close();

    expect(requests[0]?.signal.aborted).toBe(true);
    expect(await supervisor.firstOpen).toEqual({ opened: false, reason: "closed" });
    expect(states).toEqual([]);
    expect(clock.sleeping()).toBe(0);
  });

  test("during an opening that succeeds all the same closes what was opened", async () => {
    let finish: (() => void) | undefined;
    const inner = fakeTunnel();
    const tunnel = {
      kind: "late",
      open: async (request: Parameters<typeof inner.tunnel.open>[0]) => {
        await new Promise<void>((resolve) => (finish = resolve));
        return inner.tunnel.open(request);
      },
    };
    const { supervisor, clock } = supervised({ tunnel });
    await clock.advance(0);

    const closed = supervisor.close();
    await clock.advance(0);
    finish?.();
    await closed;

    expect(inner.last().closed).toBe(true);
  });

  test("while up closes the tunnel and tells nothing", async () => {
    const { tunnel, last } = fakeTunnel();
    const { supervisor, clock, states } = supervised({ tunnel });
    await clock.advance(60_000);

    await supervisor.close();

    expect(last().closed).toBe(true);
    expect(states).toHaveLength(1);
    expect(clock.sleeping()).toBe(0);
  });

  test("never rejects, though a listener of the states throws", async () => {
    const { tunnel, last } = fakeTunnel();
    const { supervisor, clock } = supervised({
      tunnel,
      onState: () => {
        throw new Error("a bug of the caller");
      },
    });
    await clock.advance(0);

    expect(await supervisor.firstOpen).toEqual({ opened: false, reason: "a bug of the caller" });
    await supervisor.close();
    expect(last().closed).toBe(true);
  });

  test("never rejects after an error that nobody foresaw, which is told at once, and once, as down", async () => {
    const { tunnel } = fakeTunnel();
    const { supervisor, clock, states } = supervised({
      tunnel,
      random: () => {
        throw new Error("no entropy");
      },
    });
    await clock.advance(20_000);

    expect(states).toEqual([{ state: "down", reason: "no entropy" }]);
    expect(await supervisor.firstOpen).toEqual({ opened: false, reason: "no entropy" });
    await supervisor.close();
  });
});
