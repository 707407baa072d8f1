import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { helpTopics } from "../../src/commands/help.js";
import { FILTER_FORMS, NAME_FORMS } from "../../src/commands/help/selectors.js";
import { addSelectorOptions } from "../../src/commands/selector-options.js";
import { CONFIG_KEY_ROWS, ENVIRONMENT_TABLE } from "../../src/config/keys.js";
import { parseEventName } from "../../src/events/selector.js";
import { providers } from "../../src/providers/index.js";
import { RAW_ALGORITHMS } from "../../src/signatures/raw.js";
import { REASON_CODES } from "../../src/signatures/verdict.js";
import { rootDir } from "../helpers/data.js";
import { runCli } from "../helpers/run.js";

describe("the topics of help", () => {
  it("are named by the help of the program", async () => {
    const { stdout } = await runCli(["--help"]);

    for (const { name, summary } of helpTopics) expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}$`, "m"));
  });

  it.each(helpTopics.map(({ name }) => name))(
    "print %s as lines that fit 130 columns, and as one JSON document",
    async (name) => {
      const text = await runCli(["help", name]);
      const json = await runCli(["help", name, "--json"]);

      expect([text.code, json.code, text.stderr, json.stderr]).toEqual([0, 0, "", ""]);
      expect(text.stdout.split("\n").length).toBeGreaterThan(8);
      expect(text.stdout.split("\n").filter((line) => line.length > 130)).toEqual([]);
      expect(json.stdout.trim().split("\n")).toHaveLength(1);
      expect(Object.keys(JSON.parse(json.stdout) as object)).not.toEqual([]);
    },
  );
});

describe("help environment", () => {
  it("names exactly the variables that the program reads", () => {
    const source = sourceFiles().join("\n");
    const literal = [...source.matchAll(/\benv\["([A-Z_]+)"\]/g)].map((match) => match[1] ?? "");
    const ofKeys = CONFIG_KEY_ROWS.flatMap(([, { variable }]) => variable ?? []);
    const proxies = [...source.matchAll(/variable\(env, "([a-z_]+)"\)/g)].map((match) =>
      (match[1] ?? "").toUpperCase(),
    );
    const read = new Set([...literal, ...ofKeys, ...proxies, "<PROVIDER>_WEBHOOK_SECRET"]);

    expect(proxies).toContain("NO_PROXY");
    expect(ENVIRONMENT_TABLE.map(({ name }) => name).toSorted()).toEqual([...read].toSorted());
  });
});

describe("help signatures", () => {
  it("says what each verdict in lists and filters means", async () => {
    const text = (await runCli(["help", "signatures"])).stdout;
    const json = JSON.parse((await runCli(["help", "signatures", "--json"])).stdout) as { statuses: object };

    expect(Object.keys(json.statuses)).toEqual(["valid", "invalid", "unchecked", "not_checkable"]);
    for (const status of Object.keys(json.statuses)) expect(text).toMatch(new RegExp(`^  ${status} `, "m"));
    expect(text).toContain("invalid (missing_header)");
  });

  it("tells of every provider, reason and raw scheme", async () => {
    const text = (await runCli(["help", "signatures"])).stdout;
    const json = JSON.parse((await runCli(["help", "signatures", "--json"])).stdout) as {
      providers: { provider: string; takes: string; variable: string }[];
      reasons: Record<string, string>;
      rawSchemes: string[];
    };

    expect(json.providers.map(({ provider }) => provider)).toEqual(providers.map(({ name }) => name));
    expect(Object.keys(json.reasons).toSorted()).toEqual([...REASON_CODES].toSorted());
    expect(json.rawSchemes).toEqual([...RAW_ALGORITHMS.keys()]);
    for (const word of [...providers.map(({ name }) => name), ...REASON_CODES, ...RAW_ALGORITHMS.keys()])
      expect(text).toContain(word);
    expect(json.providers.find(({ provider }) => provider === "discord")?.takes).toBe("--key");
    expect(json.providers.find(({ provider }) => provider === "stripe")?.variable).toBe("STRIPE_WEBHOOK_SECRET");
  });
});

describe("help selectors", () => {
  it("shows only names that are read as names", () => {
    for (const [form] of NAME_FORMS) expect(() => parseEventName(form.replace("...", "01234567"))).not.toThrow();
  });

  it("shows every filter, with a value that it takes", () => {
    const command = addSelectorOptions(new Command().exitOverride());
    const words = FILTER_FORMS.map(([form]) => form.replaceAll("'", "").split(" "));

    expect(words.map(([flag = ""]) => flag).toSorted()).toEqual(
      command.options.map(({ long }) => long ?? "").toSorted(),
    );
    for (const word of words) expect(() => command.parse(word, { from: "user" })).not.toThrow();
  });

  it.each([
    ["--state", ["refused", "stored", "pending", "delivered", "failed", "dead"]],
    ["--signature", ["valid", "invalid", "unchecked", "not_checkable"]],
    ["--source", ["tunnel", "local", "send", "replay", "import"]],
  ])("tells the words of %s as the option knows them", (flag, words) => {
    const option = addSelectorOptions(new Command()).options.find(({ long }) => long === flag);
    const [, told] = FILTER_FORMS.find(([form]) => form.startsWith(flag)) ?? [];

    expect(option?.description).toBe(words.join(", "));
    expect(told?.split(/, | or /)).toEqual(words);
  });
});

/** The text of every file of the program. */
function sourceFiles(): string[] {
  return readdirSync(join(rootDir, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(rootDir, "src", name), "utf8"));
}
