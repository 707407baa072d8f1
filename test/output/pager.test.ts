import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createPagedOutput, type Pager } from "../../src/output/pager.js";
import { createOutput } from "../../src/output/terminal.js";
import { green } from "../../src/output/style.js";
import { testContext } from "../helpers/run.js";

const PLAIN = { json: false, quiet: false, verbose: false, color: "auto" } as const;

/** A terminal of ten rows and a hundred columns, and a pager that the test drives. */
function setup({ hasPager = true } = {}) {
  const context = testContext({ stdoutIsTerminal: true });
  Object.assign(context.stdout, { rows: 10 });
  let leave = () => {};
  let text = "";
  let starts = 0;
  const ended = new Promise<void>((resolve) => (leave = resolve));
  const input = new Writable({
    highWaterMark: 16,
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const start = async (): Promise<Pager | undefined> => {
    starts += 1;
    return hasPager ? { input, ended } : undefined;
  };
  const paged = createPagedOutput(context, PLAIN, start);
  return { ...paged, context, input, leave, pagerText: () => text, starts: () => starts };
}

const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}\n`).join("");

describe("an output that may be paged", () => {
  it("prints what fits on the screen without a pager", async () => {
    const { output, close, context, starts } = setup();

    output.block(lines(9));
    await close();

    expect(context.stdout.text).toBe(lines(9));
    expect(starts()).toBe(0);
  });

  it("gives all of it to the pager when it is longer, with colours, and waits until that is left", async () => {
    const { output, close, context, leave, pagerText, starts } = setup();

    output.line([green("first")]);
    output.block(lines(40));
    let closed = false;
    const closing = close().then(() => (closed = true));
    await expect.poll(pagerText).toBe(`\u001b[32mfirst\u001b[39m\n${lines(40)}`);
    expect(closed).toBe(false);
    leave();
    await closing;

    expect(context.stdout.text).toBe("");
    expect(starts()).toBe(1);
  });

  it("counts the rows of long and of wide lines", async () => {
    const long = setup();
    const wide = setup();
    const fits = setup();
    for (const { leave } of [long, wide]) leave();

    long.output.line("x".repeat(901));
    wide.output.line("注".repeat(451));
    fits.output.line([green("x".repeat(900))]);
    await Promise.all([long.close(), wide.close(), fits.close()]);

    expect([long.starts(), wide.starts(), fits.starts()]).toEqual([1, 1, 0]);
  });

  it("gives the pager nothing that a terminal acts on", async () => {
    const { output, close, leave, pagerText } = setup();
    leave();

    output.block(`\u001b]0;title\u0007\u009b2J\u202e\n`.repeat(20));
    await close();

    expect(pagerText()).toBe("\\x1b]0;title\\x07\\x9b2J\\u{202e}\n".repeat(20));
  });

  it("prints it all when there is no pager", async () => {
    const { output, close, context } = setup({ hasPager: false });

    output.block(lines(40));
    output.line("end");
    await close();

    expect(context.stdout.text).toBe(`${lines(40)}end\n`);
  });

  it("is never started by a terminal that does not tell its size", async () => {
    const { output, close, context, starts } = setup();
    Object.assign(context.stdout, { rows: 0, columns: 0 });

    output.block(lines(1000));
    await close();

    expect([output.columns, starts()]).toEqual([100, 0]);
    expect(createOutput(context, PLAIN).columns).toBe(80);
  });

  it("stops taking lines when the user leaves, without an error", async () => {
    const { output, close, leave } = setup();
    let taken = 0;
    function* endless() {
      for (;;) {
        taken += 1;
        if (taken === 10_000) leave();
        yield "line";
      }
    }

    await output.lines(endless());
    output.line("later");
    await close();

    expect(taken).toBeGreaterThanOrEqual(10_000);
  });

  it("survives a pager whose input breaks", async () => {
    const { output, close, leave, input } = setup();
    input.on("error", () => undefined);

    output.block(lines(40));
    await expect.poll(() => input.writableLength).toBe(0);
    input.destroy(new Error("EPIPE"));
    output.block(lines(40));
    leave();
    await close();

    expect(input.destroyed).toBe(true);
  });
});
