import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { Command } from "commander";
import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allCommands, type ListedCommand } from "../helpers/command-list.js";
import { actedOn } from "../helpers/hostile.js";
import { createSandbox, hookcliPath, runProgram, type Sandbox } from "../helpers/program.js";
import { runCli } from "../helpers/run.js";

let sandbox: Sandbox;
let work = "";

beforeAll(async () => {
  sandbox = createSandbox({ S: "s" });
  work = join(sandbox.folder, "work");
  mkdirSync(work);
  writeFileSync(join(sandbox.folder, "body.json"), '{"id":1}');
  await runProgram(["send", "--data", '{"id":1}', "--unsigned", "--to", "127.0.0.1:1"], { sandbox });
});
afterAll(() => sandbox.remove());

/** A command line that is right, to which one value is added. */
const GOOD: Readonly<Record<string, readonly string[]>> = {
  listen: ["--no-tunnel"],
  send: ["--data", '{"id":1}', "--to", "127.0.0.1:1", "--secret", "env:S", "--dry-run"],
  replay: ["last", "--all-projects", "--to", "127.0.0.1:1", "--dry-run"],
  verify: ["--secret", "env:S", "--signature", "00"],
  sign: ["--secret", "env:S"],
  events: [],
};

const ODD = [
  "",
  " ",
  "x".repeat(20_000),
  "日本\u202e\u001b[31m",
  "-1",
  "-",
  "1e999",
  "NaN",
  "999999999999999999999",
  "a\nb",
  "a\r\nX: y",
  "@",
  "@/",
  "@missing",
  "env:",
  "env:MISSING",
  "env:toString",
  "literal:",
  "http://",
  "__proto__",
  "[".repeat(10_000),
  "{",
  "%",
  "=",
  ":",
  "*",
  "\ud800",
];

/** Every command with every option that takes a value. */
function valueOptions({ path, definition }: ListedCommand): [readonly string[], string][] {
  const command = new Command(path.at(-1));
  definition.define?.(command);
  const own = command.options.filter((option) => option.required).map((option) => option.long ?? "");
  return [...own, "--config", "--color", "--format"].map((option) => [path, option]);
}

const options = (await allCommands()).filter(({ path }) => path[0] !== "demo").flatMap(valueOptions);

