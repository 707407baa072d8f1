import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { fc } from "../helpers/properties.js";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { linesOf } from "../../src/commands/events/import/lines.js";
import type { HookEvent, ImportedEvent } from "../../src/events/event.js";
import { eventToJson } from "../../src/events/event-json.js";
import { openStore } from "../../src/store/open.js";
import { asStored } from "../helpers/any-event.js";
import { dataPath, hasData } from "../helpers/data.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { naughtyStrings, terminalTexts } from "../helpers/hostile.js";
import { runCli, type RunOptions } from "../helpers/run.js";
import { setup } from "../helpers/writer.js";
import { counted } from "../../src/output/quantity.js";

beforeAll(setup);

function sandbox(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), "hookcli-import-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  const path = join(cwd, "store", "events.db");
  const run = (argv: readonly string[], options: RunOptions = {}) =>
    runCli(["events", ...argv], { cwd, env: { HOOKCLI_DB: path }, now: TEST_NOW, ...options });
  const stored = async (): Promise<HookEvent[]> => {
    const store = await openStore({ path, context: { now: () => TEST_NOW }, readOnly: true });
    const events = [...store.select({ names: [], order: "oldest" }, { bodies: true })];
    await store.close();
    return events;
  };
  return { cwd, path, run, stored };
}

function event(fields: Partial<ImportedEvent> = {}): ImportedEvent {
  return { ...newEvent(), duplicateOf: null, attempts: [], ...fields };
}

function line(fields: Partial<ImportedEvent> = {}): string {
  return `${JSON.stringify(eventToJson(asStored(event(fields))))}\n`;
}

const stripe = '{"id":"evt_1","object":"event","created":1700000000,"type":"invoice.paid"}';

