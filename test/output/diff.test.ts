import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diffToJson } from "../../src/commands/diff/json.js";
import { diffRequests } from "../../src/events/diff/message.js";
import type { EventRequest } from "../../src/events/event.js";
import { printDiff } from "../../src/output/diff.js";
import { createOutput } from "../../src/output/terminal.js";
import { eventRequest } from "../helpers/app.js";
import { dataPath, hasData } from "../helpers/data.js";
import { actedOn, naughtyStrings, terminalTexts } from "../helpers/hostile.js";
import { testContext } from "../helpers/run.js";

function printed(before: EventRequest, after: EventRequest, settings: { json?: boolean; whole?: boolean } = {}) {
  const context = testContext();
  const { json = false, whole = false } = settings;
  const output = createOutput(context, { json, quiet: false, verbose: whole, color: "never" });
  const diff = diffRequests(before, after);
  printDiff(output, diff, { fleeting: new Set(), strict: false, whole });
  output.record(diffToJson(diff, new Set()));
  return context.stdout;
}

const withBody = (body: string | Uint8Array) => eventRequest({ body: Buffer.from(body) });

describe("a diff on the terminal", () => {
  it("cuts long values to where they begin to differ, and shows all of them with -v", () => {
    const [before, after] = ["a", "b"].map((end) => withBody(JSON.stringify({ text: `${"x".repeat(500)}${end}` })));
    if (before === undefined || after === undefined) throw new Error("no bodies");

    const short = printed(before, after).text;

    expect(short.length).toBeLessThan(200);
    expect(short).toMatch(/- text: …x+a"\n.*\+ text: …x+b"\n/s);
    expect(printed(before, after, { whole: true }).text).toContain("x".repeat(500));
  });

  it("shows the first hundred changes of a part, and how many there are more", () => {
    const array = (value: number) => withBody(JSON.stringify(Array.from({ length: 250 }, () => value)));

    const lines = printed(array(1), array(2)).text.trimEnd().split("\n");

    expect(lines).toHaveLength(102);
    expect(lines.at(-1)).toBe("  150 more; -v shows all");
  });

  it("shows lengths, the first offset and the bytes around of bodies that are no text", () => {
    const body = Buffer.alloc(40);
    const other = Buffer.from(body).fill(0xff, 20, 21);

    expect(printed(withBody(body), withBody(other)).text).toContain(
      "both 40 bytes; they differ from offset 20 (0x14) on, up to 20 (0x14)\n" +
        "  - 00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n",
    );
  });
});

describe.skipIf(!hasData)("a diff of hostile requests (skipped without the test data)", () => {
  it("shows nothing that a terminal would act on", () => {
    const suite = dataPath("jsontestsuite", "test_parsing");
    const requests = [
      ...readdirSync(suite).map((name) => withBody(readFileSync(`${suite}/${name}`))),
      ...naughtyStrings().map(withBody),
      ...terminalTexts().flatMap((text) => [
        withBody(text),
        withBody(JSON.stringify({ [text]: [text] })),
        eventRequest({ path: `/${text}?${text}=${text}`, method: text, headers: [[text, text]] }),
      ]),
    ];

    for (const [index, after] of requests.entries()) {
      const before = requests.at(index - 1) ?? after;
      for (const json of [false, true]) {
        expect(actedOn(printed(before, after, { json }).bytes, { terminal: false })).toBeUndefined();
      }
    }
  });
});
