import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/driver.js";
import { openStore } from "../../src/store/open.js";
import type { StoreFault } from "../../src/store/store.js";
import { newEvent } from "../helpers/event.js";
import { bundled, writerUrl } from "../helpers/writer.js";
import { openTestStore, testFolder } from "./open-test-store.js";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** A file that stands where the store should be. `prepare` gets its path in a folder of its own. */
interface BadFile {
  readonly name: string;
  readonly fault: StoreFault;
  readonly prepare: (path: string) => Promise<void> | void;
  /** True: opening sees nothing wrong, reading the damaged part does. */
  readonly found?: "reading";
  readonly skip?: boolean;
}

const badFiles: readonly BadFile[] = [
  { name: "a text file", fault: "corrupt", prepare: (path) => writeFileSync(path, "dear diary\n".repeat(200)) },
  { name: "a short text file", fault: "corrupt", prepare: (path) => writeFileSync(path, "x") },
  {
    name: "SQLite's header and then noise",
    fault: "corrupt",
    prepare: (path) => writeFileSync(path, Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(8176, 0xa5)])),
  },
  {
    name: "a store cut in the middle",
    fault: "corrupt",
    prepare: async (path) => {
      await filledStore(path);
      truncateSync(path, 4096 * 3);
    },
  },
  {
    name: "a store with pages overwritten",
    fault: "corrupt",
    found: "reading",
    prepare: async (path) => {
      await filledStore(path);
      const bytes = readFileSync(path);
      bytes.fill(0xee, 4096 * 2);
      writeFileSync(path, bytes);
    },
  },
  { name: "another program's database", fault: "corrupt", prepare: (path) => database(path, "CREATE TABLE notes (a)") },
  {
    name: "a database with another program's mark",
    fault: "corrupt",
    prepare: (path) => database(path, "PRAGMA application_id = 1; PRAGMA user_version = 1"),
  },
  {
    name: "a store of a newer version",
    fault: "newer",
    prepare: async (path) => {
      await filledStore(path);
      await database(path, "PRAGMA user_version = 999");
    },
  },
  {
    name: "a store of a newer version that was killed with a journal",
    fault: "newer",
    prepare: async (path) => {
      await filledStore(`${path}.other`);
      const db = await openDatabase(`${path}.other`, { readOnly: false, busyTimeoutMs: 0 });
      db.exec("PRAGMA user_version = 999");
      for (const suffix of ["", "-wal"]) copyFileSync(`${path}.other${suffix}`, path + suffix);
      db.close();
    },
  },
  {
    name: "a symbolic link to a store",
    fault: "unsafe",
    prepare: async (path) => {
      await filledStore(`${path}.target`);
      symlinkSync(`${path}.target`, path);
    },
  },
  { name: "a symbolic link to nothing", fault: "unsafe", prepare: (path) => symlinkSync(`${path}.target`, path) },
  {
    name: "a symbolic link for a journal",
    fault: "unsafe",
    prepare: async (path) => {
      await filledStore(path);
      symlinkSync("/dev/null", `${path}-wal`);
    },
  },
  { name: "a folder", fault: "unsafe", prepare: (path) => mkdirSync(path) },
  {
    name: "a named pipe",
    fault: "unsafe",
    prepare: (path) => void execFileSync("mkfifo", [path]),
    skip: process.platform === "win32",
  },
  {
    name: "a file of another user",
    fault: "unsafe",
    prepare: async (path) => {
      await filledStore(path);
      chownSync(path, NOBODY, NOBODY);
    },
    skip: !isRoot,
  },
];

describe.each(badFiles.filter(({ skip }) => skip !== true))("$name where the store should be", (bad) => {
  it.each([{ readOnly: false }, { readOnly: true }])(
    "is refused and left as it was (reading only: $readOnly)",
    async (options) => {
      const path = join(testFolder(), "events.db");
      await bad.prepare(path);
      const before = contents(path);

      const opened = openAndRead(path, options.readOnly);

      await expect(opened).rejects.toMatchObject({ name: "StoreError", fault: bad.fault });
      await expect(opened).rejects.toThrow(path);
      expect(contents(path)).toEqual(before);
    },
  );
});

