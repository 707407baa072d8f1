import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { openStore } from "../../src/store/open.js";
import { dataPath, hasData } from "../helpers/data.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { runCli, type RunOptions, type RunResult } from "../helpers/run.js";
import { setup, writerUrl } from "../helpers/writer.js";

beforeAll(setup);

/** A project folder with a store that holds these events; `status` is that of their one attempt. */
async function projectWith(events: readonly (Partial<NewEvent> & { status?: number })[]) {
  const cwd = mkdtempSync(join(tmpdir(), "hookcli-events-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const path = join(cwd, "store", "events.db");
  const store = await openStore({ path, context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
  const ids: string[] = [];
  for (const { status, ...fields } of events) {
    const event = newEvent({ project: cwd, ...fields });
    ids.push(event.id);
    const start = { target: "http://localhost:5000/webhook", startedAt: TEST_NOW };
    await store.append(event, status === undefined ? undefined : start);
    const answer = { headers: [["Set-Cookie", "canary=1"]] as const, body: Buffer.from("thanks") };
    if (status !== undefined) await store.endAttempt(event.id, 1, { durationMs: 41, status, error: null, ...answer });
  }
  await store.close();
  const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
    runCli(["events", ...argv], { cwd, env: { HOOKCLI_DB: path }, now: TEST_NOW, ...options });
  return { cwd, path, ids, run };
}

describe("events list", () => {
  it("shows the newest first, a line each, in columns", async () => {
    const { run } = await projectWith([
      { eventType: "message.created", signature: { status: "valid" }, status: 200, body: Buffer.alloc(1234) },
      { eventType: "push", signature: { status: "invalid", reason: "timestamp_too_old" }, state: "refused" },
    ]);

    const { code, stdout, stderr } = await run(["list"]);
    const lines = stdout.trimEnd().split("\n");

    expect([code, stderr]).toEqual([0, ""]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^\d\d:\d\d:05 {3}#2 {3}push {14}POST \/webhook {3}timestamp_too_old {3}refused {3}- .*$/);
    expect(lines[1]).toMatch(
      /^\d\d:\d\d:05 {3}#1 {3}message.created {3}POST \/webhook {3}signed ok {11}200 {7}41 ms {3}1.2 kB$/,
    );
  });

  it("says which retry of its sender an event is, whatever marks it in the headers", async () => {
    const { run, cwd } = await projectWith([
      { provider: "square", headers: [["Square-Retry-Number", "3"]] },
      { headers: [["hookcli-attempt", "2"]] },
      { provider: "mine", headers: [["X-Mine-Go", "5"]] },
      { provider: "square", headers: [["X-Mine-Go", "5"]] },
    ]);
    const remarks = async (...argv: string[]) =>
      (await run(["list", "--reverse", ...argv])).stdout.split("\n").map((line) => /retry \d+/.exec(line)?.[0]);
    const before = await remarks();
    const mine = { header: "X-Mine-Signature", retryMark: { at: "header:X-Mine-Go", counts: "attempts" } };
    writeFileSync(join(cwd, "hookcli.config.json"), JSON.stringify({ providers: { mine } }));

    expect(before.slice(0, 4)).toEqual(["retry 3", "retry 1", undefined, undefined]);
    expect((await remarks()).slice(0, 4)).toEqual(["retry 3", "retry 1", "retry 4", undefined]);
    expect((await remarks("--limit", "0")).slice(0, 4)).toEqual(["retry 3", "retry 1", "retry 4", undefined]);
  });

  it("is what `events` alone does, with the same filters", async () => {
    const { run } = await projectWith([{ eventType: "a.b" }, { eventType: "c" }]);

    expect((await run([])).stdout).toBe((await run(["list"])).stdout);
    expect((await run(["--type", "a.*"])).stdout).toContain("a.b");
    expect((await run(["--type", "a.*"])).stdout).not.toContain("#2");
    expect((await run(["list", "--type", "a.*"])).stdout).toBe((await run(["--type", "a.*"])).stdout);
  });

  it("shows 30, or as many as asked for, or all", async () => {
    const { run } = await projectWith(Array.from({ length: 35 }, () => ({})));
    const count = async (...argv: string[]) => (await run(["list", ...argv])).stdout.trimEnd().split("\n").length;

    expect([await count(), await count("--limit", "3"), await count("--limit", "0"), await count("1..33")]).toEqual([
      30, 3, 35, 33,
    ]);
  });

  it("is one JSON document for programs", async () => {
    const { run, ids } = await projectWith([{ status: 500 }, { provider: "stripe" }]);

    const { stdout } = await run(["list", "--json", "--reverse"]);
    const events = JSON.parse(stdout) as { id: string; state: string; bodyText: string }[];

    expect(events.map(({ id }) => id)).toEqual(ids);
    expect(events[0]).toMatchObject({ state: "failed", bodyText: '{"type":"message.created"}' });
    expect((await run(["list", "--json", "--type", "none"])).stdout).toBe("[]\n");
  });

  it("says each option once in its help, and the group shows its commands", async () => {
    const own = (await runCli(["events", "list", "--help"])).stdout;
    const group = (await runCli(["events", "--help"])).stdout;

    expect(own.match(/--type <glob>/g)).toHaveLength(1);
    expect(group).not.toContain("--type <glob>");
    expect(group).toMatch(/show +show one event/);
  });

  it("fits a narrow terminal", async () => {
    const { run } = await projectWith([{ path: `/${"long".repeat(40)}`, eventType: "type".repeat(20), status: 200 }]);

    const { stdout } = await run(["list", "--color", "never"], { stdoutIsTerminal: true });

    expect(stdout.trimEnd().length).toBeLessThanOrEqual(100);
    expect(stdout).toContain("…");
  });

  it("is empty without a store, and makes none", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "hookcli-events-"));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const env = { HOOKCLI_DB: join(cwd, "state", "events.db") };

    const { code, stdout, stderr } = await runCli(["events", "list"], { cwd, env });

    expect([code, stdout, stderr]).toEqual([0, "", "no events\n"]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("sees other projects only with --all-projects", async () => {
    const { run } = await projectWith([{ project: "/elsewhere" }]);

    expect((await run(["list"])).stdout).toBe("");
    expect((await run(["list", "--all-projects"])).stdout).toContain("#1");
  });

  it.each([
    [["list", "--status", "abc"], "--status takes a status such as 404 or 5xx, not abc"],
    [["list", "--state", "gone"], "--state takes refused, stored, pending, delivered, failed, dead, not gone"],
    [["list", "--grep", "ab"], "--grep takes three characters or more, not ab"],
    [["list", "--since", "tomorrow"], "not a time: tomorrow"],
    [["list", "--since", "25:00"], "not a time: 25:00"],
    [["list", "--since", "5x"], "not a time: 5x"],
    [["list", "--since", "2025-13-01"], "not a time: 2025-13-01"],
    [["list", "--limit", "-1"], "--limit takes a whole number"],
    [["list", "soon"], "not an event: soon"],
    [["list", "99"], "no event 99"],
    [["show"], "missing required argument 'event'"],
    [["show", "last", "--limit", "3"], "unknown option '--limit'"],
    [["show", "last", "--json", "--body"], "--body and --json exclude each other"],
  ])("%j is wrong usage", async (argv, message) => {
    const { run } = await projectWith([{}]);

    const { code, stderr, stdout } = await run(argv);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`hookcli: error: ${message}`);
  });

  it("takes times as durations and as dates", async () => {
    const { run } = await projectWith([{ receivedAt: TEST_NOW - 3 * 3_600_000 }, { receivedAt: TEST_NOW - 60_000 }]);
    const shown = async (...argv: string[]) => (await run(["list", ...argv])).stdout.match(/#\d+/g);

    expect(await shown("--since", "2h")).toEqual(["#2"]);
    expect(await shown("--until", "2h")).toEqual(["#1"]);
    expect(await shown("--since", "2025-01-02T02:00:00Z")).toEqual(["#2"]);
    expect(await shown("--since", "2024-12-30", "--until", "2025-01-04")).toEqual(["#2", "#1"]);
  });

  it("takes times of day as lists print them, and days", async () => {
    const midnight = new Date(TEST_NOW).setHours(0, 0, 0, 0);
    const { run } = await projectWith([{ receivedAt: midnight - 3_600_000 }, { receivedAt: TEST_NOW - 2_000 }]);
    const shown = async (...argv: string[]) => (await run(["list", ...argv])).stdout.match(/#\d+/g);
    const time = /\d\d:\d\d:\d\d/.exec((await run(["list", "2"])).stdout)?.[0] ?? "";

    expect(await shown("--since", time)).toEqual(["#2"]);
    expect(await shown("--until", time)).toEqual(["#2", "#1"]);
    expect(await shown("--since", "today")).toEqual(["#2"]);
    expect(await shown("--since", "yesterday", "--until", "today")).toEqual(["#1"]);
    expect((await run(["list", "--since", "tomorrow"])).stderr).toContain(
      "30m, 2h or 3d (ago), 18:01, today, yesterday, 2025-03-01 or 2025-03-01T12:00:00Z",
    );
  });
});

describe("events show", () => {
  it("tells all that is known of an event", async () => {
    const { run, ids } = await projectWith([
      { signature: { status: "valid", scheme: "stripe-v1", secretIndex: 0 }, path: "/webhook?x=1", status: 200 },
    ]);

    const { code, stdout } = await run(["show", "last"]);

    expect(code).toBe(0);
    for (const text of [
      `#1  ${ids[0] ?? ""}`,
      "valid (stripe-v1, secret 1)",
      "POST /webhook?x=1",
      "Content-Type: application/json",
      '{\n  "type": "message.created"\n}',
      "attempt 1 to http://localhost:5000/webhook",
      "status 200",
      "thanks",
    ]) {
      expect(stdout).toContain(text);
    }
  });

  it("gives the exact body to a pipe, and no binary to a terminal", async () => {
    const body = Buffer.from([0, 255, 10, 27, 91, 50, 74]);
    const { run } = await projectWith([{ body }]);

    const piped = await run(["show", "1", "--body"]);
    const terminal = await run(["show", "1", "--body"], { stdoutIsTerminal: true });

    expect(piped.stdoutBytes.equals(body)).toBe(true);
    expect([terminal.code, terminal.stdout]).toEqual([2, ""]);
    expect((await run(["show", "1"])).stdout).toContain("00000000  00 ff 0a 1b 5b 32 4a");
  });

  it("names an event by the beginning of its id, and lists the candidates when that is not enough", async () => {
    const { run, ids } = await projectWith([{}, {}]);

    const one = await run(["show", ids[1] ?? ""]);
    const several = await run(["show", (ids[1] ?? "").slice(0, 14)]);

    expect(one.stdout).toContain("#2");
    expect(several.code).toBe(2);
    for (const id of ids) expect(several.stderr).toContain(id);
  });

  it("hides credentials in headers, answers and the query, unless told to show them", async () => {
    const headers = ["Authorization", "X-Gitlab-Token", "Cookie"].map((name) => [name, "canary"] as const);
    const { run } = await projectWith([{ headers, path: "/webhook?token=canary", status: 200 }]);

    for (const argv of [["list"], ["show", "1"], ["show", "1", "--json"], ["list", "--json"]]) {
      expect((await run(argv)).stdout).not.toContain("canary");
    }
    expect((await run(["show", "1"])).stdout).toContain("Authorization: ***");
    for (const flag of ["--show-secrets", "--include-secrets"]) {
      expect((await run(["show", "1", flag])).stdout).toContain("Authorization: canary");
      expect((await run(["show", "1", "--json", flag])).stdout.match(/canary/g)).toHaveLength(5);
    }
  });

  it("says in one line that the store is no store, and ends with 5", async () => {
    const { run, path } = await projectWith([]);
    writeFileSync(path, "not a database, but something that somebody needs\n".repeat(100));
    const before = readFileSync(path, "utf8");

    const { code, stderr } = await run(["list"]);

    expect(code).toBe(5);
    expect(stderr).toMatch(
      /^hookcli: error: the store is damaged, or is no store of hookcli: .*\nhookcli: hint: .*\n$/,
    );
    expect(readFileSync(path, "utf8")).toBe(before);
  });
});

// eslint-disable-next-line no-control-regex -- these are the characters that the test is about
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/u;

function hostileTexts(): string[] {
  const entries = JSON.parse(readFileSync(dataPath("hostile", "terminal.json"), "utf8")) as { utf16_b64: string }[];
  return entries.map(({ utf16_b64: text }) => Buffer.from(text, "base64").toString("utf16le"));
}

describe.skipIf(!hasData)("hostile text (skipped without HOOKCLI_TEST_DATA)", () => {
  it("reaches the terminal from no place of an event, by list and by show", async () => {
    const texts = hostileTexts();
    const { run } = await projectWith(
      texts.map((text) => ({
        method: text,
        path: `/${text}?${text}=${text}`,
        headers: [[text, text]],
        trailers: [[text, text]],
        body: Buffer.from(text),
        remoteIp: text,
        provider: text,
        eventType: text,
        providerEventId: text,
        deliveryId: text,
        signature: { status: "invalid", reason: text, scheme: text },
        refusal: text,
        state: "refused",
      })),
    );

    const outputs = [(await run(["list", "--limit", "0"])).stdout, (await run(["list", "--json"])).stdout];
    for (const number of texts.keys())
      outputs.push((await run(["show", String(number + 1)])).stdout.replaceAll("\t", " "));

    expect(texts.length).toBeGreaterThan(50);
    for (const output of outputs) expect(output).not.toMatch(CONTROL);
  }, 120_000);

  it("of JSONTestSuite is shown without a stack, and comes out of --body byte for byte", async () => {
    const folder = dataPath("jsontestsuite", "test_parsing");
    const bodies = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    const { run } = await projectWith(bodies.map((body) => ({ body })));

    for (const [index, body] of bodies.entries()) {
      const shown = await run(["show", String(index + 1)]);
      const raw = await run(["show", String(index + 1), "--body"]);
      expect([shown.code, raw.code]).toEqual([0, 0]);
      expect(raw.stdoutBytes.equals(body)).toBe(true);
    }
  }, 120_000);
});
