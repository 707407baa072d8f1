import { describe, expect, it } from "vitest";
import { progressLine, startProgress } from "../../src/output/progress.js";
import { Capture } from "../helpers/run.js";

function started(options: { terminal?: boolean; quiet?: boolean; json?: boolean; total?: number } = {}) {
  const stderr = new Capture(options.terminal ?? true);
  let nowMs = 0;
  let asked = 0;
  const progress = startProgress({
    context: { stderr, monotonic: () => nowMs },
    output: { quiet: options.quiet ?? false, json: options.json ?? false },
    what: "exporting",
    total: () => {
      asked += 1;
      return options.total;
    },
  });
  const at = (ms: number, done: number) => {
    nowMs = ms;
    progress.at(done);
  };
  return { progress, at, stderr, asked: () => asked };
}

describe("the progress bar", () => {
  it("is not seen when the work is done within half a second", () => {
    const { at, progress, stderr, asked } = started({ total: 10 });

    at(499, 9);
    progress.end();

    expect(stderr.text).toBe("");
    expect(asked()).toBe(0);
  });

  it("is drawn over itself ten times a second at most, asks once for the total, and goes in the end", () => {
    const { at, progress, stderr, asked } = started({ total: 10 });

    at(500, 2);
    at(550, 3);
    at(600, 5);
    progress.end();

    expect(stderr.text.split("\r").map((part) => part.replace(/^\u001b\[2K/, ""))).toEqual([
      "",
      "exporting [####--------------------] 20%  2 of 10, 2.0 s left",
      "exporting [############------------] 50%  5 of 10, 600 ms left",
      "",
    ]);
    expect(asked()).toBe(1);
  });

  it("makes room for talk", () => {
    const { at, progress, stderr } = started({ total: 10 });

    at(500, 2);
    progress.above(() => stderr.write("a warning\n"));

    expect(stderr.text.endsWith("\r\u001b[2Ka warning\n")).toBe(true);
  });

  it.each([{ terminal: false }, { quiet: true }, { json: true }])("is nothing with %o", (options) => {
    const { at, progress, stderr } = started({ total: 10, ...options });

    at(5_000, 2);
    progress.end();

    expect(stderr.text).toBe("");
  });

  it("takes 80 columns for a terminal that says it has none", () => {
    const stderr = Object.assign(new Capture(true), { columns: 0 });
    let nowMs = 0;
    const context = { stderr, monotonic: () => nowMs };
    const progress = startProgress({
      context,
      output: { quiet: false, json: false },
      what: "w".repeat(200),
      total: () => undefined,
    });

    nowMs = 1_000;
    progress.at(1);

    expect(stderr.text).toBe(`\r\u001b[2K${"w".repeat(79)}`);
  });

  it("only counts when nobody knows the total", () => {
    expect(progressLine({ what: "importing", total: undefined, done: 12, elapsedMs: 1 })).toBe("importing 12");
  });
});