describe("events import", () => {
  it("takes the events of an export with all that is known of them, into this project", async () => {
    const attempt = {
      n: 1,
      target: "http://localhost:5000",
      startedAt: TEST_NOW,
      durationMs: 4.5,
      status: 500,
      error: null,
    };
    const one = event({
      headers: [
        ["A", "\u00e9"],
        ["a", ""],
      ],
      trailers: [["T", "1"]],
      body: Buffer.from([0, 255]),
      state: "failed",
      signature: { status: "invalid", reason: "signature_mismatch", provider: "stripe" },
      attempts: [{ ...attempt, headers: [["X", "y"]], body: Buffer.from("no") }],
    });
    const { cwd, run, stored } = sandbox({ "a.ndjson": line(one) });

    const result = await run(["import", "a.ndjson", "--json"]);

    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(result.stdout)).toEqual({ imported: 1, duplicates: 0, bad: 0, redacted: 0, dryRun: false });
    expect(await stored()).toEqual([
      {
        ...asStored(one),
        body: expect.anything() as unknown,
        attempts: [{ ...attempt, headers: [["X", "y"]], body: expect.anything() as unknown }],
        project: cwd,
        source: "import",
      },
    ]);
    expect((await stored()).map(({ body }) => Buffer.from(body).toString("hex"))).toEqual(["00ff"]);
  });

  it("leaves events in the project they came from with --keep-project", async () => {
    const { run, stored } = sandbox({ "a.ndjson": line({ project: "/elsewhere" }) });

    await run(["import", "a.ndjson", "--keep-project"]);

    expect((await stored()).map(({ project }) => project)).toEqual(["/elsewhere"]);
  });

  it("takes what was about to be delivered as stored: nobody here will deliver it", async () => {
    const { run, stored } = sandbox({ "a.ndjson": line({ state: "pending" }) + line({ state: "dead" }) });

    await run(["import", "a.ndjson"]);

    expect((await stored()).map(({ state }) => state)).toEqual(["stored", "dead"]);
  });

  it("skips events that are there, and counts them", async () => {
    const { run, stored } = sandbox({ "a.ndjson": line() + line() });

    await run(["import", "a.ndjson"]);
    const again = await run(["import", "a.ndjson", "a.ndjson"]);

    expect(again).toMatchObject({ code: 0, stdout: "imported 0 events, 4 were there already\n" });
    expect(await stored()).toHaveLength(2);
  });

  it("names bad lines by file and number, takes the rest, and ends with 2", async () => {
    const lines = [line(), "{broken\n", "\n", '{"hello":1}\n', line({ method: "A B" }), "\ufeff\n", line()];
    const { run, stored } = sandbox({ "a.ndjson": lines.join("") });

    const { code, stdout, stderr } = await run(["import", "a.ndjson"]);

    expect(code).toBe(2);
    expect(stdout).toBe("imported 2 events, 4 could not be read\n");
    expect(stderr).toContain("a.ndjson:2: this is no JSON");
    expect(stderr).toContain("a.ndjson:4: this is no event of any form that is known");
    expect(stderr).toContain("a.ndjson:5: method is not an HTTP method");
    expect(stderr).toContain("a.ndjson:6: this is no JSON");
    expect(await stored()).toHaveLength(2);
  });

  it("refuses an event with two attempts of one number, and takes what stands around it", async () => {
    const attempt = { n: 1, target: "/", startedAt: TEST_NOW, durationMs: 1, status: 200, error: null };
    const attempts = [1, 1].map((n) => ({ ...attempt, n, headers: [], body: new Uint8Array() }));
    const { run, stored } = sandbox({ "a.ndjson": line() + line({ attempts }) + line() });

    const { code, stderr } = await run(["import", "a.ndjson"]);

    expect([code, (await stored()).length]).toEqual([2, 2]);
    expect(stderr).toContain("a.ndjson:2: two attempts have the same number");
  });

  it("goes on after a first line that is damaged", async () => {
    const { run } = sandbox({ "a.ndjson": `${line().slice(0, 50)}\n${line()}${line()}` });

    expect((await run(["import", "a.ndjson"])).stdout).toBe("imported 2 events, 1 could not be read\n");
  });

  it("says once of a file of no known form that it is none, and takes the other files", async () => {
    const { run } = sandbox({ "notes.csv": "id,type\n1,a\n".repeat(500), "a.ndjson": line() });

    const { code, stdout, stderr } = await run(["import", "notes.csv", "a.ndjson"]);

    expect([code, stdout]).toEqual([2, "imported 1 event, 1 could not be read\n"]);
    expect(stderr.match(/error/g)).toHaveLength(1);
    expect(stderr).toContain("notes.csv is not in a form that I know");
  });

  it("names twenty bad lines and counts the rest", async () => {
    const { run } = sandbox({ "a.ndjson": `${line()}${"x\n".repeat(1_000)}` });

    const { stdout, stderr } = await run(["import", "a.ndjson"]);

    expect(stdout).toContain("1000 could not be read");
    expect(stderr.trimEnd().split("\n")).toHaveLength(20);
    expect(stderr).toContain("a.ndjson:21: this is no JSON");
    expect(stderr).toContain("only counted");
  });

  it("stores nothing on a dry run, which tells the same", async () => {
    const same = line();
    const { cwd, run } = sandbox({ "a.ndjson": same + same + line() });

    const { stdout } = await run(["import", "a.ndjson", "--dry-run"]);

    expect(stdout).toBe("would import 2 events, 1 was there already\n");
    expect(readdirSync(cwd)).toEqual(["a.ndjson"]);
  });

  it("reads standard input, whatever pieces it comes in", async () => {
    const { run, stored } = sandbox();
    const bytes = Buffer.from(line({ body: Buffer.from("ü€") }) + line());
    const stdin = Readable.from(Array.from(bytes, (byte) => Buffer.from([byte])));

    expect(await run(["import", "-"], { stdin })).toMatchObject({ code: 0, stdout: "imported 2 events\n" });
    expect((await stored()).map(({ body }) => Buffer.from(body).toString())[0]).toBe("ü€");
  });

  it("reads a line of many megabytes in time proportional to it", async () => {
    const body = Buffer.alloc(8 * 2 ** 20, "x");
    const { run, stored } = sandbox({ "a.ndjson": line({ body }) });

    expect((await run(["import", "a.ndjson"])).code).toBe(0);
    expect((await stored()).map(({ size }) => size)).toEqual([body.length]);
  });

  it("ends with a signal while it waits for more, and keeps what is stored", async () => {
    const { run, stored } = sandbox();
    const interrupt = new AbortController();
    const stdin = new PassThrough();
    stdin.write(line() + line() + line());
    const ending = run(["import", "-"], { stdin, signal: interrupt.signal });
    await vi.waitFor(() => expect(stdin.readableLength).toBe(0), 10_000);

    interrupt.abort({ signalName: "SIGINT", exitCode: 130 });

    expect(await ending).toMatchObject({ code: 130 });
    expect((await stored()).length).toBeLessThanOrEqual(3);
  });

  it("says that credentials were taken out", async () => {
    const { run } = sandbox({ "a.ndjson": line({ headers: [["Cookie", "***"]] }) });

    expect((await run(["import", "a.ndjson"])).stderr).toBe(
      "1 event came without credentials: *** stands in their place\n",
    );
  });

  it.each([
    ["a file that is not there", ["nope.ndjson"], "no such file"],
    ["a folder", ["."], "is a folder"],
    ["standard input twice", ["-", "-"], "read once"],
    ["nothing", [], "missing required argument"],
    ["an unknown form", ["a", "--from", "xml"], "xml"],
  ])("cannot read %s", async (_what, argv, message) => {
    const { run } = sandbox();

    const { code, stderr } = await run(["import", ...argv]);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("does not wait for a terminal", async () => {
    expect((await sandbox().run(["import", "-"], { stdinIsTerminal: true })).code).toBe(2);
  });
});

describe("files of other tools", () => {
  it("are known by what stands in them: provider, type and ids as a capture would tell", async () => {
    const smee = {
      "x-github-event": "push",
      "x-github-delivery": "d-1",
      host: "smee.io",
      query: {},
      timestamp: TEST_NOW,
      body: { a: 1 },
    };
    const { run, stored } = sandbox({
      "stripe.log": `> Ready! You are using Stripe API Version [2025]\n${stripe}\n2025-01-02 03:04:05  <--  [200] POST http://localhost [evt_1]\n`,
      "smee.sse": `event: ready\ndata: {}\n\nid: 1\ndata: ${JSON.stringify(smee)}\n\nid: 2\nevent: ping\ndata: {}\n\n`,
      "one.http": 'POST /hook?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n{"type":"t"}',
      "list.json": `{\n  "object": "list",\n  "data": [\n    ${stripe.replace("invoice.paid", "invoice.sent")}\n  ]\n}\n`,
    });

    const result = await run(["import", "stripe.log", "smee.sse", "one.http", "list.json"]);

    expect(result).toMatchObject({ code: 0, stdout: "imported 4 events\n" });
    expect(
      (await stored()).map(({ provider, eventType, method, path, source }) => [
        provider,
        eventType,
        method,
        path,
        source,
      ]),
    ).toEqual([
      ["stripe", "invoice.paid", "POST", "/", "import"],
      ["github", "push", "POST", "/", "import"],
      [null, "t", "POST", "/hook?x=1", "import"],
      ["stripe", "invoice.sent", "POST", "/", "import"],
    ]);
    expect((await stored()).map(({ providerEventId, deliveryId }) => providerEventId ?? deliveryId)).toEqual([
      "evt_1",
      "d-1",
      null,
      "evt_1",
    ]);
    expect(result.stderr).toContain("2 events: stripe-cli prints events without signature");
    expect(result.stderr).toContain("1 event: smee.io hands bodies on parsed");
  });

  it("are raw HTTP also as a browser copies it", async () => {
    const { run, stored } = sandbox({ a: ":method: POST\n:path: /hook\n:authority: a.example\n:scheme: https\n\nx" });

    await run(["import", "a"]);

    expect(await stored()).toMatchObject([
      { method: "POST", path: "/hook", headers: [["host", "a.example"]], size: 1 },
    ]);
  });

  it.each(["-1", "FFFFFFFFFFFFFFFF"])("tell that a body may hold the framing of a chunk of %s bytes", async (size) => {
    const { run, stored } = sandbox({
      a: `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\nabc\r\n0\r\n\r\n`,
    });

    expect((await run(["import", "a"])).stderr).toContain("1 event: Transfer-Encoding says chunked");
    expect(await stored()).toHaveLength(1);
  });

  it.each(["@127.0.0.1:19999/x", ".evil.test/x", "0000/y"])("are bad where the path is %s", async (path) => {
    const url = {
      id: "evt_01jggwqhdrr56vwt6x6v0qg1d9",
      receivedAt: "2025-01-02T03:04:05Z",
      method: "POST",
      headers: [],
    };
    const har = {
      startedDateTime: url.receivedAt,
      request: { method: "POST", url: "http://a/", headers: [] },
      _hookcli: { ...url, path },
    };
    const { run, stored } = sandbox({
      "a.ndjson": `${JSON.stringify({ ...url, path })}\n`,
      "a.har": JSON.stringify({ log: { entries: [har] } }),
      "a.http": `POST ${path} HTTP/1.1\nHost: a\n\nx`,
    });

    const { code, stderr } = await run(["import", "a.ndjson", "a.har", "a.http"]);

    expect(code).toBe(2);
    expect(stderr.match(/path is not a request target/g)).toHaveLength(3);
    expect(await stored()).toEqual([]);
  });

  it("are imported once, though their events have no id of ours", async () => {
    const { run } = sandbox({ "a.log": `${stripe}\n${stripe.replace("_1", "_2")}\n` });

    await run(["import", "a.log"]);

    expect((await run(["import", "a.log"])).stdout).toBe("imported 0 events, 2 were there already\n");
  });

  it("are held to the form that is named", async () => {
    const { run } = sandbox({ "a.log": `${stripe}\n` });

    const { code, stderr } = await run(["import", "a.log", "--from", "har"]);

    expect(code).toBe(2);
    expect(stderr).toContain("a.log:1: this is stripe, not har");
  });

  it("with a HAR file of a browser become requests that were answered", async () => {
    const entry = {
      startedDateTime: "2025-01-02T03:04:05Z",
      time: 3,
      request: { method: "POST", url: "http://a/x", headers: [{ name: "X-GitHub-Event", value: "push" }] },
      response: { status: 500, headers: [], content: { text: "oh" } },
    };
    const { run, stored } = sandbox({
      "a.har": JSON.stringify({ log: { entries: [entry, { bad: 1 }] } }, undefined, 2),
    });

    const { code, stderr } = await run(["import", "a.har"]);

    expect(code).toBe(2);
    expect(stderr).toContain("a.har, entry 2: this is no event");
    expect(await stored()).toMatchObject([
      { state: "failed", provider: "github", attempts: [{ status: 500, durationMs: 3 }] },
    ]);
  });
});

describe("files that hold no text", () => {
  it.each([
    ["UTF-16, as PowerShell writes it", Buffer.from(`\ufeff${stripe}`, "utf16le"), "is UTF-16"],
    ["gzip", Buffer.from([0x1f, 0x8b, 8, 0]), "is compressed"],
    ["bytes", Buffer.from([0, 1, 2, 0xff]), "this is no JSON"],
  ])("are refused and named: %s", async (_what, content, message) => {
    const { run } = sandbox({ a: content, b: `${stripe}\n` });

    const { code, stdout, stderr } = await run(["import", "a", "b"]);

    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe("imported 1 event, 1 could not be read\n");
  });

  it("are nothing at all when they are empty", async () => {
    expect(await sandbox({ a: "" }).run(["import", "a"])).toMatchObject({ code: 0, stdout: "imported 0 events\n" });
  });
});

describe("HAR files of hookcli", () => {
  it("are read line by line, whatever their size, and a damaged entry is named by its line", async () => {
    const first = sandbox({ "in.ndjson": line() + line() + line() });
    await first.run(["import", "in.ndjson"]);
    const har = (await first.run(["export", "--as", "har"])).stdout.split("\n");
    const { run } = sandbox({ "a.har": har.with(2, "{broken,").join("\n"), "empty.har": `${har[0]}\n\n]}}\n` });

    expect(JSON.parse(har.join("\n"))).toHaveProperty("log.entries.length", 3);
    const { stdout, stderr } = await run(["import", "a.har", "empty.har"]);
    expect(stdout).toBe("imported 2 events, 1 could not be read\n");
    expect(stderr).toContain("a.har:3: this is no JSON");
  });
});

describe("lines", () => {
  it("that are too long are given up without being held, and the next are read", async () => {
    const chunks = Readable.from(["ab", "cdefgh\n", "ij\r\n", "kl"].map((text) => Buffer.from(text)));
    const found = [];

    for await (const lines of linesOf(chunks as AsyncIterable<Buffer>, 4)) found.push(...lines);

    expect(found.map(({ number, bytes }) => [number, bytes?.toString()])).toEqual([
      [1, undefined],
      [2, "ij"],
      [3, "kl"],
    ]);
  });
});

/** Every body that somebody has made to break parsers, and texts that a terminal acts on. */
function corpus(): Buffer[] {
  const folder = dataPath("jsontestsuite", "test_parsing");
  return [
    ...readdirSync(folder).map((name) => readFileSync(join(folder, name))),
    ...naughtyStrings(),
    ...terminalTexts().map((text) => Buffer.from(text)),
    ...Array.from({ length: 256 }, (_, byte) => Buffer.from([byte])),
  ];
}

describe("hostile files", () => {
  it("with lines that were cut, doubled and flipped are never more than bad lines", async () => {
    const whole = Buffer.from(line({ headers: [["X-A", "b"]], body: Buffer.from('{"type":"t"}') }).trimEnd());
    const mutated = fc.sample(
      fc.tuple(fc.nat(whole.length - 1), fc.nat(whole.length - 1), fc.nat(255)).map(([at, to, byte]) => {
        const bytes = Buffer.from(
          at % 3 === 0 ? whole.subarray(0, at) : at % 3 === 1 ? Buffer.concat([whole, whole.subarray(to)]) : whole,
        );
        if (bytes.length > 0) bytes[at % bytes.length] = byte === 0x0a ? 0 : byte;
        return Buffer.concat([bytes, Buffer.from("\n")]);
      }),
      { numRuns: 2_000, seed: 7 },
    );
    const { run } = sandbox({ "a.ndjson": Buffer.concat([Buffer.from(line()), ...mutated]) });

    const { code, stdout, stderr } = await run(["import", "a.ndjson"]);

    expect(code).toBe(2);
    expect(stderr).not.toContain("unexpected:");
    const [taken = 0, there = 0, bad = 0] = (stdout.match(/\d+/g) ?? []).map(Number);
    expect(taken).toBeGreaterThan(0);
    expect(bad).toBeGreaterThan(1_000);
    expect(taken + there + bad).toBeLessThanOrEqual(2_001);
  });

  it.skipIf(!hasData)("of JSONTestSuite are events of no form (skipped without HOOKCLI_TEST_DATA)", async () => {
    const folder = dataPath("jsontestsuite", "test_parsing");
    const files = readdirSync(folder).map((name) => join(folder, name));

    const { code, stdout, stderr } = await sandbox().run(["import", ...files]);

    expect(code).toBe(2);
    expect(stdout).toMatch(/^imported 0 events, /);
    expect(stderr).not.toContain("unexpected:");
  });
});

describe.skipIf(!hasData)("hostile bodies (skipped without HOOKCLI_TEST_DATA)", () => {
  const forms = [
    { form: "ndjson", argv: ["--output", "out.ndjson"], files: () => ["out.ndjson"] },
    { form: "har", argv: ["--output", "out.har"], files: () => ["out.har"] },
    {
      form: "http",
      argv: ["--output", "out/"],
      files: (cwd: string) => readdirSync(join(cwd, "out")).map((name) => `out/${name}`),
    },
  ];

  it.each(forms)("come back by $form with the same hashes", async ({ form, argv, files }) => {
    const bodies = corpus();
    const first = sandbox({ "in.ndjson": bodies.map((body) => line({ body, headers: [["X", "1"]] })).join("") });
    await first.run(["import", "in.ndjson"]);

    const exported = await first.run(["export", "--as", form, ...argv, "--quiet"]);
    const names = files(first.cwd);
    const second = sandbox(
      Object.fromEntries(names.map((name) => [name.replace("/", "-"), readFileSync(join(first.cwd, name))])),
    );
    const imported = await second.run(["import", ...names.map((name) => name.replace("/", "-")).toSorted()]);

    expect(exported).toMatchObject({ code: 0, stderr: "" });
    expect(imported).toMatchObject({ code: 0, stdout: `imported ${counted(bodies.length, "event")}\n` });
    expect((await second.stored()).map(({ bodySha256 }) => bodySha256)).toEqual(
      bodies.map((body) => createHash("sha256").update(body).digest("hex")),
    );
  });

  it("come out as fixtures, byte for byte", async () => {
    const bodies = corpus();
    const { cwd, run } = sandbox({
      "in.ndjson": bodies.map((body, index) => line({ body, eventType: `e${index}` })).join(""),
    });
    await run(["import", "in.ndjson"]);

    const { code } = await run(["export", "--as", "fixture", "--output", "out/", "--quiet"]);

    const folder = join(cwd, "out", "generic");
    const files = readdirSync(folder).toSorted(
      (a, b) => Number.parseInt(a.slice(1), 10) - Number.parseInt(b.slice(1), 10),
    );
    expect(code).toBe(0);
    expect(files.map((name) => readFileSync(join(folder, name)).toString("hex"))).toEqual(
      bodies.map((body) => `${body.toString("hex")}0a`),
    );
  });
});