/** Ends what would go on, such as `listen` with a value that is good after all, as SIGTERM does. */
async function cli(argv: readonly string[]) {
  const controller = new AbortController();
  const limitMs = argv[0] === "listen" ? 150 : 20_000;
  const timer = setTimeout(() => controller.abort({ signalName: "SIGTERM", exitCode: 143 }), limitMs);
  const env = { ...sandbox.env, XDG_CONFIG_HOME: sandbox.folder };
  try {
    return await runCli(argv, { cwd: work, env, stdin: '{"id":1}', signal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Commands whose answer may be no, which is exit code 1. */
const SAY_NO = new Set(["verify", "doctor", "diff", "fixtures", "config"]);

describe("odd values", () => {
  it.each(options)("%j %s is done, or refused in one line with exit code 2, never a crash", async (path, option) => {
    const problems: string[] = [];
    // What goes on when it is good costs its whole limit: fewer values.
    for (const value of path[0] === "listen" ? ODD.filter((_, index) => index % 3 === 0) : ODD) {
      const argv = [...path, ...(GOOD[path[0] ?? ""] ?? []), `${option}=${value}`];
      const { code, stdout, stderr } = await cli(argv);
      const shown = `${JSON.stringify(value.slice(0, 40))} ended with ${code}: ${stderr.slice(0, 500)}`;
      const fine = [0, 2, ...(SAY_NO.has(path[0] ?? "") ? [1] : []), ...(path[0] === "listen" ? [143] : [])];
      if (!fine.includes(code) || /unexpected|\n +at /.test(stderr)) problems.push(shown);
      if (code === 2 && !stderr.includes("hookcli: error: ")) problems.push(shown);
      if (actedOn(Buffer.from(stdout + stderr), { terminal: false }) !== undefined) problems.push(shown);
    }

    expect(problems).toEqual([]);
  });

  it.each([
    ["listen", "--host-header=a\r\nX: y"],
    ["listen", "--host-header="],
    ["send", "--content-type=a\r\nX: y"],
    ["send", "--content-type=日本"],
    ["send", "--type=a\nb"],
    ["send", "--timestamp=a\nb"],
    ["send", "--method=A B"],
    ["send", "--header=X: a\u0000"],
    ["send", "--header=X: env:MISSING"],
    ["sign", "--signature-header=a\nb"],
    ["sign", "--signature-header="],
    ["sign", "--signature-prefix=a\nb"],
    ["sign", "--timestamp=a\nb"],
    ["sign", "--curl="],
    ["sign", "--curl=x y"],
    ["sign", "--method=A B"],
  ])("%s %j is refused before anything is signed", async (name, value) => {
    const { code, stdout, stderr } = await cli([name, ...(GOOD[name] ?? []), value]);

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^hookcli: error: [^\n]+\n(?:hookcli: hint: [^\n]+\n)?$/);
  });

  it("a type in the body that no header can carry is refused by the header's name", async () => {
    const data = ["--data", '{"type":"a\\r\\nX: 1"}', "--provider", "github"];
    const { code, stdout, stderr } = await cli(["send", ...data, "--to", "127.0.0.1:1", "--secret", "env:S"]);

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("X-GitHub-Event");
  });

  it("a header of send, replay and listen is read from env: and @file", async () => {
    writeFileSync(join(work, "value.txt"), "from a file\n");
    for (const name of ["send", "replay"]) {
      const flags = ["-H", "X-A: env:S", "-H", "X-B: @value.txt", "-H", "X-C: literal:@x", "-H", "X-D: ü"];
      const { code, stdout } = await cli([name, ...(GOOD[name] ?? []), ...flags, "--show-secrets"]);

      expect(code).toBe(0);
      expect(stdout).toContain("X-A: s\nX-B: from a file\nX-C: @x\nX-D: ü\n");
    }
  });
});

describe("selectors with nothing in the store", () => {
  const EMPTY = ["--db", "nothing.db"];

  it.each([["last"], ["last~2"], ["1"], ["3..7"], ["evt_01abcdef"]])("%s names no event (2)", async (selector) => {
    for (const argv of [
      ["events", "show", selector],
      ["events", selector],
      ["replay", selector, "--to", "127.0.0.1:1"],
      ["verify", "--secret", "env:S", "--event", selector],
    ]) {
      const { code, stdout, stderr } = await cli([...argv, ...EMPTY]);

      expect({ argv, code, stdout }).toEqual({ argv, code: 2, stdout: "" });
      expect(stderr).toContain(`hookcli: error: no event ${selector}`);
    }
  });

  it("a filter that nothing fits is no error in a list (0), and one in a replay (2)", async () => {
    const listed = await cli(["events", "--status", "5xx", "--json", ...EMPTY]);
    const replayed = await cli(["replay", "--status", "5xx", "--to", "127.0.0.1:1", ...EMPTY]);

    expect({ code: listed.code, stdout: listed.stdout }).toEqual({ code: 0, stdout: "[]\n" });
    expect({ code: replayed.code, stderr: replayed.stderr.split("\n")[0] }).toEqual({
      code: 2,
      stderr: "hookcli: error: no event fits",
    });
  });
});

describe("an output that takes nothing", () => {
  const LINES = [
    ["--help"],
    ["help", "exit-codes"],
    ["events", "list"],
    ["events", "list", "--json"],
    ["events", "show", "last", "--body"],
    ["sign", "--secret", "env:S", "--body", "@body.json"],
  ];

  it.each(LINES)("is an error (2) when it is full: %s %s %s", async (...argv) => {
    const stdout = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [hookcliPath, ...argv], {
      cwd: sandbox.folder,
      env: sandbox.env,
      stdio: ["ignore", stdout, "pipe"],
    });
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];

    expect(stderr).toBe("hookcli: error: cannot write the output: no space left on device\n");
    expect(code).toBe(2);
  });

  it.each(LINES)("ends quietly with 0 when its reader has left: %s %s %s", (...argv) => {
    const quoted = [process.execPath, hookcliPath, ...argv].map((word) => `'${word}'`).join(" ");
    const script = `(${quoted}; echo "code $?" >&2) 2>&1 >&3 3>&- | cat`;
    const output = execFileSync("bash", ["-c", `exec 3> >(exec 0<&-; sleep 0.2); sleep 0.1; ${script}`], {
      cwd: sandbox.folder,
      env: sandbox.env,
    });

    expect(output.toString()).toBe("code 0\n");
  });
});
