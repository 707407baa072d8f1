import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fc } from "../helpers/properties.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireEnvFile, withVariables, writeEnvFile } from "../../src/commands/listen/env-file.js";
import { prepareReadyFile } from "../../src/commands/listen/ready-file.js";
import { testContext } from "../helpers/run.js";

const VALUES = { HOOKCLI_URL: "https://a.test", HOOKCLI_LOCAL_URL: "http://localhost:1" };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hookcli-written-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const context = () => testContext({ cwd: folder });
const after = (text: string, values: Record<string, string> = VALUES) =>
  Buffer.from(withVariables(Buffer.from(text, "latin1"), values)).toString("latin1");

describe("the lines of an env file", () => {
  const SET = "HOOKCLI_URL=https://a.test\nHOOKCLI_LOCAL_URL=http://localhost:1\n";

  it.each([
    ["nothing", "", SET],
    ["other lines", "A=1\n# note\n\n", `A=1\n# note\n\n${SET}`],
    ["no final newline", "A=1", `A=1\n${SET}`],
    ["CRLF", "A=1\r\nB=2\r\n", `A=1\r\nB=2\r\n${SET.replaceAll("\n", "\r\n")}`],
    [
      "our own, in place",
      "A=1\nHOOKCLI_LOCAL_URL = 'old'\nB=2\nexport HOOKCLI_URL=old",
      "A=1\nHOOKCLI_LOCAL_URL=http://localhost:1\nB=2\nexport HOOKCLI_URL=https://a.test",
    ],
    [
      "our own with CRLF",
      "HOOKCLI_URL=x\r\nHOOKCLI_LOCAL_URL=y\r\nA=1",
      "HOOKCLI_URL=https://a.test\r\nHOOKCLI_LOCAL_URL=http://localhost:1\r\nA=1",
    ],
    ["ours without a value", `A=1\nHOOKCLI_INSPECTOR_URL=http://old\n${SET}`, `A=1\n${SET}`],
    ["a byte order mark", `\u00ef\u00bb\u00bfHOOKCLI_URL=x\n`, `\u00ef\u00bb\u00bf${SET}`],
    [
      "names that only look like ours",
      "MY_HOOKCLI_URL=1\nHOOKCLI_URLS=2\n#HOOKCLI_URL=3\nHOOKCLI_SECRET=4\n",
      `MY_HOOKCLI_URL=1\nHOOKCLI_URLS=2\n#HOOKCLI_URL=3\nHOOKCLI_SECRET=4\n${SET}`,
    ],
    [
      "quoted values, comments and export",
      `A="b c" # d\nexport HOOKCLI_URL="old" # old\nHOOKCLI_LOCAL_URL='x'\n# HOOKCLI_URL=\n`,
      `A="b c" # d\nexport HOOKCLI_URL=https://a.test\nHOOKCLI_LOCAL_URL=http://localhost:1\n# HOOKCLI_URL=\n`,
    ],
    [
      "a value over several lines in which one is like ours",
      'KEY="-----\nHOOKCLI_URL=fake\n\\"\nHOOKCLI_LOCAL_URL=fake"\nB=\'1\n2\'\n',
      `KEY="-----\nHOOKCLI_URL=fake\n\\"\nHOOKCLI_LOCAL_URL=fake"\nB='1\n2'\n${SET}`,
    ],
    [
      "our own over several lines",
      'HOOKCLI_URL="a\nb"\nB=it\'s\nHOOKCLI_LOCAL_URL=`c\n\nd`\nC="\n',
      "HOOKCLI_URL=https://a.test\nB=it's\nHOOKCLI_LOCAL_URL=http://localhost:1\nC=\"\n",
    ],
    [
      "ours twice",
      "HOOKCLI_URL=a\nHOOKCLI_URL=b\nHOOKCLI_LOCAL_URL=c\n",
      "HOOKCLI_URL=https://a.test\nHOOKCLI_URL=https://a.test\nHOOKCLI_LOCAL_URL=http://localhost:1\n",
    ],
  ])("are right after %s", (_what, before, expected) => {
    expect(after(before)).toBe(expected);
  });

  it.each([
    ["https://a.test/$(touch x)?a=1&b=`c`;d#e", "'https://a.test/$(touch%20x)?a=1&b=`c`;d#e'"],
    ["https://a.test/it's \n\0\u00e9\ud800", "https://a.test/it%27s%20%0A%00%C3%A9%EF%BF%BD"],
  ])("hold %j so that a shell reads it and runs nothing", (url, written) => {
    expect(after("", { HOOKCLI_URL: url })).toBe(`HOOKCLI_URL=${written}\n`);
  });

  it("of others stay byte for byte, and a second run changes nothing", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString("latin1")),
      fc
        .array(fc.constantFrom("A=1", "\r\n", "\n", "HOOKCLI_URL=x", "\r", " ", "\0", "é"))
        .map((parts) => parts.join("")),
    );
    const others = (text: string) =>
      text
        .split("\n")
        .filter(
          (line) => !/^(?:\u00ef\u00bb\u00bf)?\s*(?:export\s+)?HOOKCLI_(?:URL|LOCAL_URL|INSPECTOR_URL)\s*=/.test(line),
        );

    fc.assert(
      fc.property(bytes, (text) => {
        const once = after(text);

        expect(others(once).join("\n").startsWith(others(text).join("\n").replace(/\n$/, ""))).toBe(true);
        expect(after(once)).toBe(once);
      }),
    );
  });
});

