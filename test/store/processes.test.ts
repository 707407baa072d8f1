import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/store/driver.js";
import { bundled, writerUrl } from "../helpers/writer.js";
import { openTestStore, testFolder } from "./open-test-store.js";

/** An event that a process said was stored. */
interface Stored {
  readonly id: string;
  readonly seq: number;
  readonly sha256: string;
}

interface Appender {
  readonly child: ChildProcess;
  readonly stored: Stored[];
  readonly modes: Map<string, string>;
  readonly ended: Promise<unknown>;
}

async function startAppender(path: string, count: number, umask = "22"): Promise<Appender> {
  const program = await bundled("test/store/programs/appender.ts");
  const writer = fileURLToPath(await writerUrl());
  const child = spawn(process.execPath, [program, path, writer, String(count), umask], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const stored: Stored[] = [];
  const modes = new Map<string, string>();
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    const [kind, name = "", value = "", sha256 = ""] = line.split(" ");
    if (kind === "mode") modes.set(name, value);
    // A line that the kill has cut is no acknowledgement.
    else if (sha256.length === 64) stored.push({ id: name, seq: Number(value), sha256 });
  });
  return { child, stored, modes, ended: Promise.all([once(child, "exit"), once(lines, "close")]) };
}

describe("several processes", () => {
  it("append to one store at once, each event under a number of its own", async () => {
    const path = join(testFolder(), "events.db");
    const appenders = await Promise.all([startAppender(path, 300), startAppender(path, 300), startAppender(path, 300)]);
    await Promise.all(appenders.map(({ ended }) => ended));

    const acknowledged = appenders.flatMap(({ stored }) => stored);
    const store = await openTestStore({ path, readOnly: true });
    const found = [...store.select({ names: [], order: "oldest" })];

    expect(appenders.map(({ child }) => child.exitCode)).toEqual([0, 0, 0]);
    expect(acknowledged).toHaveLength(900);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(acknowledged.map(({ id }) => id)));
    expect(found.map(({ seq }) => seq)).toEqual(Array.from({ length: 900 }, (_, index) => index + 1));
  });
});

describe("kill -9 of a writing process", () => {
  it.each([1, 60, 300, 700])("after %i acknowledgements loses none of them", async (after) => {
    const path = join(testFolder(), "events.db");
    const { child, stored, ended } = await startAppender(path, 1_000_000);
    while (stored.length < after) await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGKILL");
    await ended;

    const store = await openTestStore({ path });
    const lost = stored.filter(({ id, seq, sha256 }) => {
      const event = store.get(id);
      return event === undefined || event.seq !== seq || event.bodySha256 !== sha256;
    });

    expect(stored.length).toBeGreaterThanOrEqual(after);
    expect(lost).toEqual([]);
    expect(await integrity(path)).toBe("ok");
  });
});

describe.skipIf(process.platform === "win32")("the files of a store", () => {
  it.each(["0", "22", "77"])("are private under umask %s, and so is the folder made for them", async (umask) => {
    const path = join(testFolder(), "state", "hookcli", "events.db");
    const { modes, ended, child } = await startAppender(path, 40, umask);
    await ended;

    expect(child.exitCode).toBe(0);
    expect(Object.fromEntries(modes)).toEqual({
      ".": "700",
      "events.db": "600",
      "events.db-shm": "600",
      "events.db-wal": "600",
    });
  });

  it("leave a folder alone that was there before", async () => {
    const folder = join(testFolder(), "mine");
    mkdirSync(folder, { mode: 0o755 });
    const { modes, ended } = await startAppender(join(folder, "events.db"), 1);
    await ended;

    expect(modes.get(".")).toBe("755");
    expect(modes.get("events.db")).toBe("600");
  });
});

async function integrity(path: string): Promise<unknown> {
  const db = await openDatabase(path, { readOnly: true, busyTimeoutMs: 1000 });
  try {
    return db.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
  } finally {
    db.close();
  }
}
