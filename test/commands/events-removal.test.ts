import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { openStore } from "../../src/store/open.js";
import { SqliteStore } from "../../src/store/sqlite-store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { runCli, type RunOptions, type RunResult } from "../helpers/run.js";
import { setup, writerUrl } from "../helpers/writer.js";

beforeAll(setup);

const DAY_MS = 86_400_000;

/** A project with these events, how to run `events` in it, and what is left afterwards. */
async function projectWith(events: readonly Partial<NewEvent>[], config = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "hookcli-removal-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, "hookcli.config.json"), JSON.stringify(config));
  const path = join(cwd, "store", "events.db");
  const options = { path, context: { now: () => TEST_NOW }, writerPath: await writerUrl() };
  const store = await openStore(options);
  await Promise.all(events.map((fields) => store.append(newEvent({ project: cwd, ...fields }))));
  await store.close();
  const run = (argv: readonly string[], more: RunOptions = {}): Promise<RunResult> =>
    runCli(["events", ...argv], { cwd, env: { HOOKCLI_DB: path }, now: TEST_NOW, ...more });
  const left = async () => {
    const reader = await openStore({ ...options, readOnly: true });
    const seqs = [...reader.seqs({ names: [], order: "oldest" })];
    await reader.close();
    return seqs;
  };
  return { cwd, path, run, left };
}

const five = [{}, {}, {}, {}, {}];

describe("events rm", () => {
  it("removes one event without a question", async () => {
    const { run, left } = await projectWith(five);

    const result = await run(["rm", "last"]);

    expect(result).toMatchObject({ code: 0, stdout: "removed 1 event\n", stderr: "" });
    expect(await left()).toEqual([1, 2, 3, 4]);
  });

  it("brings the index up to date before it searches for those that are named", async () => {
    const { run } = await projectWith(five);
    const looked = vi.spyOn(SqliteStore.prototype, "unindexed");
    const searched = vi.spyOn(SqliteStore.prototype, "select");
    onTestFinished(() => void vi.restoreAllMocks());

    const { code } = await run(["rm", "1..2", "--grep", "message", "--dry-run"]);

    expect([code, looked.mock.calls.length]).toEqual([0, 1]);
    expect(looked.mock.invocationCallOrder[0]).toBeLessThan(searched.mock.invocationCallOrder[0] ?? 0);
  });

  it("removes several with --yes, named in any way, each once", async () => {
    const { run, left } = await projectWith(five);

    const result = await run(["rm", "2..3", "3", "last", "--yes", "--json"]);

    expect(JSON.parse(result.stdout)).toEqual({ removed: 3, freedBytes: 0, dryRun: false });
    expect(await left()).toEqual([1, 4]);
  });

  it("asks at a terminal before it removes several, and takes no for an answer", async () => {
    const { run, left } = await projectWith(five);
    const asked = (answer: string) => {
      const stdin = Object.assign(Readable.from([answer]), { isTTY: true });
      return run(["rm", "1..4"], { stdin });
    };

    const no = await asked("n\n");
    const yes = await asked("y\n");

    expect(no).toMatchObject({ code: 1, stdout: "", stderr: "this removes 4 events for good [y/N]\n" });
    expect(yes).toMatchObject({ code: 0, stdout: "removed 4 events\n" });
    expect(await left()).toEqual([5]);
  });

  it("refuses to remove several where nobody can be asked", async () => {
    const { run, left } = await projectWith(five);

    const result = await run(["rm", "1..4"]);

    expect(result.code).toBe(2);
    expect(result.stderr).toContain("hint: pass --yes to go on");
    expect(await left()).toHaveLength(5);
  });

  it("takes the filters, also for what is pending or dead", async () => {
    const { run, left } = await projectWith([{ state: "dead" }, { state: "pending" }, { state: "failed" }]);

    const result = await run(["rm", "--state", "dead,pending", "--yes"]);

    expect(result.stdout).toBe("removed 2 events\n");
    expect(await left()).toEqual([3]);
  });

  it("only says how many with --dry-run", async () => {
    const { run, left } = await projectWith(five);

    const result = await run(["rm", "1..4", "--dry-run"]);

    expect(result).toMatchObject({ code: 0, stdout: "would remove 4 events\n" });
    expect(await left()).toHaveLength(5);
  });

  it("takes no silence for everything, which is --all, of this project alone", async () => {
    const { run, left } = await projectWith([...five, { project: "/other" }]);

    const silent = await run(["rm", "--yes"]);
    const both = await run(["rm", "--all", "2", "--yes"]);
    const all = await run(["rm", "--all", "--yes"]);

    expect([silent.code, both.code]).toEqual([2, 2]);
    expect(silent.stderr).toContain("no event is named");
    expect(all.stdout).toBe("removed 5 events\n");
    expect(await left()).toEqual([6]);
  });

  it("names what it does not find, and removes nothing then", async () => {
    const { run, left } = await projectWith(five);

    const result = await run(["rm", "2", "99", "--yes"]);

    expect(result.code).toBe(2);
    expect(result.stderr).toContain("no event 99");
    expect(await left()).toHaveLength(5);
  });

  it("makes no store where there is none", async () => {
    const { cwd, run } = await projectWith([]);
    const path = join(cwd, "none.db");

    const result = await run(["rm", "--all", "--yes", "--db", path]);

    expect(result).toMatchObject({ code: 0, stdout: "no event fits\n" });
    expect(existsSync(path)).toBe(false);
  });

  it("says what the file gave back", async () => {
    const { run } = await projectWith([{ body: Buffer.alloc(3_000_000) }, {}]);

    const result = await run(["rm", "1"]);

    expect(result.stdout).toBe("removed 1 event; the file gave 3.0 MB back\n");
  });
});

