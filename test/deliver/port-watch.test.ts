import { describe, expect, it } from "vitest";
import { PortWatch } from "../../src/deliver/port-watch.js";

/** A watch over a port that takes connections as told, look by look, the last answer again and again. */
function watchOver(...looks: readonly boolean[]) {
  const [told, slept]: [string[], number[]] = [[], []];
  let asked = 0;
  const ending = new AbortController();
  const watch = new PortWatch({
    context: {
      sleep: async (ms, signal) => {
        slept.push(ms);
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
      },
    },
    look: () => Promise.resolve(looks[Math.min(asked++, looks.length - 1)] === true),
    ending: ending.signal,
    held: () => void told.push("held"),
    back: () => void told.push("back"),
  });
  return { watch, told, slept, ending, asked: () => asked };
}

const broken = (error: string) => ({ error, status: null });
const turns = async () => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("an app is away", () => {
  it("when it refuses connections, without a look", async () => {
    const { watch, asked } = watchOver(true);

    expect(await watch.isAway(broken("refused"))).toBe(true);
    expect(asked()).toBe(0);
  });

  it.each(["reset", "failed"])("when its port is closed after %s", async (error) => {
    expect(await watchOver(false).watch.isAway(broken(error))).toBe(true);
  });

  it("when it broke the connection a moment before it closed its port", async () => {
    const { watch, slept } = watchOver(true, false);

    expect(await watch.isAway(broken("reset"))).toBe(true);
    expect(slept).toEqual([100]);
  });

  it("not when its port stays open, nor when it answered, nor when it is late", async () => {
    expect(await watchOver(true).watch.isAway(broken("reset"))).toBe(false);
    expect(await watchOver(false).watch.isAway({ error: "reset", status: 200 })).toBe(false);
    expect(await watchOver(false).watch.isAway(broken("timeout"))).toBe(false);
  });
});

describe("what is held", () => {
  it("is told of once, and goes on once the port takes connections", async () => {
    const { watch, told } = watchOver(false, false, true);

    watch.hold();
    watch.hold();
    const meanwhile = watch.holds;
    await turns();

    expect(meanwhile).toBe(true);
    expect(watch.holds).toBe(false);
    expect(told).toEqual(["held", "back"]);
  });

  it("stays so when the end comes, and nothing is held after it", async () => {
    const { watch, told, ending } = watchOver(false);

    watch.hold();
    ending.abort();
    await turns();
    const after = watchOver(false);
    after.ending.abort();
    after.watch.hold();

    expect(told).toEqual(["held"]);
    expect(after.told).toEqual([]);
  });
});
