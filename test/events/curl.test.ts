import { execFile } from "node:child_process";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createRawServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { curlCommand, curlScript, type CurlOptions, type CurlRequest } from "../../src/events/curl.js";
import { headersFromRaw, withoutHeaders, type HeaderList } from "../../src/events/headers.js";
import { safeBlock } from "../../src/events/safe-text.js";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  readonly body: Buffer;
}

const seen: Seen[] = [];
const server = createServer((request, response) => {
  void read(request).then((body) => {
    const headers = headersFromRaw(request.rawHeaders);
    seen.push({ method: request.method ?? "", path: request.url ?? "", headers, body });
    response.end();
  });
});
let origin = "";

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => void seen.splice(0));
afterAll(() => new Promise((resolve) => server.close(resolve)));

function request(changes: Partial<CurlRequest>): CurlRequest {
  return { method: "POST", url: `${origin}/webhook`, headers: [], body: new Uint8Array(), ...changes };
}

/** Runs the command in a real shell, with real curl, and gives what the server saw. */
async function run(
  changes: Partial<CurlRequest>,
  options?: CurlOptions,
  env: Record<string, string> = {},
): Promise<Seen> {
  const command = curlCommand(request(changes), options);
  // What is printed passes the terminal filter: it must say the same afterwards.
  expect(safeBlock(command)).toBe(command);
  await new Promise<void>((resolve, reject) => {
    const child = execFile("sh", ["-e"], { env: { PATH: process.env["PATH"] ?? "", ...env } }, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
    child.stdin?.end(`${command}\n`);
  });
  expect(seen).toHaveLength(1);
  return seen[0] as Seen;
}

const own = (headers: HeaderList) => withoutHeaders(headers, ["host", "content-length"]);

/** The first line that a server gets which does not judge it. */
async function requestLine({ url = "", ...changes }: Partial<CurlRequest>): Promise<string> {
  const lines: string[] = [];
  const raw = createRawServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      lines.push(data.toString("latin1").split("\r\n", 1)[0] ?? "");
      socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    });
  });
  await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
  const { port } = raw.address() as AddressInfo;
  const command = curlCommand(request({ ...changes, url: url.replace(origin, `http://127.0.0.1:${port}`) }));
  await new Promise<void>((resolve) => execFile("sh", ["-ec", command], () => resolve()));
  await new Promise((resolve) => raw.close(resolve));
  return lines.join("\n");
}

describe("curlCommand, run by a shell", () => {
  it.each([
    ["JSON with quotes", `{"it's": "\\"", "n": 1.0}`],
    ["newlines and tabs", '{\n\t"a": 1\n}\n'],
    ["CRLF", '[{"a":1},\r\n{"b":2}]\r\n'],
    ["shell words", "$HOME `id` $(id) !! \\ \\n * ~ #"],
    ["a leading @", "@/etc/passwd"],
    ["a leading dash, and percent signs", "-n %s %d 100%\u0000"],
    ["non-ASCII", "grüße 😀 日本"],
    ["terminal escapes", "\u001b]0;title\u0007\u202e"],
    ["NUL", "a\u0000b"],
    ["nothing", ""],
  ])("sends a body of %s unchanged", async (_name, text) => {
    const { body } = await run({ body: Buffer.from(text) });

    expect(body.toString()).toBe(text);
  });

  it("sends all 256 byte values unchanged", async () => {
    const bytes = Uint8Array.from({ length: 512 }, (_, index) => index % 256);

    expect((await run({ body: bytes })).body.equals(bytes)).toBe(true);
  });

  it("sends a body of a megabyte, larger than an argument may be", async () => {
    const bytes = Buffer.from(`"${"grüße ".repeat(150_000)}"`);

    const { body, headers } = await run({ body: bytes });

    expect(body.equals(bytes)).toBe(true);
    expect(own(headers)).toEqual([]);
  });

  it("keeps order, case and repeats of the headers, and adds none of curl's own", async () => {
    const headers: HeaderList = [
      ["X-b", "1"],
      ["x-A", 'it\'s "quoted" $HOME'],
      ["X-b", "2"],
      ["Content-Type", "application/json"],
      ["Empty", ""],
      ["Latin", "caf\u00e9"],
      ["Utf8", Buffer.from("é").toString("latin1")],
    ];

    const result = await run({
      headers: [["Host", "elsewhere"], ["Content-Length", "99"], ...headers],
      body: Buffer.from("x"),
    });

    expect(own(result.headers)).toEqual(headers);
  });

  it("keeps the user agent and the accept header that the request has", async () => {
    const headers: HeaderList = [
      ["User-Agent", "Stripe/1.0"],
      ["Accept", "*/*; q=0.5"],
    ];

    expect(own((await run({ headers })).headers)).toEqual(headers);
  });

  it.each(["/a?b=[1]&c={x,y}", "/a/../b/./c", "/it's?q=%20+"])("asks for %s as it is", async (path) => {
    expect((await run({ url: origin + path })).path).toBe(path);
  });

  it.each([
    "@127.0.0.1:1/x",
    ".evil.test/x",
    "0000/y",
    "*",
    "?a=b",
    "/a#b?c#d",
    "/caf\u00e9",
    "\\\\@h",
    "//h/x",
    "/%2e%2e/x",
  ])("asks the target, and nobody else, for %s", async (path) => {
    const url = `${origin}${path.startsWith("/") ? "" : "/"}${path}`;

    expect(await requestLine({ url, path })).toBe(`POST ${path} HTTP/1.1`);
  });

  it("writes what came over the wire between single quotes, or in octal", () => {
    const hostile = `!#$(id)\`id\`^"\u00e9\t'`;
    const command = curlCommand(
      request({
        url: `${origin}/${hostile}?token=x&${hostile}=whsec_x`,
        method: "!#$&'*+-.^_`|~",
        headers: [
          ["X-!#$&'*^`|~-Token", hostile],
          ["X-Odd", hostile],
          ["!!", "***"],
        ],
        body: Buffer.from(`${hostile}\n^a^b\n!!\n~.`),
      }),
    );

    const allowed = /'[^']*'|\\'|"\$\(printf '(?:\\\d{3})+'\)"|"\$[A-Z0-9_]+"|[A-Za-z0-9 .:/@|-]|\\\n/g;
    expect(command.replaceAll(allowed, "")).toBe("");
    expect(command.split(" \\\n").join("")).not.toContain("\n");
  });

  it.each(["GET", "HEAD", "PUT", "DELETE", "PATCH"])("uses the method %s", async (method) => {
    const { method: used, headers } = await run({ method });

    expect(used).toBe(method);
    expect(own(headers)).toEqual([]);
  });
});

