import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { totalOf } from "../../src/commands/events/export/run.js";
import type { NewEvent } from "../../src/events/event.js";
import { parseRawRequest } from "../../src/events/raw-http.js";
import { openStore } from "../../src/store/open.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { runCli, type RunOptions } from "../helpers/run.js";
import { setup, writerUrl } from "../helpers/writer.js";
import { hostileNames } from "../helpers/hostile.js";

beforeAll(setup);

async function projectWith(events: readonly Partial<NewEvent>[]) {
  const cwd = mkdtempSync(join(tmpdir(), "hookcli-export-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const path = join(cwd, "store", "events.db");
  const store = await openStore({ path, context: { now: () => TEST_NOW }, writerPath: await writerUrl() });
  for (const fields of events) await store.append(newEvent({ project: cwd, ...fields }));
  await store.close();
  const run = (argv: readonly string[], options: RunOptions = {}) =>
    runCli(["events", "export", ...argv], { cwd, env: { HOOKCLI_DB: path }, now: TEST_NOW, ...options });
  return { cwd, run };
}

const three = [{ eventType: "a" }, { eventType: "b" }, { eventType: "c" }];

function seqs(ndjson: string): number[] {
  return ndjson
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { seq: number }).seq);
}

describe("events export", () => {
  it("writes all events as NDJSON, the oldest first, or the newest of them, or the newest first", async () => {
    const { run } = await projectWith(three);

    expect(seqs((await run([])).stdout)).toEqual([1, 2, 3]);
    expect(seqs((await run(["--limit", "2"])).stdout)).toEqual([2, 3]);
    expect(seqs((await run(["--reverse"])).stdout)).toEqual([3, 2, 1]);
    expect(seqs((await run(["--type", "b", "--json"])).stdout)).toEqual([2]);
    expect(seqs((await run(["3", "1"])).stdout)).toEqual([3, 1]);
  });

  it("says when there is nothing to write, and refuses an event that is not there", async () => {
    const { run } = await projectWith(three);

    expect(await run(["--type", "nope"])).toMatchObject({ code: 0, stdout: "", stderr: "no events\n" });
    expect(await run(["17"])).toMatchObject({ code: 2, stdout: "" });
  });

  it("writes bodies whole that streams leave out", async () => {
    const body = Buffer.alloc(3 * 2 ** 20, "x");
    const { run } = await projectWith([{ body }]);

    expect(JSON.parse((await run([])).stdout)).toMatchObject({ bodyText: body.toString(), size: body.length });
  });

  it("hides credentials, and shows them when asked for", async () => {
    const { run } = await projectWith([
      {
        provider: "gitlab",
        headers: [["X-Gitlab-Token", "canary"]],
        path: "/?token=canary",
        trailers: [["Cookie", "canary"]],
        body: Buffer.from("canary"),
      },
    ]);

    for (const form of ["ndjson", "har", "curl", "http"]) {
      const hidden = (await run(["--as", form, "--to", "5000"])).stdout;
      const shown = (await run(["--as", form, "--to", "5000", "--include-secrets"])).stdout;

      expect(hidden.match(/canary/g), form).toHaveLength(1);
      expect(shown.match(/canary/g)?.length, form).toBeGreaterThan(2);
    }
    expect((await run(["--as", "curl", "--to", "5000"])).stdout).toContain(
      `-H 'X-Gitlab-Token: '"$GITLAB_WEBHOOK_SECRET"`,
    );
  });
});

describe("the bar of an export", () => {
  it("knows what there is in all, but where to count is to search: with --grep or names", () => {
    const store = { count: () => 7 };

    expect(totalOf(store, { names: [], project: "/p" })).toBe(7);
    expect(totalOf(store, { names: [], grep: "message" })).toBeUndefined();
    expect(totalOf(store, { names: [{ kind: "seq", seq: 1 }] })).toBeUndefined();
  });
});

