import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkConfig } from "../../src/config/file.js";
import { CONFIG_KEY_ROWS, type ConfigKey } from "../../src/config/keys.js";
import { rootDir } from "../helpers/data.js";

const page = readFileSync(join(rootDir, "docs/configuration.md"), "utf8");

/** The line of the page's table for a key. */
function line(name: string, { about, fallback, variable }: ConfigKey): string {
  const cells = [
    `\`${name}\``,
    about,
    fallback === undefined ? "" : `\`${fallback}\``,
    variable === undefined ? "" : `\`${variable}\``,
  ];
  return cells.join("|");
}

describe("the page on configuration", () => {
  it("has a line for each key, with its default and its variable", () => {
    const told = [...page.matchAll(/^\| (`\w+`.*) \|$/gm)].map(([, row = ""]) =>
      row
        .split(" | ")
        .map((cell) => cell.trim())
        .join("|"),
    );

    expect(told).toEqual(CONFIG_KEY_ROWS.map(([name, row]) => line(name, row)));
  });

  it("shows examples that are read", async () => {
    const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map((match) => match[1] ?? "");

    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples)
      await expect(checkConfig({ path: "/p/hookcli.config.json", scope: "project" }, example)).resolves.toBeDefined();
  });
});
