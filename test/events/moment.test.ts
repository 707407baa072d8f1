import { describe, expect, it } from "vitest";
import { momentMs, parseDayTime } from "../../src/events/moment.js";

const NOW = new Date(2025, 2, 10, 9, 30, 0).getTime();

function local(text: string): number {
  const moment = parseDayTime(text);
  if (moment === undefined) throw new Error(`not read: ${text}`);
  return momentMs(moment, NOW);
}

describe("a time of day", () => {
  it.each([
    ["09:30", new Date(2025, 2, 10, 9, 30)],
    ["9:05", new Date(2025, 2, 10, 9, 5)],
    ["00:00", new Date(2025, 2, 10)],
    ["09:29:59", new Date(2025, 2, 10, 9, 29, 59)],
    ["09:31", new Date(2025, 2, 9, 9, 31)],
    ["18:01", new Date(2025, 2, 9, 18, 1)],
    ["today", new Date(2025, 2, 10)],
    ["yesterday", new Date(2025, 2, 9)],
  ])("%s is the last one that was, by the clock here", (text, expected) => {
    expect(local(text)).toBe(expected.getTime());
  });

  it.each(["24:00", "18:60", "18:1", "18", "18:01:60", "now", "Today", "18:01 "])("is not %j", (text) => {
    expect(parseDayTime(text)).toBeUndefined();
  });
});