describe("events prune", () => {
  it("applies the retention of the config", async () => {
    const { run, left } = await projectWith(five, { keep: 2 });

    const result = await run(["prune"]);

    expect(result.stdout).toBe("removed 3 events beyond the newest 2 or the last 30 days\n");
    expect(await left()).toEqual([4, 5]);
  });

  it("applies 30 days where the config says nothing", async () => {
    const { run, left } = await projectWith([
      { receivedAt: TEST_NOW - 31 * DAY_MS },
      { receivedAt: TEST_NOW - 29 * DAY_MS },
      { receivedAt: 0, state: "pending" },
      { receivedAt: 0, state: "dead" },
    ]);

    const result = await run(["prune"]);

    expect(result.stdout).toBe("removed 1 event beyond the newest 10,000 or the last 30 days\n");
    expect(await left()).toEqual([2, 3, 4]);
  });

  it("applies the one limit that is given alone", async () => {
    const { run, left } = await projectWith([{ receivedAt: 0 }, {}, {}]);

    const byAge = await run(["prune", "--keep-for", "7d", "--dry-run", "--json"]);
    const byNumber = await run(["prune", "--keep", "3", "--dry-run", "--json"]);

    expect(JSON.parse(byAge.stdout)).toEqual({ removed: 1, freedBytes: 0, dryRun: true });
    expect(JSON.parse(byNumber.stdout)).toMatchObject({ removed: 0 });
    expect(await left()).toHaveLength(3);
  });

  it("says what it would remove with --dry-run", async () => {
    const { run, left } = await projectWith(five);

    const result = await run(["prune", "--keep", "2", "--keep-for", "1d", "--dry-run"]);

    expect(result.stdout).toBe("would remove 3 events (#1 to #3) beyond the newest 2 or the last day\n");
    expect(await left()).toHaveLength(5);
  });

  it("says so when there is nothing to remove", async () => {
    const { run } = await projectWith(five);

    expect((await run(["prune"])).stdout).toBe("nothing is beyond the newest 10,000 or the last 30 days\n");
  });

  it("asks at a terminal, and does not in a script", async () => {
    const { run, left } = await projectWith(five);
    const stdin = Object.assign(Readable.from(["\n"]), { isTTY: true });

    const asked = await run(["prune", "--keep", "4"], { stdin });
    const script = await run(["prune", "--keep", "3"]);

    expect(asked).toMatchObject({ code: 1, stdout: "" });
    expect(asked.stderr).toContain("this removes 1 event (#1) beyond the newest 4 for good [y/N]");
    expect(script.code).toBe(0);
    expect(await left()).toEqual([3, 4, 5]);
  });

  it("applies to each project with --all-projects", async () => {
    const { run, left } = await projectWith([{ project: "/other" }, {}, { project: "/other" }, {}, {}]);

    const result = await run(["prune", "--keep", "1", "--all-projects", "--json"]);

    expect(JSON.parse(result.stdout)).toMatchObject({ removed: 3 });
    expect(await left()).toEqual([3, 5]);
  });

  it("refuses what is no number and no duration", async () => {
    const { run } = await projectWith([]);

    const number = await run(["prune", "--keep", "many"]);
    const duration = await run(["prune", "--keep-for", "soon"]);

    expect([number.code, duration.code]).toEqual([2, 2]);
    expect(number.stderr).toContain("--keep takes a whole number");
    expect(duration.stderr).toContain("not a duration: soon");
  });
});
