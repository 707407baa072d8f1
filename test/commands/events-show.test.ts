import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { dataPath, hasData } from "../helpers/data.js";
import { createOutput } from "../../src/output/terminal.js";
import { printEvent, printHeaders } from "../../src/output/event-page.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { actedOn, naughtyStrings, terminalTexts } from "../helpers/hostile.js";
import { projectWith } from "../helpers/project.js";
import { testContext } from "../helpers/run.js";
import { setup } from "../helpers/writer.js";

beforeAll(setup);

const typed = (type: string) => [["Content-Type", type]] as const;

describe("events show", () => {
  it("reads the body as its headers say, and says what it did", async () => {
    const headers = [
      ["Content-Type", "application/xml"],
      ["Content-Encoding", "gzip"],
    ] as const;
    const { run } = await projectWith([
      { headers, body: gzipSync("<a><b>1</b></a>") },
      { headers: typed("application/x-www-form-urlencoded"), body: Buffer.from("payload=%7B%22a%22%3A1%7D&x=y+z") },
      { headers: typed("multipart/mixed; boundary=b"), body: Buffer.from("--b\r\n\r\none\r\n--b--\r\n") },
    ]);

    expect((await run(["events", "show", "1"])).stdout).toMatch(
      /\(decoded from gzip, \d+ bytes\)\n<a>\n {2}<b>1<\/b>\n<\/a>\n$/,
    );
    expect((await run(["events", "show", "2"])).stdout).toMatch(
      /\(form fields, decoded\)\npayload = \{\n {4}"a": 1\n {2}\}\nx = y z\n$/,
    );
    expect((await run(["events", "show", "3"])).stdout).toMatch(/\(multipart, 1 part\)\npart 1, 3 bytes\n {4}one\n$/);
  });

  it("gives the headers alone with --headers, as pairs to programs", async () => {
    const headers = [
      ["X-B", "2"],
      ["x-a", "1"],
      ["X-B", "3"],
      ["Cookie", "canary"],
    ] as const;
    const { run } = await projectWith([{ headers, answer: { headers: [["Set-Cookie", "canary"]] } }]);

    expect((await run(["events", "show", "1", "--headers"])).stdout).toBe("X-B: 2\nx-a: 1\nX-B: 3\nCookie: ***\n");
    expect(JSON.parse((await run(["events", "show", "1", "--headers", "--json"])).stdout)).toEqual([
      ...headers.slice(0, 3),
      ["Cookie", "***"],
    ]);
    expect((await run(["events", "show", "1", "--headers", "--answer"])).stdout).toBe("Set-Cookie: ***\n");
  });

  it("gives the answer with --answer, as readable as the request, and its exact body with --body", async () => {
    const body = brotliCompressSync('{"error":{"code":1}}');
    const headers = [
      ["Content-Type", "application/problem+json"],
      ["Content-Encoding", "br"],
    ] as const;
    const { run } = await projectWith([{ answer: { status: 422, headers, body } }]);

    const { stdout } = await run(["events", "show", "1", "--answer"]);
    const json = await run(["events", "show", "1", "--answer", "--json"]);
    const raw = await run(["events", "show", "last", "--attempt", "1", "--body"]);

    expect(stdout).toMatch(/^attempt 1 to http:\/\/localhost:5000\/webhook, .*, 41 ms\nstatus 422\n/);
    expect(stdout).toContain('(decoded from br, 24 bytes)\n{\n  "error": {\n    "code": 1\n  }\n}\n');
    expect(stdout).not.toContain("message.created");
    expect(JSON.parse(json.stdout)).toMatchObject({ n: 1, status: 422, bodyBase64: body.toString("base64") });
    expect(raw.stdoutBytes.equals(body)).toBe(true);
  });

  it.each<[string, string[], string]>([
    ["an event that was not delivered", ["1", "--answer"], "event #1 was not delivered: there is no answer"],
    ["an attempt that was not made", ["2", "--attempt", "3"], "event #2 has no attempt 3\nhookcli: hint: it has 1"],
    ["an attempt that cannot be", ["2", "--attempt", "0"], "--attempt"],
    ["a body in JSON", ["2", "--body", "--json"], "--body and --json exclude each other"],
    ["a body that is headers", ["2", "--body", "--headers"], "--body and --headers exclude each other"],
  ])("refuses %s", async (_name, argv, message) => {
    const { run } = await projectWith([{}, { answer: {} }]);

    const { code, stdout, stderr } = await run(["events", "show", ...argv]);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("says that an answer is not kept whole", async () => {
    const { run } = await projectWith([
      { answer: { body: Buffer.alloc(65_536, "a") } },
      { answer: { body: Buffer.alloc(65_535, "a") } },
    ]);

    expect((await run(["events", "show", "1"])).stdout).toContain("(the first 64 KiB, which is what is kept)\naaa");
    expect((await run(["events", "show", "2"])).stdout).not.toContain("64 KiB");
  });

  it("shows more of a binary body with -v", async () => {
    const { run } = await projectWith([{ body: Buffer.alloc(100_000) }]);
    const lines = async (...flags: string[]) =>
      (await run(["events", "show", "1", ...flags])).stdout.split("\n").filter((line) => /^[0-9a-f]{8} /.test(line));

    expect([(await lines()).length, (await lines("-v")).length]).toEqual([64, 4096]);
    expect((await run(["events", "show", "1"])).stdout).toContain("99 kB more; --body writes all of it");
  });

  it("shows JSON of 100,000 levels", async () => {
    const body = Buffer.from("[".repeat(100_000) + "]".repeat(100_000));
    const { run } = await projectWith([{ body }]);

    const { code, stdout } = await run(["events", "show", "1"]);

    expect(code).toBe(0);
    expect(stdout.slice(stdout.indexOf("[")).replaceAll(/\s/g, "")).toBe(body.toString());
  });
});

describe.skipIf(!hasData)("hostile bodies (skipped without HOOKCLI_TEST_DATA)", () => {
  const inForms = (body: Buffer) => [
    { body },
    { body, headers: typed("application/x-www-form-urlencoded") },
    {
      body: Buffer.from(`a=${encodeURIComponent(body.toString("latin1"))}`),
      headers: typed("application/x-www-form-urlencoded"),
    },
    { body: multipart(body), headers: typed("multipart/form-data; boundary=b") },
    {
      body: Buffer.concat([Buffer.from("<a>"), body, Buffer.from("</a>")]),
      headers: typed("text/xml; charset=latin1"),
    },
    { body, headers: typed("text/plain; charset=utf-16le") },
    {
      body: deflateSync(body),
      headers: [
        ["Content-Encoding", "deflate"],
        ["Content-Type", body.toString("latin1")],
      ] as const,
    },
  ];
  const multipart = (body: Buffer) =>
    Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="'),
      body,
      Buffer.from('"\r\n\r\n'),
      body,
      Buffer.from("\r\n--b--"),
    ]);
  const corpora: [string, () => Buffer[]][] = [
    ["terminal", () => terminalTexts().map((text) => Buffer.from(text, "latin1"))],
    ["terminal, in UTF-8", () => terminalTexts().map((text) => Buffer.from(text))],
    ["blns", () => naughtyStrings()],
    [
      "JSONTestSuite",
      () => {
        const folder = dataPath("jsontestsuite", "test_parsing");
        return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
      },
    ],
  ];

  it.each(corpora)("of %s let no control byte through, in any form of the page", (_name, read) => {
    const unsafe: string[] = [];
    const events = read().flatMap(inForms);

    for (const fields of events) {
      const context = testContext({ stdoutIsTerminal: true });
      const output = createOutput(context, { json: false, quiet: false, verbose: true, color: "auto" });
      const { headers = [], body } = fields;
      const answer = { durationMs: 1, status: 200, error: null, headers, body };
      const attempt = { n: 1, target: body.toString("latin1"), startedAt: TEST_NOW, ...answer };
      const stored = { seq: 1, duplicateOf: null, bodySha256: "", size: body.length, attempts: [attempt] };
      printEvent(output, { ...newEvent(fields), ...stored }, { now: TEST_NOW, hexLimit: 65_536 });
      printHeaders(output, headers);
      const found = actedOn(context.stdout.bytes, { terminal: true });
      if (found !== undefined) unsafe.push(found);
    }

    expect(events.length).toBeGreaterThan(100);
    expect(unsafe).toEqual([]);
  });
});
