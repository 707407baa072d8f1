import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attempt, ImportedEvent } from "../../src/events/event.js";
import { eventToJson, type EventJson } from "../../src/events/event-json.js";
import { headersFromRaw, type HeaderList } from "../../src/events/headers.js";
import { asStored } from "../helpers/any-event.js";
import { selfSigned } from "../helpers/certificate.js";
import { startChromium, type Chromium } from "../helpers/chromium.js";
import { newEvent, TEST_NOW } from "../helpers/event.js";
import { openNetworkPanel } from "../helpers/network-panel.js";
import { createSandbox, runProgram, type Sandbox } from "../helpers/program.js";

let chromium: Chromium;
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = createSandbox();
  chromium = await startChromium();
});

afterAll(async () => {
  await chromium.close();
  sandbox.remove();
});

function answer(fields: Partial<Attempt>): Attempt {
  const request = { n: 1, target: "http://localhost:5000", startedAt: TEST_NOW, durationMs: 41 };
  return { ...request, status: 200, error: null, headers: [], body: new Uint8Array(0), ...fields };
}

const html = "<p>hell✓".repeat(50);

/** Events, and what the panel has to show of them beside what every row is compared with. */
const SHOWN: readonly { readonly event: Partial<ImportedEvent>; readonly row: object }[] = [
  {
    event: {
      path: "/json?a=1&b=%20x&c",
      attempts: [
        answer({ status: 500, durationMs: 7 }),
        answer({
          n: 2,
          status: 201,
          headers: [["Content-Type", "application/json"]],
          body: Buffer.from('{"ok":true}'),
        }),
      ],
    },
    row: {
      cells: { name: expect.stringContaining("json?a=1&b=%20x&c"), status: "201Created", time: "41 ms41 ms" },
      url: "http://localhost:4000/json?a=1&b=%20x&c",
      query: [
        ["a", "1"],
        ["b", "%20x"],
        ["c", ""],
      ],
      response: { isText: true, text: '{"ok":true}' },
      transferSize: 11,
      resourceSize: 11,
    },
  },
  {
    event: {
      path: "/form",
      headers: [
        ["Host", "shop.example:8443"],
        ["X-Forwarded-Proto", "https"],
        ["Content-Type", "application/x-www-form-urlencoded"],
      ],
      body: Buffer.from("a=1&b=%C3%A9+x&a=2"),
      attempts: [
        answer({
          status: 404,
          headers: [["content-type", "text/plain; charset=iso-8859-1"]],
          body: Buffer.from("\xe9", "latin1"),
        }),
      ],
    },
    row: {
      cells: { name: expect.stringContaining("form"), status: "404Not Found" },
      url: "https://shop.example:8443/form",
      form: [
        ["a", "1"],
        ["b", "%C3%A9+x"],
        ["a", "2"],
      ],
      response: { isText: true, text: "é" },
      transferSize: 1,
    },
  },
  {
    event: {
      path: "/binary",
      headers: [
        ["Content-Type", "application/octet-stream"],
        ["X-A", "1"],
        ["x-a", "2"],
        ["X-A", "3"],
      ],
      body: Buffer.from([0, 0xff, 0xfe, 1]),
      attempts: [answer({ headers: [["content-type", "image/png"]], body: Buffer.from([0x89, 0x50, 0xff, 0]) })],
    },
    row: {
      cells: { status: "200OK", type: "png" },
      payload: "AP/+AQ==",
      response: { isText: false, text: "iVD/AA==" },
      transferSize: 4,
      resourceSize: 4,
    },
  },
  {
    event: { path: "/refused", attempts: [answer({ status: null, error: "refused", durationMs: 3 })] },
    row: { cells: { status: "Finished", time: "3 ms3 ms" }, status: 0, transferSize: 0, resourceSize: 0 },
  },
  {
    event: { path: "/never-delivered" },
    row: { cells: { status: "Finished" }, status: 0, responseHeaders: [] },
  },
  {
    event: { path: "/empty", body: new Uint8Array(0), attempts: [answer({ status: 204 })] },
    row: { cells: { status: "204No Content" }, payload: null, transferSize: 0, resourceSize: 0 },
  },
  {
    event: {
      path: "/unicode/\xe9?q=%E2%9C%93",
      headers: [["X-N", "\xe9"]],
      body: Buffer.from('{"t":"✓ 😀 \\u0000"}'),
      attempts: [
        answer({
          headers: [
            ["content-type", "text/html; charset=utf-8"],
            ["content-encoding", "gzip"],
          ],
          body: gzipSync(html),
        }),
      ],
    },
    row: {
      url: "http://localhost/unicode/%E9?q=%E2%9C%93",
      query: [["q", "%E2%9C%93"]],
      response: { isText: true, text: html },
      transferSize: gzipSync(html).byteLength,
      resourceSize: Buffer.byteLength(html),
    },
  },
  {
    event: {
      path: "/cut",
      method: "DELETE",
      attempts: [answer({ status: 500, error: "cut", body: Buffer.from("<ha") })],
    },
    row: { cells: { status: "500Internal Server Error" }, response: { isText: true, text: "<ha" }, transferSize: 3 },
  },
];

