import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addSelectorOptions, settledProviders, type SelectorOptions } from "../../src/commands/selector-options.js";
import { defineProvider } from "../../src/index.js";

/** What a command with the filters gets of these words. */
async function filters(...words: string[]): Promise<SelectorOptions> {
  const command = addSelectorOptions(new Command().exitOverride()).action(() => {});
  await command.parseAsync(words, { from: "user" });
  return settledProviders(command.opts<SelectorOptions>(), {
    ownProviders: [defineProvider("mine", { header: "X-S" })],
  });
}

describe("the filter of providers", () => {
  it("takes a provider's alias for its name, in any case", async () => {
    expect((await filters("--provider", "gh,Stripe", "--provider", "slack")).provider).toEqual([
      "github",
      "stripe",
      "slack",
    ]);
  });

  it("knows those that the user has defined", async () => {
    expect((await filters("--provider", "Mine")).provider).toEqual(["mine"]);
  });

  it("takes a name that only imported events may have", async () => {
    expect((await filters("--provider", "some-other-service")).provider).toEqual(["some-other-service"]);
  });

  it("refuses a name that is nearly a provider's", async () => {
    await expect(filters("--provider", "strpe")).rejects.toMatchObject({
      message: "unknown provider: strpe",
      hint: "did you mean stripe?",
      exitCode: 2,
    });
  });

  it("is not set where nothing is said", async () => {
    expect((await filters("--state", "dead")).provider).toBeUndefined();
  });
});
