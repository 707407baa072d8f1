import { describe, expect, it } from "vitest";
import { insist } from "../../src/deliver/insist.js";

function insistence() {
  const [told, slept]: [unknown[], number[]] = [[], []];
  const ending = new AbortController();
  const sleep = async (ms: number, signal?: AbortSignal) => {
    slept.push(ms);
    await Promise.resolve();
    signal?.throwIfAborted();
  };
  return {
    told,
    slept,
    ending,
    made: { tell: (error: unknown) => void told.push(error), sleep, ending: ending.signal },
  };
}

describe("what the store does not do", () => {
  it("is asked of it again until it does, each failure told, a second apart", async () => {
    const { told, slept, made } = insistence();
    let asked = 0;

    const result = await insist(() => ((asked += 1) < 3 ? Promise.reject(new Error(`no ${asked}`)) : asked), made);

    expect(result).toBe(3);
    expect(told).toEqual([new Error("no 1"), new Error("no 2")]);
    expect(slept).toEqual([1_000, 1_000]);
  });

  it("is asked once more when the end comes in between, and then no more", async () => {
    const { made, ending } = insistence();
    let asked = 0;

    const result = await insist(
      () => {
        asked += 1;
        if (asked === 1) setImmediate(() => ending.abort());
        throw new Error("no");
      },
      { ...made, sleep: (_ms, signal) => new Promise((_resolve, reject) => signal?.addEventListener("abort", reject)) },
    );

    expect(result).toBeUndefined();
    expect(asked).toBe(2);
  });

  it("is the end of all when who hears of it throws", async () => {
    const { made } = insistence();
    const tell = (error: unknown) => {
      throw error;
    };

    await expect(insist(() => Promise.reject(new Error("a bug")), { ...made, tell })).rejects.toThrow("a bug");
  });
});