/** Puts the events into a store and the store's HAR file onto the disk. */
async function exportedHar(): Promise<string> {
  const lines = SHOWN.map(({ event }, index) => {
    const fields = newEvent({ ...event, receivedAt: TEST_NOW + index });
    return `${JSON.stringify(eventToJson(asStored({ ...fields, duplicateOf: null, attempts: event.attempts ?? [] })))}\n`;
  });
  writeFileSync(join(sandbox.folder, "in.ndjson"), lines.join(""));
  await runProgram(["events", "import", "in.ndjson"], { sandbox });
  const { code } = await runProgram(["events", "export", "--as", "har", "--output", "out.har"], { sandbox });
  expect(code).toBe(0);
  return join(sandbox.folder, "out.har");
}

describe("Chromium's network panel", () => {
  it("shows every event of a HAR file of ours as it came and was answered", async () => {
    const panel = await openNetworkPanel(chromium);

    const rows = await panel.importHar(await exportedHar(), SHOWN.length);

    for (const [index, { event, row }] of SHOWN.entries()) {
      const { method, headers, body } = newEvent(event);
      const last = event.attempts?.at(-1);
      const payload = body.byteLength === 0 ? null : Buffer.from(body).toString("utf8");
      const common = { method, requestHeaders: headers, payload, status: last?.status ?? 0 };
      expect(rows[index]).toMatchObject({ ...common, responseHeaders: last?.headers ?? [], ...row });
      expect(rows[index]?.durationMs).toBeCloseTo(last?.durationMs ?? 0, 1);
    }
  });
});

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly body: string;
}

/** What the browser asks for unasked. */
const BY_ITSELF = /^\/(?:favicon\.ico|\.well-known\/)/;

/** A server that keeps what it was sent. */
async function recordingServer(protocol: "HTTP/1.1" | "HTTP/2") {
  const seen: Seen[] = [];
  const handle = async (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "", url: path = "", rawHeaders } = request;
    if (BY_ITSELF.test(path)) return void response.end();
    seen.push({
      method,
      path,
      headers: comparable(headersFromRaw(rawHeaders)),
      body: Buffer.concat(parts).toString("hex"),
    });
    response.statusCode = method === "DELETE" ? 204 : 200;
    response.setHeader("Content-Type", path === "/" ? "text/html" : "text/plain; charset=utf-8");
    response.setHeader("X-Answer", "to " + method);
    response.end(method === "DELETE" ? "" : "✓ " + method);
  };
  const listener = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) =>
    void handle(request, response);
  const server = protocol === "HTTP/2" ? createSecureServer({ ...selfSigned }, listener) : createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    origin: `${protocol === "HTTP/2" ? "https" : "http"}://localhost:${port}`,
    close: () => server.close(),
  };
}

/** What HTTP/2 has in a pseudo header stands in Host for HTTP/1.1. Names in lower case, in the order of the alphabet. */
function comparable(headers: HeaderList): HeaderList {
  return headers
    .map(([name, value]): [string, string] => [
      name.toLowerCase() === ":authority" ? "host" : name.toLowerCase(),
      value,
    ])
    .filter(([name]) => !name.startsWith(":"))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const SENT = `(async () => {
  const send = async (path, options) => (await fetch(path, options)).text();
  const post = (path, body, type) => send(path, { method: "POST", body, headers: type ? { "Content-Type": type, "X-Own": "1" } : {} });
  await post("/json?a=%2F&b", JSON.stringify({ t: "✓ 😀 \\u0000" }), "application/json");
  await post("/form", new URLSearchParams([["a", "1"], ["b", "é x"], ["a", "2"]]));
  await post("/text", "é\\r\\n\\ufeff", "text/plain");
  await post("/empty", "", "application/json");
  await post("/binary", new Uint8Array([0, 255, 254, 1, 128]), "application/octet-stream");
  await send("/put", { method: "PUT", body: "x".repeat(100000) });
  await send("/gone", { method: "DELETE" });
  return true;
})()`;

describe.each(["HTTP/1.1", "HTTP/2"] as const)("a HAR file that Chromium wrote of %s", (protocol) => {
  it("becomes the requests that the server got", async () => {
    const server = await recordingServer(protocol);
    const panel = await openNetworkPanel(chromium);
    await panel.page.send("Page.navigate", { url: server.origin });
    await panel.page.until(`location.origin === "${server.origin}" && document.readyState === "complete"`);
    await panel.page.evaluate(SENT);
    const har = await panel.exportHar(`${server.origin}/gone`);
    server.close();
    const name = `${protocol.replace("/", "")}.har`;
    writeFileSync(join(sandbox.folder, name), har);

    const db = join(sandbox.folder, `${name}.db`);
    const { code, stderr } = await runProgram(["--db", db, "events", "import", name], { sandbox });
    const { stdout } = await runProgram(["--db", db, "events", "export"], { sandbox });

    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as EventJson);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(events.map(seenOf).filter(({ path }) => !BY_ITSELF.test(path))).toEqual(server.seen);
    expect(events.find(({ path }) => path === "/form")?.attempts).toMatchObject([
      {
        status: 200,
        headers: expect.arrayContaining([[expect.stringMatching(/^x-answer$/i), "to POST"]]),
        bodyText: "✓ POST",
      },
    ]);
  });
});

function seenOf(event: EventJson): Seen {
  const body =
    "bodyText" in event
      ? Buffer.from(event.bodyText)
      : Buffer.from("bodyBase64" in event ? event.bodyBase64 : "", "base64");
  return { method: event.method, path: event.path, headers: comparable(event.headers), body: body.toString("hex") };
}
