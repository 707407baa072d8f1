import { describe, expect, it } from "vitest";
import { EXIT_CODE_TABLE, worstExitCode } from "../src/errors.js";
import { runCli } from "./helpers/run.js";

describe("the program", () => {
  it("prints help on stdout and exits 0 without arguments", async () => {
    const { code, stdout, stderr } = await runCli([]);

    expect(code).toBe(0);
    expect(stdout).toContain("Usage: hookcli");
    expect(stderr).toBe("");
  });

  it("prints its version", async () => {
    expect(await runCli(["--version"])).toMatchObject({ code: 0, stdout: "0.0.0-test\n", stderr: "" });
  });

  it.each([
    [["nosuch"], "unknown command 'nosuch'"],
    [["--nosuch"], "unknown option '--nosuch'"],
    [["--color", "pink", "help"], "option '--color <when>' argument 'pink' is invalid"],
  ])("answers %j with an error, a hint and 2", async (argv, message) => {
    const { code, stdout, stderr } = await runCli(argv);

    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`hookcli: error: ${message}`);
    expect(stderr).toContain("hookcli: hint: ");
  });

  it("makes hostile words on the command line safe to print", async () => {
    const { code, stderr } = await runCli(["\u001b]0;pwned\u0007"]);

    expect(code).toBe(2);
    expect(stderr).toContain("\\x1b]0;pwned\\x07");
    expect(stderr).not.toContain("\u001b");
  });

  it("prints every exit code with its meaning, as text and as JSON", async () => {
    const text = await runCli(["help", "exit-codes"]);
    const json = await runCli(["help", "exit-codes", "--json"]);

    for (const { code, meaning } of EXIT_CODE_TABLE)
      expect(text.stdout).toContain(`${String(code).padStart(3)}  ${meaning}`);
    expect(JSON.parse(json.stdout)).toEqual(EXIT_CODE_TABLE);
  });

  it("names the largest of 5, 4, 3, 1, 0 for several outcomes", () => {
    expect(worstExitCode([0, 1, 4, 3])).toBe(4);
    expect(worstExitCode([1, 5])).toBe(5);
    expect(worstExitCode([])).toBe(0);
  });
});
