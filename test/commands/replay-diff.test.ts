import { describe, expect, it } from "vitest";
import { showDiff } from "../../src/commands/replay/diff.js";
import type { MaskOptions } from "../../src/events/diff/message.js";
import type { Attempt } from "../../src/events/event.js";
import { createOutput } from "../../src/output/terminal.js";
import { testContext } from "../helpers/run.js";

const answer = (changes: Partial<Attempt>): Attempt => ({
  n: 1,
  target: "http://localhost:5000/",
  startedAt: 0,
  durationMs: 1,
  status: 200,
  error: null,
  headers: [],
  body: new Uint8Array(),
  ...changes,
});

function shown(before: Attempt | undefined, after: Attempt, mask: MaskOptions = {}) {
  const context = testContext();
  const output = createOutput(context, { json: false, quiet: false, verbose: false, color: "never" });
  const json = showDiff({ first: before, answer: after, mask, own: [] }, output);
  return { json, stdout: context.stdout.text, stderr: context.stderr.text };
}

describe("replay --diff", () => {
  it("finds nothing between answers that differ only in what differs each time", () => {
    const { json, stdout } = shown(answer({ headers: [["Date", "x"]] }), answer({ headers: [["Date", "y"]] }));

    expect(stdout).toBe("the answer is the same as the first one\n");
    expect(json).toMatchObject({ equal: true, headers: [{ kind: "changed", fleeting: true }] });
  });

  it("compares no answer with an answer", () => {
    const { json, stdout } = shown(answer({ status: null, error: "refused" }), answer({}));

    expect(stdout).toBe("status\n  ~ no answer (refused) -> 200\n");
    expect(json).toEqual({ equal: false, status: { before: "no answer (refused)", after: "200" } });
  });

  it("says so when there is no first answer", () => {
    const { json, stderr } = shown(undefined, answer({}));

    expect(json).toBeUndefined();
    expect(stderr).toContain("no first answer");
  });

  it("shows no cookie of either answer", () => {
    const { stdout, json } = shown(
      answer({ headers: [["Set-Cookie", "CANARY1"]] }),
      answer({ headers: [["Set-Cookie", "CANARY2"]] }),
    );

    expect(stdout).toContain("Set-Cookie: ***  another value, not shown");
    expect(stdout + JSON.stringify(json)).not.toContain("CANARY");
  });

  it("shows them with --show-secrets", () => {
    const cookie = (value: string) => answer({ headers: [["Set-Cookie", value]] });

    expect(shown(cookie("a=1"), cookie("a=2"), { showSecrets: true }).stdout).toContain("a=1");
  });
});
