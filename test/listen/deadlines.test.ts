import { describe, expect, it } from "vitest";
import { Deadlines } from "../../src/commands/listen/deadlines.js";

function deadlines(isSimulated = false) {
  const said: string[] = [];
  const say = (line: unknown) => void said.push(String(line));
  return { made: new Deadlines({ warn: say, note: say }, { own: [], isSimulated }), said };
}

const after = (durationMs: number, error: string | null = null) => ({ durationMs, error });

describe("an answer that comes later than its provider waits", () => {
  it("is told of once for each provider, and counted in the end", () => {
    const { made, said } = deadlines();

    for (const took of [3_000, 4_200, 5_000]) made.ended("slack", after(took));
    made.end();

    expect(said).toEqual([
      "slack expects an answer within 3 s; yours took 4.2 s: use --ack or answer first",
      "2 answers came later than slack waits",
    ]);
  });

  it("is nothing where no deadline is known", () => {
    const { made, said } = deadlines(true);

    made.ended(null, after(60_000));
    made.ended("generic", after(60_000));
    made.end();

    expect(said).toEqual([]);
    expect(made.cutMs(null)).toBeUndefined();
  });

  it("is cut off only when that is simulated", () => {
    expect(deadlines(false).made.cutMs("slack")).toBeUndefined();
    expect(deadlines(true).made.cutMs("slack")).toBe(3_000);
  });
});
