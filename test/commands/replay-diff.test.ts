import { describe, expect, it } from "vitest";
import { diffAnswers, type Answer } from "../../src/commands/replay/diff.js";

const answer = (changes: Partial<Answer>): Answer => ({
  status: 200,
  error: null,
  headers: [],
  body: new Uint8Array(),
  ...changes,
});
const text = (body: string) => answer({ body: Buffer.from(body) });
const diff = (before: Answer, after: Answer) => diffAnswers(before, after).map(({ sign, text: line }) => sign + line);

describe("diffAnswers", () => {
  it("finds nothing between equal answers, whatever the order of headers and the date", () => {
    const before = answer({
      headers: [
        ["Date", "x"],
        ["A", "1"],
        ["b", "2"],
      ],
    });
    const after = answer({
      headers: [
        ["B", "2"],
        ["a", "1"],
        ["Date", "y"],
      ],
    });

    expect(diff(before, after)).toEqual([]);
  });

  it("keeps the lines that both have, in their order", () => {
    expect(diff(text("a\nb\nc\nd"), text("a\nx\nc\nd\ne"))).toEqual(["-b", "+x", "+e"]);
  });

  it("compares no answer with an answer", () => {
    expect(diff(answer({ status: null, error: "refused" }), answer({}))).toEqual([
      "-no answer (refused)",
      "+status 200",
    ]);
  });

  it("compares bodies that are no text as a whole", () => {
    const before = answer({ body: Uint8Array.of(0xff, 1) });
    const after = answer({ body: Uint8Array.of(0xff, 2) });

    expect(diff(before, after)).toEqual(["-base64 /wE=", "+base64 /wI="]);
  });

  it("gives up on bodies of many different lines instead of taking long", () => {
    const lines = (prefix: string) => Array.from({ length: 50_000 }, (_, index) => prefix + String(index)).join("\n");

    expect(diff(text(lines("a")), text(lines("b")))).toEqual(["-50000 lines", "+50000 other lines"]);
  });
});
