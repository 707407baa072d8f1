import { chmodSync, closeSync, existsSync, openSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { quickCheck } from "../../src/store/check.js";
import { openStore } from "../../src/store/open.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { makeFolder, makePatient, makeStore, probe } from "./patient.js";

/** A store with some events, closed, so that all is in the one file. */
async function realStore(events = 200) {
  const path = join(makeFolder(), "hookcli", "events.db");
  const open = { path, context: { now: () => TEST_NOW } };
  const store = await openStore(open);
  const body = Buffer.alloc(2_000, "x");
  await Promise.all(Array.from({ length: events }, () => store.append(newEvent({ body }))));
  await store.close();
  return makeStore({
    path,
    open: async () => (await openStore({ ...open, readOnly: true })).close(),
    check: (signal) => quickCheck(path, { node: process.execPath, signal }),
  });
}

describe("store", () => {
  it("is well when it is whole, and tells its size", async () => {
    const store = await realStore();

    const found = await probe("store", await makePatient({ store }));

    expect(found.status).toBe("ok");
    expect(found.message).toMatch(/is whole, \d+ kB$/);
  });

  it("is well when there is none yet", async () => {
    const found = await probe("store", await makePatient());

    expect(found).toMatchObject({ status: "ok", message: expect.stringContaining("the first event makes it") });
  });

  it("is broken when it cannot be made, as a file is where its folder should be", async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, "state"), "");

    const store = makeStore({ path: join(folder, "state", "events.db") });
    const found = await probe("store", await makePatient({ store }));

    expect(found).toMatchObject({
      status: "broken",
      message: `${join(folder, "state")} is in the way: it is no folder`,
    });
  });

  it("is broken when its bytes are, in a page that only reading it through shows", async () => {
    const store = await realStore();
    const file = openSync(store.path, "r+");
    const size = statSync(store.path).size;
    for (let at = 4096 * 12; at < size; at += 4096) writeSync(file, Buffer.alloc(64, 0xff), 0, 64, at);
    closeSync(file);

    const found = await probe("store", await makePatient({ store }));

    expect(found).toMatchObject({ status: "broken", message: expect.stringContaining("is damaged: ") });
    expect(found.fix?.[0]).toMatch(/move the file away/);
  });

  it("is broken when it is cut off", async () => {
    const store = await realStore();
    truncateSync(store.path, Math.floor(statSync(store.path).size / 2));

    expect((await probe("store", await makePatient({ store }))).status).toBe("broken");
  });

  it("is broken when the file is something else", async () => {
    const store = await realStore();
    writeFileSync(store.path, "this is no database, but a letter to a friend\n".repeat(200));

    const found = await probe("store", await makePatient({ store }));

    expect(found.status).toBe("broken");
    expect(found.fix?.length).toBeGreaterThan(0);
  });

  it("says how far it came when reading it through takes too long", async () => {
    const store = await realStore();
    const check = (signal: AbortSignal) =>
      new Promise<{ found: "unfinished" }>((resolve) => {
        signal.addEventListener("abort", () => resolve({ found: "unfinished" }));
      });

    const patient = await makePatient({ store: { ...store, check } });
    const found = await probe("store", { ...patient, limits: { ...patient.limits, probeMs: 500 } });

    expect(found).toMatchObject({
      status: "ok",
      message: expect.stringContaining("sound as far as 300 ms of reading show"),
    });
  });

  it("ends the process that reads it when the time is up", async () => {
    const store = await realStore();

    expect(await store.check(AbortSignal.abort())).toEqual({ found: "unfinished" });
  });
});

describe.skipIf(process.platform === "win32")("permissions", () => {
  it("are well as hookcli makes them", async () => {
    const found = await probe("permissions", await makePatient({ store: await realStore() }));

    expect(found).toMatchObject({ status: "ok" });
  });

  it.each(["", "-wal"])("are broken when others may read events.db%s, and the fix mends it", async (suffix) => {
    const store = await realStore();
    const path = store.path + suffix;
    if (!existsSync(path)) writeFileSync(path, "");
    chmodSync(path, 0o644);
    const patient = await makePatient({ store });

    const found = await probe("permissions", patient);

    expect(found).toMatchObject({
      status: "broken",
      message: expect.stringContaining("(0644)"),
      fix: [`chmod 600 ${path}`],
    });
    chmodSync(path, 0o600);
    expect((await probe("permissions", patient)).status).toBe("ok");
  });

  it("are a warning when others may look into hookcli's own folder", async () => {
    const store = await realStore();
    chmodSync(dirname(store.path), 0o755);

    const found = await probe("permissions", await makePatient({ store }));

    expect(found).toMatchObject({ status: "warning", fix: [`chmod 700 ${dirname(store.path)}`] });
  });

  it("leave a folder that the user chose alone, unless others may put another file there", async () => {
    const store = { ...(await realStore()), ownFolder: false };
    const patient = await makePatient({ store });

    chmodSync(dirname(store.path), 0o755);
    expect((await probe("permissions", patient)).status).toBe("ok");
    chmodSync(dirname(store.path), 0o1777);
    expect((await probe("permissions", patient)).status).toBe("ok");
    chmodSync(dirname(store.path), 0o777);
    expect((await probe("permissions", patient)).status).toBe("warning");
  });

  it("are not looked at on Windows", async () => {
    const store = await realStore();
    chmodSync(store.path, 0o666);

    expect((await probe("permissions", await makePatient({ store, platform: "win32" }))).status).toBe("skipped");
  });
});

describe("disk", () => {
  it.each([
    [50_000_000_000, "ok", "50 GB free"],
    [900_000_000, "warning", "900 MB free"],
    [1_000_000, "broken", "1.0 MB free"],
  ])("with %i bytes free is %s", async (bytes, status, message) => {
    const folder = makeFolder();
    const asked: string[] = [];
    const freeBytes = async (path: string) => {
      asked.push(path);
      return bytes;
    };

    const store = makeStore({ path: join(folder, "not", "there", "events.db"), freeBytes });
    const found = await probe("disk", await makePatient({ store }));

    expect(found).toMatchObject({ status, message: `${message} at ${folder}` });
    expect(asked).toEqual([folder]);
  });
});
