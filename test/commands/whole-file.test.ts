import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openWholeFile, writeWholeFile, type FileOptions } from "../../src/commands/whole-file.js";
import { runCli } from "../helpers/run.js";

function folderOf(files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const path = join(folder, "a.json");
  return { folder, path, text: () => readFileSync(path, "utf8") };
}

const options = (force = false): FileOptions => ({
  context: { random: randomBytes },
  force,
  isSynced: true,
  isPrivate: false,
});

describe("a file that is written whole", () => {
  it("is the old one until all of the new one is there", async () => {
    const { folder, path, text } = folderOf({ "a.json": "old" });
    const sink = await openWholeFile(path, options(true));

    await sink.write(Buffer.from("ne"));
    const meanwhile = text();
    await sink.write(Buffer.from("w"));
    await sink.commit();

    expect([meanwhile, text(), readdirSync(folder)]).toEqual(["old", "new", ["a.json"]]);
  });

  it("leaves nothing when it is given up", async () => {
    const { folder, path } = folderOf();
    const sink = await openWholeFile(path, options());

    await sink.write(Buffer.from("x"));
    await sink.abort();

    expect(readdirSync(folder)).toEqual([]);
  });

  it("does not take the place of a file that came in the meantime, unless it is told to", async () => {
    const { folder, path, text } = folderOf();
    const sink = await openWholeFile(path, options());
    writeFileSync(path, "somebody else's");

    await expect(sink.commit()).rejects.toThrow("is there already");
    await sink.abort();

    expect([text(), readdirSync(folder)]).toEqual(["somebody else's", ["a.json"]]);
  });

  it.skipIf(process.platform === "win32")("stays as private as it was", async () => {
    const { path } = folderOf({ "a.json": "old" });
    chmodSync(path, 0o600);

    await writeWholeFile(path, Buffer.from("new"), options(true));

    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is the config that init --force writes anew: whoever reads the old one reads all of it", async () => {
    const { folder } = folderOf({ "hookcli.config.json": "{}" });
    const config = join(folder, "hookcli.config.json");
    const before = statSync(config).ino;

    const { code } = await runCli(["init", "--yes", "--force"], { cwd: folder });

    expect(code).toBe(0);
    expect(statSync(config).ino).not.toBe(before);
  });
});