describe("curlCommand and credentials", () => {
  const headers: HeaderList = [
    ["X-Gitlab-Token", "canary-1"],
    ["Authorization", "Bearer canary-2"],
    ["Cookie", "canary-3"],
  ];
  const options = { secretHeaders: ["x-gitlab-token"], secretEnv: "GITLAB_WEBHOOK_SECRET" };

  it("puts variables in their place, which the shell fills in", async () => {
    const command = curlCommand(request({ headers }), options);
    expect(command).toContain(`-H 'X-Gitlab-Token: '"$GITLAB_WEBHOOK_SECRET"`);
    expect(command).not.toContain("canary");

    const sent = await run({ headers }, options, {
      GITLAB_WEBHOOK_SECRET: "a b",
      HOOKCLI_HEADER_AUTHORIZATION: "Bearer c",
      HOOKCLI_HEADER_COOKIE: "d",
    });

    expect(own(sent.headers).map(([, value]) => value)).toEqual(["a b", "Bearer c", "d"]);
  });

  it("puts variables in the query, too, but keeps a signature there", async () => {
    const path = "/hook?a=it's&api_key=canary-4&b=%20&2token=canary-5&sig=abc&token=";
    const command = curlCommand(request({ url: origin + path }));
    expect(command).not.toContain("canary");

    const sent = await run(
      { url: origin + path },
      {},
      { HOOKCLI_QUERY_API_KEY: "canary-4", HOOKCLI_QUERY_2TOKEN: "canary-5" },
    );

    expect(sent.path).toBe(path);
  });

  it("never takes a variable that the sender has named", () => {
    const { command, variables } = curlScript(
      request({
        url: `${origin}/?GITHUB_TOKEN=x&AWS_SECRET_ACCESS_KEY=***&=***&whsec_canary`,
        headers: [
          ["GITHUB-TOKEN", "x"],
          ["HOME", "***"],
          ["PATH", "Bearer x"],
        ],
      }),
    );

    expect(variables).toEqual([
      "HOOKCLI_QUERY_GITHUB_TOKEN",
      "HOOKCLI_QUERY_AWS_SECRET_ACCESS_KEY",
      "HOOKCLI_QUERY_SECRET",
      "HOOKCLI_HEADER_GITHUB_TOKEN",
      "HOOKCLI_HEADER_HOME",
      "HOOKCLI_HEADER_PATH",
    ]);
    expect(new Set(command.match(/\$\w+/g))).toEqual(new Set(variables.map((name) => `$${name}`)));
  });

  it("hides keys in the path and within the values of headers", () => {
    const command = curlCommand(
      request({
        url: `${origin}/hook/whsec_canary/x;jwt=canary?a=1`,
        headers: [
          ["Referer", "https://a.example/?token=canary&b=1"],
          ["X-Forwarded-Uri", "/hook/sk_live_canary/in"],
        ],
      }),
    );

    expect(command).toContain(`${origin}/hook/***/x;jwt=***?a=1'`);
    expect(command).toContain("'Referer: https://a.example/?token=***&b=1'");
    expect(command).not.toContain("canary");
  });

  it("shows them when asked to", async () => {
    const sent = await run({ headers }, { ...options, showSecrets: true });

    expect(own(sent.headers)).toEqual(headers);
  });
});
