import { expect, test } from "vitest";
import { backoffMs } from "../../src/tunnel/backoff.js";

test("waits 0, 0.1, 1, 2, 3, 3 s in the first minute, and 15 s after it", () => {
  const early = [0, 1, 2, 3, 4, 5, 19].map((attempt) => backoffMs(attempt, 59_999, 0));
  const late = [5, 20, 10_000].map((attempt) => backoffMs(attempt, 60_000, 0));

  expect(early).toEqual([0, 100, 1_000, 2_000, 3_000, 3_000, 3_000]);
  expect(late).toEqual([15_000, 15_000, 15_000]);
});

test("takes off up to a quarter by jitter, and never adds to it", () => {
  expect(backoffMs(4, 0, 1)).toBe(2_250);
  expect(backoffMs(9, 60_000, 1)).toBe(11_250);
});
