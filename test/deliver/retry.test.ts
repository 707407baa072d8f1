import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { nextDelay, randomShare, retryAfterMs, type RetryPlan } from "../../src/deliver/retry.js";

const NOW = Date.UTC(2026, 0, 5, 12, 0, 0);
/** No jitter. */
const MIDDLE = () => 0.5;
const answered = (status: number) => ({ status, error: null });
const broken = (error: string) => ({ status: null, error });
const plan = (settings: RetryPlan["settings"], schedule?: readonly number[]): RetryPlan => ({
  settings,
  schedule,
  random: MIDDLE,
});

/** The waits of an event that is never taken. */
function waits(made: RetryPlan): (number | string)[] {
  const found: (number | string)[] = [];
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    const step = nextDelay(attempt, answered(503), made);
    found.push(step.kind === "wait" ? step.waitMs : step.kind);
    if (step.kind !== "wait") return found;
  }
  return found;
}

describe("what comes after an attempt", () => {
  it.each([200, 201, 204, 299, 101])("is nothing when the app answered %i", (status) => {
    expect(nextDelay(1, answered(status), plan({ retries: 3 }))).toEqual({ kind: "done" });
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 599])("is another one after %i", (status) => {
    expect(nextDelay(1, answered(status), plan({ retries: 3 })).kind).toBe("wait");
  });

  it.each([301, 400, 401, 404, 409, 410, 422])(
    "is the end after %i, which the same request would meet again",
    (status) => {
      expect(nextDelay(1, answered(status), plan({ retries: 3 }))).toEqual({ kind: "giveUp" });
    },
  );

  it.each(["refused", "reset", "timeout", "dns", "unreachable", "bad_answer"])("is another one after %s", (error) => {
    expect(nextDelay(1, broken(error), plan({ retries: 1 })).kind).toBe("wait");
  });

  it("is another one when the connection broke inside an answer of 200", () => {
    expect(nextDelay(1, { status: 200, error: "reset" }, plan({ retries: 1 })).kind).toBe("wait");
  });

  it.each(["not_allowed", "bad_request", "too_large"])("is the end after %s", (error) => {
    expect(nextDelay(1, broken(error), plan({ retries: 9 }))).toEqual({ kind: "giveUp" });
  });

  it("is the end when there are no more retries", () => {
    expect(nextDelay(1, answered(500), plan({ retries: 0 }))).toEqual({ kind: "giveUp" });
  });
});

describe("the wait before a retry", () => {
  it("is a second, doubled each time up to a minute, when nothing else is said", () => {
    const seconds = [1, 2, 4, 8, 16, 32, 60, 60].map((count) => count * 1_000);

    expect(waits(plan({ retries: 8 }))).toEqual([...seconds, "giveUp"]);
  });

  it("is the provider's, sixty times as fast unless told otherwise, the last one again and again", () => {
    const schedule = [60_000, 300_000];

    expect(waits(plan({ retries: 3 }, schedule))).toEqual([1_000, 5_000, 5_000, "giveUp"]);
    expect(waits(plan({ retries: 1, speed: 1 }, schedule))).toEqual([60_000, "giveUp"]);
  });

  it("is the user's own before the provider's, at its own speed", () => {
    const own = plan({ retries: 3, delaysMs: [1_000, 5_000], speed: 60 }, [60_000]);

    expect(waits(own)).toEqual([1_000, 5_000, 5_000, "giveUp"]);
  });

  it("is what the app asks for, up to ten minutes", () => {
    const asked = (ms: number) => nextDelay(1, { ...answered(429), retryAfterMs: ms }, plan({ retries: 1 }));

    expect(asked(7_000)).toEqual({ kind: "wait", waitMs: 7_000 });
    expect(asked(86_400_000)).toEqual({ kind: "wait", waitMs: 600_000 });
  });

  it("is the planned one when the app asks for none, or for a time that is over", () => {
    const asked = nextDelay(2, { ...answered(503), retryAfterMs: 0 }, plan({ retries: 9 }));

    expect(asked).toEqual({ kind: "wait", waitMs: 2_000 });
  });

  it("is never negative, never further from the plan than its jitter, and there are as many as were asked for", () => {
    const settings = fc.record({
      retries: fc.nat(30),
      delaysMs: fc.array(fc.nat(1e6), { minLength: 1, maxLength: 5 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(settings, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (made, share) => {
        const all = waits({ settings: made, random: () => share });
        expect(all).toHaveLength(made.retries + 1);
        all.slice(0, -1).forEach((wait, index) => {
          const meant = made.delaysMs[Math.min(index, made.delaysMs.length - 1)] ?? 0;
          expect(Math.abs(Number(wait) - meant)).toBeLessThanOrEqual(meant * made.jitter + 1);
          expect(Number(wait)).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });
});

describe("Retry-After", () => {
  const asked = (value: string) => retryAfterMs([["retry-AFTER", value]], NOW);

  it("is read in seconds", () => {
    expect(asked("120")).toBe(120_000);
    expect(asked(" 0 ")).toBe(0);
  });

  it("is read as a date, a past one as at once", () => {
    expect(asked("Mon, 05 Jan 2026 12:00:30 GMT")).toBe(30_000);
    expect(asked("Monday, 05-Jan-26 12:00:30 GMT")).toBe(30_000);
    expect(asked("Mon, 05 Jan 2026 11:00:00 GMT")).toBe(0);
  });

  it("is read however long it is, and is ten minutes then", () => {
    const waits = ["99999999999999", "9".repeat(400)].map((value) => {
      const retryAfter = asked(value);
      return nextDelay(1, { ...answered(503), retryAfterMs: retryAfter }, plan({ retries: 1 }));
    });

    expect(waits).toEqual([1, 2].map(() => ({ kind: "wait", waitMs: 600_000 })));
  });

  it.each(["", "soon", "-1", "1.5", "1e9", "2026-01-05"])("is nothing when it is %j", (value) => {
    expect(asked(value)).toBeUndefined();
  });

  it("never throws and is never negative", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const wait = asked(value);
        expect(wait === undefined || wait >= 0).toBe(true);
      }),
    );
  });
});

describe("a random share", () => {
  it("is at least 0 and less than 1", () => {
    expect(randomShare(() => new Uint8Array(4))).toBe(0);
    expect(randomShare(() => new Uint8Array(4).fill(255))).toBeLessThan(1);
  });
});
