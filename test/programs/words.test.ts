import { execFileSync } from "node:child_process";
import { fc } from "../helpers/properties.js";
import { describe, expect, it } from "vitest";
import { splitWords } from "../../src/programs/words.js";

describe("a command line as words", () => {
  it.each<[string, string[]]>([
    ["", []],
    ["  ", []],
    ["less", ["less"]],
    [" less  -F\t-X ", ["less", "-F", "-X"]],
    ["'/opt/my tools/less' -F", ["/opt/my tools/less", "-F"]],
    [`less "-P a \\"b\\" \\x" ''`, ["less", '-P a "b" \\x', ""]],
    ["a\\ b\\\\c", ["a b\\c"]],
    [`a'b c'"d"e`, ["ab cde"]],
    ["less $(reboot) `id` $HOME ;x|y", ["less", "$(reboot)", "`id`", "$HOME", ";x|y"]],
  ])("%j", (text, words) => {
    expect(splitWords(text, "linux")).toEqual(words);
  });

  it("is parted as a shell parts it", () => {
    const word = fc.string({
      minLength: 0,
      maxLength: 8,
      unit: fc.constantFrom("a", "b", " ", "'", '"', "\\", "\t", "-"),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (words) => {
        const line = words.map((text) => `'${text.replaceAll("'", `'\\''`)}'`).join(" ");
        expect(splitWords(line, "linux")).toEqual(words);
      }),
    );
    const line = String.raw`x "a\"b\\c\d" 'e\f' g\ h`;
    const shell = execFileSync("/bin/sh", ["-c", `for word in ${line}; do printf '%s\n' "$word"; done`], {
      encoding: "utf8",
    });
    expect(splitWords(line, "linux")?.join("\n")).toBe(shell.trimEnd());
  });

  it.each(["'", '"', "less 'x", 'a "b', "a\\"])("is none when a quotation does not end: %j", (text) => {
    expect(splitWords(text, "linux")).toBeUndefined();
  });

  it("keeps the backslashes of Windows", () => {
    expect(splitWords(String.raw`"C:\Program Files\less.exe" -F C:\x`, "win32")).toEqual([
      String.raw`C:\Program Files\less.exe`,
      "-F",
      String.raw`C:\x`,
    ]);
  });
});