describe("--write-env", () => {
  it("writes a file that is not there, leaves nothing beside it, and keeps mode and link of one that is", async () => {
    mkdirSync(join(folder, "real"));
    writeFileSync(join(folder, "real/env"), "A=1\n");
    chmodSync(join(folder, "real/env"), 0o640);
    symlinkSync(join(folder, "real/env"), join(folder, ".env.local"));

    await writeEnvFile(".env", VALUES, context());
    await writeEnvFile(".env.local", VALUES, context());

    expect(readFileSync(join(folder, ".env"), "utf8")).toContain("HOOKCLI_URL=https://a.test\n");
    expect(readFileSync(join(folder, "real/env"), "utf8")).toMatch(/^A=1\nHOOKCLI_URL=/);
    expect(statSync(join(folder, "real/env")).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).toSorted()).toEqual([".env", ".env.local", "real"]);
    expect(readdirSync(join(folder, "real"))).toEqual(["env"]);
  });

  it.each([
    ["pipe", "it is no plain file"],
    ["", "--write-env is empty"],
    ["none/.env", "there is no folder"],
  ])("never takes the place of what is no file, and needs its folder: %j", async (path, message) => {
    execFileSync("mkfifo", [join(folder, "pipe")]);

    await expect(requireEnvFile(path, context())).rejects.toThrow(message);
    await expect(writeEnvFile(path, VALUES, context())).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual(["pipe"]);
  });

  it("leaves a reader a whole file at any moment, while two write it", async () => {
    const path = join(folder, ".env");
    writeFileSync(path, "A=1\n");
    const whole = /^A=1\n(?:HOOKCLI_URL=https:\/\/\w\.test\nHOOKCLI_LOCAL_URL=http:\/\/localhost:\d\n)?$/;
    const seen: string[] = [];
    const write = async (name: string) => {
      for (let round = 0; round < 20; round += 1) {
        await writeEnvFile(
          ".env",
          { HOOKCLI_URL: `https://${name}.test`, HOOKCLI_LOCAL_URL: `http://localhost:${round % 10}` },
          context(),
        );
        seen.push(readFileSync(path, "utf8"));
      }
    };
    await Promise.all([write("a"), write("b")]);

    expect(seen.filter((text) => !whole.test(text))).toEqual([]);
    expect(readdirSync(folder)).toEqual([".env"]);
  });

  it("names what it cannot read", async () => {
    await expect(writeEnvFile(".", VALUES, context())).rejects.toThrow("cannot use --write-env .: it is a folder");
  });
});

describe("--ready-file", () => {
  const RECORD = { type: "ready", url: "https://a.test" };

  it("is written whole for the user alone, again after a change, and taken away", async () => {
    const file = await prepareReadyFile("r.json", context());
    const before = readdirSync(folder);
    await file.write(RECORD);
    await file.write({ ...RECORD, url: "https://b.test" });
    const [names, text, mode] = [
      readdirSync(folder),
      readFileSync(join(folder, "r.json"), "utf8"),
      statSync(join(folder, "r.json")).mode & 0o777,
    ];
    await file.remove();

    expect([before, names, readdirSync(folder)]).toEqual([[], ["r.json"], []]);
    expect(text).toBe('{"type":"ready","url":"https://b.test"}\n');
    expect(mode).toBe(0o600);
  });

  it.each(["", '{"type":"ready"}\n'])("that an earlier run left (%j) is taken away at the start", async (left) => {
    writeFileSync(join(folder, "r.json"), left);

    await prepareReadyFile("r.json", context());

    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['{"name":"shop"}', "hello"])("never takes the place of another file (%j)", async (text) => {
    writeFileSync(join(folder, "package.json"), text);

    await expect(prepareReadyFile("package.json", context())).rejects.toThrow("not written by hookcli");
    expect(readFileSync(join(folder, "package.json"), "utf8")).toBe(text);
  });

  it("of another run stays", async () => {
    const first = await prepareReadyFile("r.json", context());
    await first.write(RECORD);
    const second = await prepareReadyFile("r.json", context());
    await second.write({ ...RECORD, url: "https://b.test" });
    await first.remove();

    expect(readFileSync(join(folder, "r.json"), "utf8")).toContain("b.test");
  });

  it("takes the place of a link, not of what it leads to, and never of a pipe or a device", async () => {
    writeFileSync(join(folder, "kept.json"), '{"type":"ready"}');
    symlinkSync(join(folder, "kept.json"), join(folder, "r.json"));
    const file = await prepareReadyFile("r.json", context());
    await file.write(RECORD);
    await file.remove();

    execFileSync("mkfifo", [join(folder, "pipe")]);
    await expect(prepareReadyFile("pipe", context())).rejects.toThrow("it is no plain file");
    await expect(prepareReadyFile("", context())).rejects.toThrow("--ready-file is empty");
    expect(readdirSync(folder)).toEqual(["kept.json", "pipe"]);
    expect(readFileSync(join(folder, "kept.json"), "utf8")).toBe('{"type":"ready"}');
  });

  it("needs its folder, and to be no folder", async () => {
    await expect(prepareReadyFile("none/r.json", context())).rejects.toThrow("there is no folder");
    await expect(prepareReadyFile(".", context())).rejects.toThrow("it is a folder");
  });
});
