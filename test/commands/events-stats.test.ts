import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { openStore } from "../../src/store/open.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { runCli } from "../helpers/run.js";
import { writerUrl } from "../helpers/writer.js";

/** A store with these events; the second of a pair is the status of its answer. */
async function storeOf(events: readonly (readonly [Partial<NewEvent>, number?])[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "hookcli-stats-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "events.db");
  const store = await openStore({ path, context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
  for (const [fields, status] of events) {
    const event = newEvent(fields);
    await store.append(event, status === undefined ? undefined : { target: "a", startedAt: TEST_NOW });
    const end = { durationMs: 40, error: null, headers: [], body: new Uint8Array(0) };
    if (status !== undefined) await store.endAttempt(event.id, 1, { ...end, status });
  }
  await store.close();
  return path;
}

const stats = (path: string, ...args: string[]) =>
  runCli(["events", "stats", "--all-projects", "--db", path, ...args], { now: TEST_NOW });

describe("events stats", () => {
  it("counts by provider, type, status, state, source and signature, with bars", async () => {
    const paid = { eventType: "invoice.paid", provider: "stripe", providerEventId: "in_1" } as const;
    const path = await storeOf([[paid, 200], [paid, 200], [{ eventType: "push", provider: "github" }, 500], [{}]]);

    const { code, stdout } = await stats(path);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^4 events, /);
    expect(stdout).toContain("0 refused, 0 dead, 1 duplicate");
    expect(stdout).toContain("answers in 40 ms (p50), 40 ms (p99), of the newest 3");
    expect(stdout).toMatch(/^type\n {2}invoice\.paid +2 {3}50% {2}█{24}$/m);
    expect(stdout).toMatch(/^ {2}push +1 +25% +█{12}$/m);
    expect(stdout).toMatch(/^status\n {2}200 +2 +50% .*\n {2}no answer +1 .*\n {2}500 +1 /m);
    expect(stdout).toMatch(/^ {2}unknown +1 +25%/m);
  });

  it.each([[], ["--json"]])("shows no type that looks like a key, but counts those together %j", async (...flags) => {
    const path = await storeOf([
      [{ eventType: "push" }],
      [{ eventType: "sk_live_canary1" }],
      [{ eventType: "Bearer canary2" }],
    ]);

    const { stdout } = await stats(path, ...flags);

    expect(stdout).not.toContain("canary");
    expect(stdout).toMatch(flags.length === 0 ? /\*{3} +2 +67%/ : /"name": ?"\*{3}",\s*"events": ?2/);
  });

  it("is one document with --json, of what the filters leave", async () => {
    const path = await storeOf([
      [{ eventType: "a" }, 200],
      [{ eventType: "b", state: "refused" }],
      [{ eventType: "a" }],
    ]);

    const { stdout } = await stats(path, "--type", "a", "--json");

    expect(JSON.parse(stdout)).toMatchObject({
      events: 2,
      firstAt: new Date(TEST_NOW).toISOString(),
      refused: 0,
      answers: { timed: 1, p50Ms: 40, p99Ms: 40 },
      types: [{ name: "a", events: 2 }],
      statuses: [
        { status: null, events: 1 },
        { status: 200, events: 1 },
      ],
      providers: [{ name: null, events: 2 }],
      bytes: expect.any(Number),
    });
  });

  it("counts what --grep finds", async () => {
    const path = await storeOf([
      [{ path: "/find-me" }, 404],
      [{}, 200],
    ]);

    const { stdout } = await stats(path, "--grep", "FIND-ME", "--json");

    expect(JSON.parse(stdout)).toMatchObject({ events: 1, statuses: [{ status: 404, events: 1 }] });
  });

  it("shows names from the network escaped, and ten of each kind", async () => {
    const types = Array.from({ length: 12 }, (_, index) => [{ eventType: `type-${index}` }] as const);
    const path = await storeOf([
      [{ eventType: "\u001b]0;owned\u0007" }],
      [{ eventType: "\u001b]0;owned\u0007" }],
      ...types,
    ]);

    const { stdout } = await stats(path);

    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("\\x1b]0;owned\\x07");
    expect(stdout).toContain("3 others");
  });

  it("of an empty store says that there is nothing", async () => {
    const { code, stdout } = await stats(await storeOf([]));

    expect([code, stdout.split("\n")[0]]).toEqual([0, "0 events"]);
  });
});