describe("the file of an export", () => {
  it("is there whole, nothing beside it, and is not written over without --force", async () => {
    const { cwd, run } = await projectWith(three);

    const first = await run(["--output", "out.ndjson"]);
    const second = await run(["--limit", "1", "--output", "out.ndjson"]);
    const kept = readFileSync(join(cwd, "out.ndjson"), "utf8");
    const third = await run(["--limit", "1", "--output", "out.ndjson", "--force"]);

    expect(first).toMatchObject({ code: 0, stdout: "" });
    expect(first.stderr).toContain("3 events to out.ndjson; credentials in headers and queries are ***");
    expect(second.code).toBe(2);
    expect(second.stderr).toContain("out.ndjson is there already");
    expect(second.stderr).toContain("--force");
    expect(seqs(kept)).toEqual([1, 2, 3]);
    expect(third.code).toBe(0);
    expect(seqs(readFileSync(join(cwd, "out.ndjson"), "utf8"))).toEqual([3]);
    expect(readdirSync(cwd).toSorted()).toEqual(["out.ndjson", "store"]);
  });

  it("is not there when the export fails on the way, and the old one stays", async () => {
    const { cwd, run } = await projectWith(three);
    writeFileSync(join(cwd, "old.sh"), "old");

    const result = await run(["--as", "curl", "--output", "old.sh", "--force"]);

    expect(result.code).toBe(2);
    expect(result.stderr).toContain("nowhere to");
    expect(readFileSync(join(cwd, "old.sh"), "utf8")).toBe("old");
    expect(readdirSync(cwd).toSorted()).toEqual(["old.sh", "store"]);
  });

  it("is not there after an interrupt", async () => {
    const { cwd, run } = await projectWith(three);
    const interrupt = new AbortController();
    interrupt.abort({ signalName: "SIGINT", exitCode: 130 });

    expect((await run(["--output", "out.ndjson"], { signal: interrupt.signal })).code).toBe(130);
    expect(readdirSync(cwd)).toEqual(["store"]);
  });

  it.skipIf(process.platform === "win32")("is the user's alone when it holds credentials", async () => {
    const { cwd, run } = await projectWith(three);

    await run(["--include-secrets", "--output", "out.ndjson"]);

    expect(statSync(join(cwd, "out.ndjson")).mode & 0o777).toBe(0o600);
  });

  it("is told of in JSON with --json", async () => {
    const { run } = await projectWith(three);

    const { stdout } = await run(["--as", "har", "--output", "a.har", "--json"]);

    expect(JSON.parse(stdout)).toEqual({ form: "har", output: "a.har", events: 3, files: 1, secrets: false });
  });

  it.each([
    ["a folder that is not there", ["--output", "no/such/file"], "no such file"],
    ["an existing folder for a stream", ["--output", "store"], "is a folder"],
    ["curl commands as JSON on standard output", ["--as", "curl", "--json"], "is no JSON"],
    ["an unknown form", ["--as", "xml"], "xml"],
    ["several fixtures on standard output", ["--as", "fixture"], "one event a file"],
  ])("cannot be %s", async (_what, argv, message) => {
    const { run } = await projectWith(three);

    const { code, stderr, stdout } = await run(argv);

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});

describe("forms that hold one event a file", () => {
  it("writes raw HTTP that reads back as the same request", async () => {
    const headers = [
      ["Host", "x"],
      ["X-A", "\u00e9"],
      ["x-a", "2"],
      ["Transfer-Encoding", "chunked"],
    ] as const;
    const body = Buffer.from("5\r\nhello\r\n0\r\n\r\n\xff", "latin1");
    const { run } = await projectWith([{ method: "PUT", path: "/a?b=%2F", headers, body }]);

    const read = parseRawRequest((await run(["last", "--as", "http"])).stdoutBytes);

    expect(read).toMatchObject({ method: "PUT", path: "/a?b=%2F", notes: [] });
    expect(read.headers).toEqual([...headers.slice(0, 3), ["Content-Length", "16"]]);
    expect(Buffer.from(read.body).equals(body)).toBe(true);
  });

  it("writes several into a folder, one file each", async () => {
    const { cwd, run } = await projectWith(three);

    const result = await run(["--as", "http", "--output", "saved/"]);

    expect(result.code).toBe(0);
    expect(readdirSync(join(cwd, "saved")).toSorted()).toEqual(["000001.http", "000002.http", "000003.http"]);
  });

  it("writes a fixture that send reads back as the same body", async () => {
    const { cwd, run } = await projectWith([{ body: Buffer.from('{"a": 1.0}\n') }]);

    await run(["last", "--as", "fixture", "--output", "one.json"]);
    const sent = await runCli(["send", "one.json", "--unsigned", "--dry-run", "--json", "--to", "5000"], { cwd });

    expect(JSON.parse(sent.stdout)).toMatchObject({ bodyText: '{"a": 1.0}\n' });
  });

  it("puts fixtures under provider and type, each with a name of its own", async () => {
    const { cwd, run } = await projectWith([
      { provider: "stripe", eventType: "invoice.paid" },
      { provider: "stripe", eventType: "INVOICE.paid" },
      { provider: null, eventType: null },
      { provider: "x", eventType: "y", body: Buffer.from("no json") },
    ]);
    mkdirSync(join(cwd, "saved"));

    await run(["--as", "fixture", "--output", "saved"]);

    expect(filesBelow(join(cwd, "saved"))).toEqual([
      "generic/event-3.json",
      "stripe/INVOICE.paid-2.json",
      "stripe/invoice.paid.json",
      "x/y.body",
    ]);
  });

  it("says when a body holds what send would fill in", async () => {
    const { run } = await projectWith([{ body: Buffer.from('{"a":"{{uuid}}"}') }]);

    const { stderr, stdout } = await run(["--as", "fixture"]);

    expect(stdout).toBe('{"a":"{{uuid}}"}\n');
    expect(stderr).toContain("#1 holds {{");
  });
});

const names = [
  "../../../etc/passwd",
  "/etc/passwd",
  "..",
  ".",
  "CON",
  "con.json",
  "a/b\\c",
  "\u0000",
  "-rf",
  "$(id)",
  "a".repeat(5_000),
  "\u202egnp",
];

describe("names from the network", () => {
  it.skipIf(process.platform === "win32")("lead to no file through a link", async () => {
    const { cwd, run } = await projectWith([{ provider: "stripe", eventType: "invoice.paid" }]);
    mkdirSync(join(cwd, "saved"));
    mkdirSync(join(cwd, "target"));
    symlinkSync("../target", join(cwd, "saved", "stripe"));

    const { code, stderr } = await run(["--as", "fixture", "--output", "saved", "--force"]);

    expect(code).toBe(2);
    expect(stderr).toContain("leads out of");
    expect(readdirSync(join(cwd, "target"))).toEqual([]);
  });

  it("lead to no file outside of the folder, and to none that is hidden or a device", async () => {
    const hostile = [...names, ...hostileNames()];
    const { cwd, run } = await projectWith(hostile.flatMap((name) => [{ provider: name, eventType: name }]));
    mkdirSync(join(cwd, "inside"));

    const { code } = await run(["--as", "fixture", "--output", "inside/saved/"]);

    const files = filesBelow(join(cwd, "inside/saved"));
    expect(code).toBe(0);
    expect(files).toHaveLength(hostile.length);
    for (const file of files) expect(file).toMatch(/^[A-Za-z0-9][\w.-]{0,99}\/[A-Za-z0-9][\w.-]{0,99}\.json$/);
    expect(files.filter((file) => /(?:^|\/)(?:con|prn|aux|nul|com\d|lpt\d)\b/i.test(file))).toEqual([]);
    expect(readdirSync(join(cwd, "inside"))).toEqual(["saved"]);
    expect(readdirSync(cwd).toSorted()).toEqual(["inside", "store"]);
    expect(existsSync(join(cwd, "..", "etc"))).toBe(false);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name)).map((name) => `${entry.name}/${name}`) : [entry.name],
    )
    .toSorted();
}
