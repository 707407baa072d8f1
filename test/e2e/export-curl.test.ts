import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventToJson } from "../../src/events/event-json.js";
import { headersFromRaw, type HeaderList } from "../../src/events/headers.js";
import { asStored } from "../helpers/any-event.js";
import { newEvent } from "../helpers/event.js";
import { hasData } from "../helpers/data.js";
import { naughtyStrings } from "../helpers/hostile.js";
import { startApp, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, type Sandbox } from "../helpers/program.js";

const run = promisify(execFile);

let sandbox: Sandbox;
let app: TestApp;

beforeAll(async () => {
  sandbox = createSandbox();
  app = await startApp();
});

afterAll(async () => {
  await app.close();
  sandbox.remove();
});

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly body: Buffer;
}

/** Events as hookcli exports them, and as a shell and curl send them. */
async function sentByScript(requests: readonly Partial<Request>[], argv: readonly string[] = []) {
  const before = app.requests.length;
  const db = join(sandbox.folder, `${before}-${requests.length}.db`);
  const events = requests.map((request) => asStored({ ...newEvent(request), duplicateOf: null, attempts: [] }));
  writeFileSync(
    join(sandbox.folder, "in.ndjson"),
    events.map((event) => `${JSON.stringify(eventToJson(event))}\n`).join(""),
  );
  await runProgram(["--db", db, "events", "import", "in.ndjson"], { sandbox });
  const options = ["--as", "curl", "--to", String(app.port), "--output", "script.sh", "--force", ...argv];
  const exported = await runProgram(["--db", db, "events", "export", ...options], { sandbox });
  expect(exported.code).toBe(0);
  await run("sh", ["-e", join(sandbox.folder, "script.sh")], {
    maxBuffer: 2 ** 26,
    env: { PATH: process.env["PATH"] ?? "", HOOKCLI_HEADER_COOKIE: "from the environment" },
  });
  return app.requests.slice(before).map(({ method, url, rawHeaders, body }) => ({
    method,
    path: url,
    headers: headersFromRaw(rawHeaders).filter(([name]) => !/^(?:host|content-length|connection)$/i.test(name)),
    body,
  }));
}

describe("a script of curl commands", () => {
  it("sends method, path, headers and body of every event, whatever stands in them", async () => {
    const requests: Request[] = [
      {
        method: "POST",
        path: "/a?b=%2F&c={x}[1]",
        headers: [
          ["X-A", "1"],
          ["x-a", "2"],
          ["Content-Type", "text/plain"],
        ],
        body: Buffer.from("a\r\n\0\xff", "latin1"),
      },
      {
        method: "PUT",
        path: "/$(id)`id`'\";|&",
        headers: [["X-Shell", "'\"; $(touch pwned) `touch pwned` \\ ! %s"]],
        body: Buffer.from("'$(id)'\n\"`\\"),
      },
      {
        method: "DELETE",
        path: "/%zz/../x",
        headers: [
          ["X-Latin", "\u00e9\u00ff"],
          ["X-Empty", ""],
        ],
        body: Buffer.alloc(0),
      },
      {
        method: "POST",
        path: "/@file",
        headers: [
          ["Content-Type", "a/b"],
          ["X-At", "@/etc/passwd"],
        ],
        body: Buffer.from("@/etc/passwd"),
      },
      { method: "PATCH", path: "/big", headers: [], body: Buffer.alloc(300_000, "0123456789\n") },
    ];

    expect(await sentByScript(requests)).toEqual(requests);
  });

  it.skipIf(!hasData)(
    "sends every naughty string as body and as a header (skipped without HOOKCLI_TEST_DATA)",
    async () => {
      const requests = naughtyStrings().map((body, index) => ({
        method: "POST",
        path: `/${index}`,
        headers: [["X-Naughty", `a${body.toString("latin1").replaceAll(/[^\x21-\x7e\x80-\xff]/g, "")}z`]] as HeaderList,
        body,
      }));

      expect(await sentByScript(requests)).toEqual(requests);
    },
  );

  it("takes credentials from the environment, and has them inside only when asked to", async () => {
    const cookie = { headers: [["Cookie", "canary"]] as HeaderList };

    expect((await sentByScript([cookie]))[0]?.headers).toEqual([["Cookie", "from the environment"]]);
    expect((await sentByScript([cookie, {}], ["--include-secrets"]))[0]?.headers).toEqual([["Cookie", "canary"]]);
  });
});
