import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { run } from "../../src/cli.js";
import { followEvents } from "../../src/commands/events/follow.js";
import type { Interrupted } from "../../src/context.js";
import type { NewEvent } from "../../src/events/event.js";
import { createOutput } from "../../src/output/terminal.js";
import { openStore } from "../../src/store/open.js";
import type { Store } from "../../src/store/store.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { runCli, testContext } from "../helpers/run.js";
import { setup, writerUrl } from "../helpers/writer.js";

beforeAll(setup);

const ANSWER = {
  durationMs: 41,
  status: 200,
  error: null,
  headers: [["Set-Cookie", "canary"]] as const,
  body: Buffer.from("ok"),
};
const START = { target: "http://localhost:5000", startedAt: TEST_NOW };

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-follow-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function storeIn(folder: string): Promise<Store> {
  const path = join(folder, "events.db");
  const store = await openStore({ path, context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
  onTestFinished(() => store.close());
  return store;
}

/** A `events list --follow` that runs in this process. */
function follow(folder: string, ...flags: string[]) {
  const controller = new AbortController();
  const env = { HOOKCLI_DB: join(folder, "events.db"), XDG_CONFIG_HOME: folder };
  const context = testContext({ cwd: folder, env, now: TEST_NOW, signal: controller.signal });
  const ended = run(["events", "list", "--follow", ...flags], context);
  const lines = () => context.stdout.text.split("\n").slice(0, -1);
  return {
    lines,
    numbers: () => lines().map((line) => Number(/#(\d+)/.exec(line)?.[1])),
    stderr: () => context.stderr.text,
    /** Resolves when so many lines are there. */
    async until(count: number): Promise<void> {
      while (lines().length < count) await once(context.stdout, "captured");
    },
    end(reason: Interrupted = { signalName: "SIGINT", exitCode: 130 }): Promise<number> {
      controller.abort(reason);
      return ended;
    },
  };
}

/** How many descriptors of this process are of files in a folder. */
function descriptorsOf(folder: string): number {
  const target = (name: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return "";
    }
  };
  return readdirSync("/proc/self/fd").filter((name) => target(name).startsWith(folder)).length;
}

describe("events list --follow", () => {
  it("shows the newest ten, and then each event as it is committed, until Ctrl-C", async () => {
    const folder = folderOfTest();
    const store = await storeIn(folder);
    const add = (fields: Partial<NewEvent> = {}) => store.append(newEvent({ project: folder, ...fields }));
    for (let made = 0; made < 12; made += 1) await add();
    const following = follow(folder);
    await following.until(10);
    await add({ project: "/somewhere/else" });
    await add();
    await following.until(11);
    await Promise.all(Array.from({ length: 50 }, () => add()));
    await following.until(61);

    expect(await following.end()).toBe(130);
    expect(following.numbers()).toEqual([...range(3, 12), ...range(14, 64)]);
  });

  it("shows an event that waits for its answer, and again when that has come", async () => {
    const folder = folderOfTest();
    const store = await storeIn(folder);
    await store.append(newEvent({ project: folder }));
    const following = follow(folder);
    await following.until(1);
    const slow = newEvent({ project: folder, state: "pending" });
    await store.append(slow, START);
    await following.until(2);
    await store.append(newEvent({ project: folder }));
    await following.until(3);
    await store.endAttempt(slow.id, 1, ANSWER);
    await following.until(4);

    expect(
      following
        .lines()
        .slice(1)
        .map((line) => /#.*?(pending|stored|200)/.exec(line)?.[0]?.replaceAll(/ .* /g, " ")),
    ).toEqual(["#2 pending", "#3 stored", "#2 200"]);
    await following.end();
  });

  it("gives programs one object a line: the event, then the end of each attempt, credentials hidden", async () => {
    const folder = folderOfTest();
    const store = await storeIn(folder);
    const following = follow(folder, "--json");
    const first = newEvent({ project: folder, state: "pending", headers: [["Authorization", "canary"]] });
    await store.append(first, START);
    await following.until(1);
    await store.endAttempt(first.id, 1, ANSWER);
    await following.until(2);
    await following.end();

    const [event, attempt] = following.lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(following.lines()).toHaveLength(2);
    expect(event).toMatchObject({
      type: "event",
      at: "2025-01-02T03:04:05.000Z",
      event: { id: first.id, seq: 1, bodyText: '{"type":"message.created"}', headers: [["Authorization", "***"]] },
    });
    expect(attempt).toMatchObject({
      type: "attempt",
      eventId: first.id,
      attempt: { n: 1, status: 200, durationMs: 41, bodyText: "ok", headers: [["Set-Cookie", "***"]] },
    });
  });

  it("waits for a store that is not there yet, and misses nothing of it", async () => {
    const folder = folderOfTest();
    const following = follow(folder, "--limit", "1");
    await expect.poll(following.stderr).toContain("no events yet");
    const store = await storeIn(folder);
    await Promise.all(Array.from({ length: 20 }, () => store.append(newEvent({ project: folder }))));
    await following.until(20);

    expect(following.numbers()).toEqual(range(1, 20));
    expect(await following.end({ signalName: "SIGTERM", exitCode: 143 })).toBe(143);
  });

  it.runIf(process.platform === "linux")("waits for the first event of a store with one connection to it", async () => {
    const folder = folderOfTest();
    const store = await storeIn(folder);
    const ending = new AbortController();
    const output = createOutput(testContext(), { json: false, quiet: false, verbose: false, color: "never" });
    let looks = 0;
    const descriptors: number[] = [];
    const sleep = () => {
      descriptors.push(descriptorsOf(folder));
      looks += 1;
      if (looks === 12) ending.abort({ signalName: "SIGINT", exitCode: 130 } satisfies Interrupted);
      return Promise.resolve();
    };
    const context = { ...testContext({ signal: ending.signal }), sleep };

    const path = store.path;
    await followEvents({ path, context, output, selection: { names: [] }, limit: 10, redact: (event) => event });

    expect(descriptors[0]).toBeGreaterThan(0);
    expect(descriptors[11]).toBe(descriptors[0]);
  });

  it("follows what filters select, also those that an answer decides", async () => {
    const folder = folderOfTest();
    const store = await storeIn(folder);
    await store.append(newEvent({ project: folder }));
    const types = follow(folder, "--type", "a.*", "--limit", "0");
    const failures = follow(folder, "--status", "5xx");
    const greps = follow(folder, "--grep", "NEEDLE", "--all-projects");
    for (const eventType of ["a.x", "b", "a.y"]) {
      const event = newEvent({
        project: folder,
        eventType,
        state: "pending",
        body: Buffer.from(`a needle ${eventType}`),
      });
      await store.append(event, START);
      await store.endAttempt(event.id, 1, { ...ANSWER, status: eventType === "b" ? 200 : 503 });
    }
    await Promise.all([types.until(2), failures.until(2), greps.until(3)]);
    await Promise.all([types.end(), failures.end(), greps.end()]);

    const seen = [types, failures, greps].map(({ numbers }) => [...new Set(numbers())]);
    expect(seen).toEqual([
      [2, 4],
      [2, 4],
      [2, 3, 4],
    ]);
  });

  it("ends with 0 when nobody reads any more", async () => {
    const folder = folderOfTest();
    const following = follow(folder);

    expect(await following.end({ signalName: "EPIPE", exitCode: 0 })).toBe(0);
  });

  it.each([
    [["3..7"], "--follow takes filters, no names of events"],
    [["--reverse"], "--follow and --reverse exclude each other"],
  ])("is refused with %j", async (argv, message) => {
    const { code, stderr } = await runCli(["events", "list", "--follow", ...argv]);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe("a word that is nearly a command of events", () => {
  it.each([
    [["lst"], "did you mean last or list?"],
    [["shwo", "last", "--body"], "did you mean show?"],
    [["Show", "last"], "did you mean show?"],
  ])("%j is told what was meant", async (argv, meant) => {
    const { code, stderr } = await runCli(["events", ...argv]);

    expect(code).toBe(2);
    expect(stderr).toMatch(/did you mean .*\?\n$/);
    expect(stderr).toContain(meant);
  });

  it.each([[["last"]], [["list", "lst"]], [["foo"]], [["--type", "lst"]], [["--grep", "shwo"]]])(
    "is not seen in %j",
    async (argv) => {
      expect((await runCli(["events", ...argv])).stderr).not.toContain("did you mean");
    },
  );
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