describe.skipIf(process.platform === "win32")("a store that may not be written", () => {
  it("is said to be so, and can still be read", async () => {
    const folder = testFolder();
    const path = join(folder, "events.db");
    await filledStore(path);
    chmodSync(path, 0o400);

    const outcome = await openAsOrdinaryUser(folder, path);

    expect(outcome).toEqual({ write: "readonly", read: 20 });
  });
});

describe("a store that is not there", () => {
  it("is empty for a reader, who makes nothing", async () => {
    const folder = testFolder();
    const store = await openTestStore({ path: join(folder, "state", "events.db"), readOnly: true });

    expect([...store.select({ names: [] })]).toEqual([]);
    expect(store.get(1)).toBeUndefined();
    expect(store.attempts("evt_1")).toEqual([]);
    expect(store.listeners()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("cannot be made under a file", async () => {
    const folder = testFolder();
    writeFileSync(join(folder, "file"), "");

    const opened = openStore({ path: join(folder, "file", "events.db"), context: { now: () => 0 } });

    await expect(opened).rejects.toMatchObject({ fault: "io" });
  });

  it("is made from an empty file, which a crash at the first start may leave", async () => {
    const path = join(testFolder(), "events.db");
    writeFileSync(path, "");

    const reader = await openTestStore({ path, readOnly: true });
    const store = await openTestStore({ path });
    await store.append(newEvent());

    expect([...reader.select({ names: [] })]).toEqual([]);
    expect(store.get(1)?.seq).toBe(1);
  });
});

async function openAndRead(path: string, readOnly: boolean): Promise<void> {
  const store = await openStore({ path, context: { now: () => 0 }, readOnly, writerPath: await writerUrl() });
  try {
    for (let seq = 1; seq <= 20; seq += 1) store.get(seq);
  } finally {
    await store.close();
  }
}

async function filledStore(path: string): Promise<void> {
  const store = await openTestStore({ path });
  await Promise.all(Array.from({ length: 20 }, () => store.append(newEvent({ body: Buffer.alloc(3000, 97) }))));
  await store.close();
  // Everything is in the file itself now; what lies beside it is empty.
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
}

async function database(path: string, sql: string): Promise<void> {
  const db = await openDatabase(path, { readOnly: false, busyTimeoutMs: 0 });
  db.exec(sql);
  db.close();
}

/** What lies in the folder of a store; of what is no plain file, that it is there. A reader may add an empty journal. */
function contents(path: string): Record<string, string> {
  const folder = join(path, "..");
  const names = readdirSync(folder).filter((name) => !name.endsWith("-shm"));
  const found = names.map((name) => [name, contentOf(join(folder, name))] as const);
  return Object.fromEntries(found.filter(([, content]) => content !== ""));
}

function contentOf(file: string): string {
  if (!existsSync(file) || !statSync(file).isFile()) return "no plain file";
  return readFileSync(file).toString("base64");
}

/** Root may write anything: where tests run as root, another user's process does the opening. */
async function openAsOrdinaryUser(folder: string, path: string): Promise<unknown> {
  const program = join(folder, "opener.mjs");
  const writer = join(folder, "writer.mjs");
  copyFileSync(await bundled("test/store/programs/opener.ts"), program);
  copyFileSync(fileURLToPath(await writerUrl()), writer);
  symlinkSync(join(fileURLToPath(new URL("../..", import.meta.url)), "node_modules"), join(folder, "node_modules"));
  if (isRoot) for (const file of [folder, path]) chownSync(file, NOBODY, NOBODY);
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const { stdout, stderr } = spawnSync(process.execPath, [program, path, writer], { encoding: "utf8", ...user });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as unknown;
}
