import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nearest, suggestion } from "../src/providers/nearest.js";
import { runCli } from "./helpers/run.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-suggestions-"));
  mkdirSync(join(folder, "bad"));
  writeFileSync(join(folder, "hookcli.config.json"), '{ "profiles": { "staging": {}, "production": {} } }');
  writeFileSync(join(folder, "bad/hookcli.config.json"), '{ "tagret": "5000" }');
  writeFileSync(join(folder, "provider.json"), '{ "secrets": { "githbu": "env:S" } }');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every place where a name can be mistyped: what is typed, and what the hint must tell. */
const MISTYPED: readonly (readonly [place: string, argv: readonly string[], hint: string])[] = [
  ["a command", ["lisen"], "did you mean listen?"],
  ["a command's alias", ["triger"], "did you mean trigger?"],
  ["a subcommand of a group that lists alone", ["events", "shwo", "last", "--raw"], "did you mean show?"],
  ["a subcommand that no event could be", ["config", "lst"], "did you mean list?"],
  ["a subcommand where a name could be", ["fixtures", "shwo"], "did you mean show?"],
  [
    "a subcommand where a name could be, with an option of its own",
    ["fixtures", "shwo", "x", "--raw"],
    "did you mean show?",
  ],
  ["a flag", ["listen", "--prot", "4000"], "did you mean --port?"],
  ["a flag in the wrong case", ["send", "message.created", "--To", "5000"], "did you mean --to?"],
  ["a flag with its value", ["send", "x", "--secrt=canary"], "did you mean --secret?"],
  ["a flag of a subcommand", ["events", "list", "--stats", "5xx"], "did you mean --status or --state?"],
  ["a global flag", ["--profil", "x", "events"], "did you mean --profile?"],
  ["a global flag behind a command", ["config", "list", "--jsn"], "did you mean --json?"],
  ["a fixture", ["send", "message.craeted"], "nearest: generic/message.created"],
  ["a fixture of a provider", ["send", "stripe/invoce.paid"], "nearest: stripe/invoice.paid"],
  ["a fixture of show", ["fixtures", "show", "user.joind"], "nearest: generic/user.joined"],
  ["a choice of a flag", ["listen", "--via", "clouflared"], "did you mean cloudflared?"],
  ["a state among the filters", ["events", "--state", "faild"], "did you mean failed?"],
  ["a scheme", ["sign", "--secret", "env:S", "--scheme", "hmac-sha265"], "did you mean hmac-sha256"],
  ["a provider's scheme", ["verify", "--secret", "env:S", "--scheme", "strpe-v1"], "did you mean stripe-v1?"],
  ["a provider of fixtures", ["fixtures", "list", "--provider", "gitlb"], "did you mean gitlab"],
  ["a provider of send", ["send", "message.created", "--provider", "strip"], "did you mean stripe?"],
  ["a provider of verify", ["verify", "--provider", "githbu", "--secret", "env:S"], "did you mean github?"],
  ["a provider of sign", ["sign", "--provider", "slak"], "did you mean slack?"],
  ["a provider of listen", ["listen", "--no-tunnel", "--provider", "shopfy"], "did you mean shopify?"],
  ["a provider of init", ["init", "--yes", "--force", "--provider", "twillio"], "did you mean twilio?"],
  ["a provider among the filters", ["events", "--provider", "strpe"], "did you mean stripe?"],
  ["a provider in the config", ["--config", "provider.json", "config"], "did you mean github?"],
  ["a key in the config", ["--config", "bad/hookcli.config.json", "config"], "did you mean target?"],
  ["a key of config get", ["config", "get", "tunelHost"], "did you mean tunnelHost?"],
  ["a profile", ["--profile", "stagign", "config"], "did you mean staging?"],
  ["a subcommand where a provider could be", ["providers", "shwo"], "did you mean show?"],
  ["a provider of providers list", ["providers", "list", "strpe"], "did you mean stripe?"],
  ["a provider of providers show", ["providers", "show", "gihtub"], "did you mean github?"],
  ["a framework", ["providers", "show", "stripe", "--framework", "expres"], "did you mean express?"],
  ["a topic of help", ["help", "exit-code"], "did you mean exit-codes?"],
  ["a command of help", ["help", "verfy"], "did you mean verify?"],
  ["a subcommand of help", ["help", "config", "lits"], "did you mean list?"],
];

describe("a mistyped name", () => {
  it.each(MISTYPED)("that is %s is answered with the nearest: %j", async (_place, argv, hint) => {
    const { code, stdout, stderr } = await runCli(argv, { cwd: folder, env: { S: "s" }, stdin: "{}" });

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("hookcli: error: ");
    expect(stderr).toContain(`hookcli: hint: ${hint}`);
    expect(stderr).not.toContain("canary");
  });

  it.each([
    [["zzzzzz"], "hookcli --help lists commands and options"],
    [["events", "list", "--zzzzzz"], "hookcli events list --help lists options"],
    [["listen", "-z"], "hookcli listen --help lists options"],
    [["config", "zzzzzz"], "hookcli config --help lists commands and options"],
    [["help", "zzzzzz"], "hookcli help lists the commands"],
    [["send", "a", "b"], "hookcli send --help lists options"],
  ])("that is like nothing is answered with where to look: %j", async (argv, hint) => {
    const { code, stderr } = await runCli(argv, { cwd: folder });

    expect(code).toBe(2);
    expect(stderr).toContain(`hookcli: hint: ${hint}\n`);
  });
});

describe("nearest", () => {
  it("names the likest first, and leaves out what only misleads beside it", () => {
    expect(nearest("lisen", ["resend", "listen", "send"])).toEqual(["listen"]);
    expect(nearest("stat", ["state", "status", "since"])).toEqual(["state", "status"]);
    expect(nearest("zzzz", ["state"])).toEqual([]);
  });

  it("takes two letters that changed places for one mistake, in any case", () => {
    expect(nearest("TAGRET", ["target", "agent"])).toEqual(["target"]);
  });

  it("lists all that is known where nothing is like it", () => {
    expect(suggestion("zzzz", ["a", "b"])).toBe("known are a, b");
    expect(suggestion("zzzz", [])).toBeUndefined();
  });
});
