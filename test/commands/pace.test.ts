import { describe, expect, it } from "vitest";
import { parseRate, paced } from "../../src/commands/delivery/pace.js";
import { Tally } from "../../src/commands/delivery/tally.js";

/** A clock that sleeping moves. */
function fakeClock() {
  let now = 0;
  const sleep = (ms: number) => {
    now += ms;
    return Promise.resolve();
  };
  return { monotonic: () => now, sleep };
}

describe("the pace of deliveries", () => {
  it.each([
    ["50/s", 50],
    ["30/m", 0.5],
    ["0.5", 0.5],
  ])("reads %s", (text, perSecond) => {
    expect(parseRate(text)).toBe(perSecond);
  });

  it.each(["0", "fast", "5/h", "-1/s", "99999/s"])("refuses %s", (text) => {
    expect(() => parseRate(text)).toThrow(`not a rate: ${text}`);
  });

  it("begins one every 20 ms at 50 a second", async () => {
    const context = fakeClock();
    const begunAt: number[] = [];

    await paced([1, 2, 3, 4], { concurrency: 1, perSecond: 50, context }, () => {
      begunAt.push(context.monotonic());
      return Promise.resolve();
    });

    expect(begunAt).toEqual([0, 20, 40, 60]);
  });

  it("has as many under way as it may, takes each once, and no more after a failure", async () => {
    let underWay = 0;
    let most = 0;
    const taken: number[] = [];
    const take = async (item: number) => {
      taken.push(item);
      most = Math.max(most, (underWay += 1));
      await Promise.resolve();
      underWay -= 1;
      if (item === 7) throw new Error("seven");
    };

    await paced([1, 2, 3, 4, 5, 6], { concurrency: 3, context: fakeClock() }, take);
    expect([most, taken.length]).toEqual([3, 6]);

    taken.length = 0;
    await expect(paced([7, 8, 9], { concurrency: 1, context: fakeClock() }, take)).rejects.toThrow("seven");
    expect(taken).toEqual([7]);
  });

  it("begins nothing after it was stopped, and does not wait for the next beat", async () => {
    const stop = new AbortController();
    const taken: number[] = [];
    const sleep = (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    const by = { concurrency: 2, perSecond: 1, context: { monotonic: () => 0, sleep }, stopping: stop.signal };

    const all = paced([1, 2, 3, 4], by, (item) => {
      taken.push(item);
      return Promise.resolve();
    });
    setImmediate(() => stop.abort());
    await all;

    expect(taken).toEqual([1]);
  });

  it("counts answers and times, and ends with the code of the worst", () => {
    const tally = new Tally("replayed");
    for (let n = 1; n <= 100; n += 1) {
      const isLast = n === 100;
      const outcome = { status: isLast ? null : 200, error: isLast ? "refused" : null, durationMs: n };
      tally.add(outcome, { accepted: !isLast, exitCode: isLast ? 4 : 0, remark: undefined });
    }
    const extent = { elapsedMs: 2_000, total: 1_100 };

    expect(tally.text(extent)).toBe(
      "100 replayed, 99 accepted, 1 not, 1,000 not replayed; 200 x 99, refused x 1; in 2.0 s (50/s), p50 50 ms, p90 90 ms, p99 99 ms",
    );
    expect(tally.exitCode).toBe(4);
    expect(tally.json(extent, 130)).toEqual({
      type: "summary",
      deliveries: 100,
      accepted: 99,
      impossible: 0,
      retries: 0,
      left: 1_000,
      statuses: { "200": 99 },
      errors: { refused: 1 },
      elapsedMs: 2_000,
      perSecond: 50,
      p50Ms: 50,
      p90Ms: 90,
      p99Ms: 99,
      exitCode: 130,
    });
  });
});
