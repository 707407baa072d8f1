import { createHash, createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataPath, hasData } from "../helpers/data.js";
import { naughtyStrings } from "../helpers/hostile.js";
import { startApp, type AppRequest, type TestApp } from "../helpers/http-app.js";
import { createSandbox, runProgram, startListen, type RunningListen, type Sandbox } from "../helpers/program.js";
import { sendRaw } from "../helpers/raw-client.js";
import { runCli } from "../helpers/run.js";

const SECRET = "corpora";

/** Bodies by the name of their case. */
function corpus(): Map<string, Buffer> {
  if (!hasData) return new Map();
  const folder = dataPath("jsontestsuite", "test_parsing");
  return new Map<string, Buffer>([
    ...readdirSync(folder).map((name) => [`json/${name}`, readFileSync(`${folder}/${name}`)] as const),
    ...naughtyStrings().map((bytes, index) => [`naughty/${index}`, bytes] as const),
    ...Array.from({ length: 256 }, (_, byte) => [`byte/${byte}`, Buffer.of(byte)] as const),
  ]);
}

interface StoredEvent {
  readonly seq: number;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly bodySha256: string;
  readonly bodyText?: string;
  readonly bodyBase64?: string;
  readonly signature: { readonly status: string };
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const hmac = (bytes: Uint8Array) => `sha256=${createHmac("sha256", SECRET).update(bytes).digest("hex")}`;
const headerOf = ({ rawHeaders }: AppRequest, name: string) =>
  rawHeaders[rawHeaders.findIndex((word, index) => index % 2 === 0 && word.toLowerCase() === name) + 1] ?? "";
const caseOf = (headers: StoredEvent["headers"]) => headers.find(([name]) => name === "X-Case")?.[1] ?? "";
const bodyOf = ({ bodyText, bodyBase64 }: StoredEvent) =>
  bodyText === undefined ? Buffer.from(bodyBase64 ?? "", "base64") : Buffer.from(bodyText);

describe.skipIf(!hasData)("the corpora as bodies (skipped without HOOKCLI_TEST_DATA)", () => {
  const bodies = corpus();
  let sandbox: Sandbox;
  let app: TestApp;
  let listen: RunningListen;

  beforeAll(async () => {
    sandbox = createSandbox({ GITHUB_WEBHOOK_SECRET: SECRET });
    app = await startApp();
    listen = await startListen([String(app.port), "--no-tunnel"], { sandbox });
    await postAll(listen.localUrl, bodies);
  });
  afterAll(async () => {
    await listen.stop("SIGKILL");
    await app.close();
    sandbox.remove();
  });

  const cli = (argv: readonly string[]) => runCli(argv, { cwd: sandbox.folder, env: sandbox.env });

  /** Cases that the app did not get as they were sent, or whose signature does not verify there. */
  const damagedAtApp = (requests: readonly AppRequest[]) =>
    requests
      .filter((got) => {
        const sent = bodies.get(headerOf(got, "x-case")) ?? Buffer.from("unknown case");
        return !got.body.equals(sent) || headerOf(got, "x-hub-signature-256") !== hmac(got.body);
      })
      .map((got) => headerOf(got, "x-case"));

  it("reach the app byte for byte, with signatures that still verify", () => {
    const cases = new Set(app.requests.map((got) => headerOf(got, "x-case")));

    expect(bodies.size).toBe(318 + 515 + 256);
    expect(cases.size).toBe(bodies.size);
    expect(app.requests).toHaveLength(bodies.size);
    expect(damagedAtApp(app.requests)).toEqual([]);
  });

  it("are listed, and shown as JSON, byte for byte", async () => {
    const { code, stdout } = await cli(["events", "list", "--limit", "0", "--json"]);

    const events = JSON.parse(stdout) as StoredEvent[];
    const damaged = events.filter((event) => {
      const sent = bodies.get(caseOf(event.headers)) ?? Buffer.from("unknown case");
      return event.bodySha256 !== sha256(sent) || !bodyOf(event).equals(sent) || event.signature.status !== "valid";
    });
    expect(code).toBe(0);
    expect(events).toHaveLength(bodies.size);
    expect(damaged).toEqual([]);
  });

  it("are shown, each by itself, in text, as JSON and as bytes", async () => {
    const listed = JSON.parse((await cli(["events", "list", "--limit", "0", "--json"])).stdout) as StoredEvent[];
    const damaged: string[] = [];
    for (const { seq, headers } of listed) {
      const name = caseOf(headers);
      const sent = bodies.get(name) ?? Buffer.from("unknown case");
      const exact = await cli(["events", "show", String(seq), "--body"]);
      if (exact.code !== 0 || !exact.stdoutBytes.equals(sent)) damaged.push(`${name} --body`);
      if (seq % 5 !== 0) continue;
      const json = await cli(["events", "show", String(seq), "--json"]);
      if (json.code !== 0 || !bodyOf(JSON.parse(json.stdout) as StoredEvent).equals(sent))
        damaged.push(`${name} --json`);
      const text = await cli(["events", "show", String(seq)]);
      if (text.code !== 0 || text.stderr !== "") damaged.push(`${name}: ${text.stderr}`);
    }

    expect(damaged).toEqual([]);
  });

  it("reach the app again by one replay, byte for byte, in the order of capture, with signatures that verify", async () => {
    const before = app.requests.length;
    const { code, stderr } = await runProgram(["replay", `1..${bodies.size}`, "--yes"], { sandbox, limitMs: 120_000 });

    const replayed = app.requests.slice(before);
    const listed = JSON.parse(
      (await cli(["events", "list", `1..${bodies.size}`, "--reverse", "--json"])).stdout,
    ) as StoredEvent[];
    const all = bodies.size.toLocaleString("en");
    expect(stderr).toContain(`${all} replayed, ${all} accepted, 0 not`);
    expect(code).toBe(0);
    expect(damagedAtApp(replayed)).toEqual([]);
    expect(replayed.map((got) => headerOf(got, "x-case"))).toEqual(listed.map(({ headers }) => caseOf(headers)));
  });

  it.each([
    ["/a%2Fb//c/../d/./e?x=1&x=2&x=%20+&y"],
    ["/?"],
    ["//two//slashes"],
    ["/%E4%BD%A0?q=%zz&a[b]=1&a[b]=2"],
    ["/path;v=1?a=b?c=d#"],
  ])("keep the raw target %s, header order, case and repeats, in capture and replay", async (target) => {
    if (target.endsWith("#")) target = target.slice(0, -1);
    const headers = [
      "b-Header: 1",
      "A-HEADER: x",
      "b-header: 2",
      "X-Empty:",
      "B-hEADER: 3",
      "x-latin: \xe4\xff",
      "Z: a, b",
    ];
    const before = app.requests.length;
    await sendRaw(
      Number(new URL(listen.localUrl).port),
      `PATCH ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers.join("\r\n")}\r\nContent-Length: 2\r\n\r\nhi`,
    );
    const { seq } = (JSON.parse((await cli(["events", "show", "last", "--json"])).stdout) as StoredEvent) ?? { seq: 0 };
    await cli(["replay", String(seq)]);

    const shown = JSON.parse((await cli(["events", "show", String(seq), "--json"])).stdout) as StoredEvent;
    const own = ({ rawHeaders }: { rawHeaders: readonly string[] }) =>
      rawHeaders
        .map((word, index) => (index % 2 === 0 ? `${word}: ${rawHeaders[index + 1] ?? ""}` : ""))
        .filter((line) => /^(?:[abz]|x-(?:empty|latin))/i.test(line))
        .map((line) => line.trimEnd());
    const [captured, replayed] = app.requests.slice(before);
    expect(shown.path).toBe(target);
    expect(own({ rawHeaders: shown.headers.flat() })).toEqual(headers);
    for (const got of [captured, replayed]) {
      expect(got?.method).toBe("PATCH");
      expect(got?.url).toBe(target);
      expect(got === undefined ? [] : own(got)).toEqual(headers);
      expect(got?.body.toString()).toBe("hi");
    }
  });
});

/** Posts every body over a few connections, signed as GitHub does. */
async function postAll(localUrl: string, bodies: ReadonlyMap<string, Buffer>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const post = (name: string, body: Buffer) =>
    new Promise<void>((resolve, reject) => {
      const headers = { "X-Case": name, "X-GitHub-Event": "push", "X-Hub-Signature-256": hmac(body) };
      request(localUrl, { method: "POST", agent, headers: { ...headers, "Content-Length": body.length } }, (answer) => {
        answer.resume().on("end", resolve);
      })
        .on("error", reject)
        .end(body);
    });
  await Promise.all([...bodies].map(([name, body]) => post(name, body)));
  agent.destroy();
}
