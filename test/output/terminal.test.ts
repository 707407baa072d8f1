import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createOutput } from "../../src/output/terminal.js";
import { green } from "../../src/output/style.js";
import { testContext } from "../helpers/run.js";

const PLAIN = { json: false, quiet: false, verbose: false, color: "auto" } as const;

describe("output", () => {
  it("colours a terminal, and only with its own codes", () => {
    const context = testContext({ stdoutIsTerminal: true });

    createOutput(context, PLAIN).line([green("ok\u001b[31m"), " x"]);

    expect(context.stdout.text).toBe("\u001b[32mok\\x1b[31m\u001b[39m x\n");
  });

  it("sends no colour to a pipe", () => {
    const context = testContext();

    createOutput(context, PLAIN).line([green("ok")]);

    expect(context.stdout.text).toBe("ok\n");
  });

  it.each([
    ["NO_COLOR on a terminal", true, { NO_COLOR: "1" }, "auto", false],
    ["FORCE_COLOR on a pipe", false, { FORCE_COLOR: "1" }, "auto", true],
    ["FORCE_COLOR=0 on a terminal", true, { FORCE_COLOR: "0" }, "auto", false],
    ["an empty NO_COLOR on a terminal", true, { NO_COLOR: "" }, "auto", true],
    ["--color always over NO_COLOR", false, { NO_COLOR: "1" }, "always", true],
    ["--color never over FORCE_COLOR", true, { FORCE_COLOR: "1" }, "never", false],
  ] as const)("%s", (_what, stdoutIsTerminal, env, color, coloured) => {
    const context = testContext({ stdoutIsTerminal, env });

    createOutput(context, { ...PLAIN, color }).line([green("ok")]);

    expect(context.stdout.text.includes("\u001b[")).toBe(coloured);
  });

  it("prints records and no lines with --json, lines and no records without", () => {
    const json = testContext();
    const text = testContext();

    createOutput(json, { ...PLAIN, json: true }).result("line", { a: "\u009b" });
    createOutput(text, PLAIN).result("line", { a: 1 });

    expect(json.stdout.text).toBe('{"a":"\\u009b"}\n');
    expect(text.stdout.text).toBe("line\n");
  });

  it("talks on stderr, not with --quiet; warnings and errors always", () => {
    const context = testContext();
    const output = createOutput(context, { ...PLAIN, quiet: true });

    output.note("talk");
    output.warn("look");
    output.error("port 3000 is in use", "choose another");

    expect(context.stderr.text).toBe(
      "hookcli: warning: look\nhookcli: error: port 3000 is in use\nhookcli: hint: choose another\n",
    );
    expect(context.stdout.text).toBe("");
  });

  it("writes exact bytes to a pipe, and refuses binary on a terminal", async () => {
    const pipe = testContext();
    const terminal = testContext({ stdoutIsTerminal: true });
    const bytes = Uint8Array.of(0x41, 0x1b, 0xff);

    await createOutput(pipe, PLAIN).bytes(bytes);
    const refused = createOutput(terminal, PLAIN).bytes(bytes);

    expect(pipe.stdout.bytes).toEqual(Buffer.from(bytes));
    await expect(refused).rejects.toThrow("will not write binary data to a terminal");
    expect(terminal.stdout.text).toBe("");
  });

  it("leaves nobody listening at a stream once that has been drained", async () => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) });
    const output = createOutput({ ...testContext(), stdout }, PLAIN);
    const before = stdout.listenerCount("error") + stdout.listenerCount("close");

    for (let drains = 0; drains < 3; drains += 1) {
      output.line("something");
      await output.drain();
    }

    expect(stdout.listenerCount("error") + stdout.listenerCount("close")).toBe(before);
  });
});
