import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectListeners, quickCheck } from "../../src/store/check.js";
import { TEST_NOW } from "../helpers/event.js";
import { openTestStore, testFolder } from "./open-test-store.js";

const row = { project: "/p", localUrl: "http://127.0.0.1:4000", publicUrl: null, target: null, routes: [] };

/** The id of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("the rows of listeners", () => {
  it("tell the running from the silent and from the dead", async () => {
    const store = await openTestStore();
    await store.saveListener({ ...row, pid: process.pid });
    await store.saveListener({ ...row, pid: await endedPid() });

    const states = async (nowMs: number) => (await inspectListeners(store.path, nowMs)).map(({ state }) => state);

    expect((await states(TEST_NOW)).toSorted()).toEqual(["gone", "running"]);
    expect((await states(TEST_NOW + 60_000)).toSorted()).toEqual(["gone", "hung"]);
  });

  it("are none where there is no store, and an error where there is something else", async () => {
    const path = join(testFolder(), "events.db");

    expect(await inspectListeners(path, TEST_NOW)).toEqual([]);
    writeFileSync(path, "no database at all, but some text\n".repeat(500));
    await expect(inspectListeners(path, TEST_NOW)).rejects.toThrow();
  });
});

describe("the check of a store", () => {
  const check = (path: string, signal = new AbortController().signal) =>
    quickCheck(path, { node: process.execPath, signal });

  it("finds one whole while another connection writes", async () => {
    const store = await openTestStore();
    await store.saveListener({ ...row, pid: 1 });

    expect(await check(store.path)).toEqual({ found: "whole" });
  });

  it("tells what SQLite says of what is none", async () => {
    const path = join(testFolder(), "events.db");
    writeFileSync(path, "no database at all, but some text\n".repeat(500));

    expect(await check(path)).toEqual({ found: "damaged", problems: ["file is not a database"] });
  });

  it("is unfinished when it is told to end", async () => {
    const store = await openTestStore();
    const controller = new AbortController();
    const checked = check(store.path, controller.signal);

    controller.abort();

    expect(await checked).toEqual({ found: "unfinished" });
  });
});
