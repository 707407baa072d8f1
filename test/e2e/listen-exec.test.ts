import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WRITTEN_TABLE } from "../../src/commands/help/environment.js";
import { factsOf } from "../../src/commands/listen/exec.js";
import { asStored } from "../helpers/any-event.js";
import { newEvent } from "../helpers/event.js";
import { createSandbox, runProgram, startListen, type Sandbox } from "../helpers/program.js";

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = createSandbox();
});

afterEach(() => sandbox.remove());

/** Writes what it reads and is told into a file named after the event. */
const KEEP = `
  const fs = require("fs");
  const facts = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("HOOKCLI_EVENT_")));
  console.log("said by the command");
  fs.writeFileSync("seen-" + process.env.HOOKCLI_EVENT_SEQ, JSON.stringify([fs.readFileSync(0, "utf8"), facts]));
  process.exit(Number(process.argv[2] || 0));`;

function command(...words: string[]): string {
  writeFileSync(join(sandbox.folder, "keep.cjs"), KEEP);
  return [`"${process.execPath}"`, "keep.cjs", ...words].join(" ");
}

describe("listen --exec", () => {
  it("runs a command for each event, its body on stdin and its facts in the environment, before listen ends", async () => {
    const listen = await startListen(["--no-tunnel", "--exit-after", "6", "--exec", command()], { sandbox });
    const body = '{"type":"$(touch shell)","id":"e 1"}';
    for (let index = 0; index < 6; index += 1) await fetch(`${listen.localUrl}/hook?a=1`, { method: "POST", body });
    const ended = await listen.ended();

    const seen = readdirSync(sandbox.folder).filter((name) => name.startsWith("seen-"));
    const [read, facts] = JSON.parse(readFileSync(join(sandbox.folder, "seen-1"), "utf8")) as [string, object];
    expect([ended.code, seen.length, read]).toEqual([0, 6, body]);
    expect(facts).toMatchObject({
      HOOKCLI_EVENT_TYPE: "$(touch shell)",
      HOOKCLI_EVENT_PATH: "/hook?a=1",
      HOOKCLI_EVENT_METHOD: "POST",
    });
    expect(existsSync(join(sandbox.folder, "shell"))).toBe(false);
    expect(ended.stderr).toContain("said by the command");
  });

  it("warns when it fails, and goes on; refused events are not for it", async () => {
    const listen = await startListen(["--no-tunnel", "--allow-type", "a", "--once", "--exec", command("4")], {
      sandbox,
    });
    await fetch(listen.localUrl, { method: "POST", body: '{"type":"b"}' });
    await fetch(listen.localUrl, { method: "POST", body: '{"type":"a"}' });
    const ended = await listen.ended();

    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/warning: --exec: .* ended with 4 for event #2/);
    expect(ended.stderr).not.toContain("event #1");
  });

  it("is refused when it is no command", async () => {
    const empty = await runProgram(["listen", "--no-tunnel", "--exec", " "], { sandbox });

    expect([empty.code, empty.stderr.includes("--exec is empty")]).toEqual([2, true]);
  });

  it("tells exactly what help environment lists, and never a NUL", () => {
    const event = asStored({
      ...newEvent({ eventType: "a\0b", path: `/${"x".repeat(20_000)}` }),
      duplicateOf: null,
      attempts: [],
    });
    const facts = factsOf(event);

    expect(Object.keys(facts)).toEqual(
      WRITTEN_TABLE.map(({ name }) => name).filter((name) => name.startsWith("HOOKCLI_EVENT_")),
    );
    expect([facts["HOOKCLI_EVENT_TYPE"], facts["HOOKCLI_EVENT_PATH"]?.length]).toEqual(["ab", 8_192]);
  });
});
