import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, writeFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { createReceiver } from "../../src/receive/create.js";
import type { ReceiverOptions } from "../../src/receive/receiver.js";
import { openRaw, sendRaw } from "../helpers/raw-client.js";
import { openReceiver, type TestReceiver } from "../helpers/receiver.js";

const open: TestReceiver[] = [];
const run = promisify(execFile);

async function start(options: Partial<ReceiverOptions> = {}): Promise<TestReceiver> {
  const started = await openReceiver(options);
  open.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ receiver }) => receiver.close(0)));
});

const whole = (text: string): boolean => text.endsWith("ok");

describe("what is captured", () => {
  test("keeps method, raw path, header order, case and repeats, and the exact bytes", async () => {
    const { receiver, requests } = await start();
    const body = randomBytes(300);
    const head =
      "PATCH //a/%2F/..//b?x=1&x=2&%zz HTTP/1.1\r\nhOsT: x\r\nX-B: 1\r\nx-a: \xe9\r\nX-B: 2\r\nContent-Length: 300\r\n\r\n";

    await sendRaw(receiver.localPort, Buffer.concat([Buffer.from(head, "latin1"), body]), { done: whole });

    const [request] = requests;
    expect(request).toMatchObject({
      method: "PATCH",
      path: "//a/%2F/..//b?x=1&x=2&%zz",
      source: "local",
      bodyComplete: true,
    });
    expect(request?.headers).toEqual([
      ["hOsT", "x"],
      ["X-B", "1"],
      ["x-a", "\xe9"],
      ["X-B", "2"],
      ["Content-Length", "300"],
    ]);
    expect(Buffer.compare(request?.body ?? body.subarray(1), body)).toBe(0);
    expect(request?.receivedAt).toBe(1_700_000_000_000);
  });

  test("joins chunks and keeps trailers", async () => {
    const { receiver, requests } = await start();
    const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n";

    await sendRaw(receiver.localPort, `${head}3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 7\r\n\r\n`, { done: whole });

    expect(Buffer.from(requests[0]?.body ?? []).toString()).toBe("abcde");
    expect(requests[0]?.trailers).toEqual([["X-Sum", "7"]]);
  });

  test.each([1024 * 1024, 1024 * 1024 + 1, 3_500_000, 4 * 1024 * 1024])("joins %i bytes in chunks", async (size) => {
    const { receiver, requests } = await start({ maxBodyBytes: 4 * 1024 * 1024 });
    const body = randomBytes(size);

    const answer = await fetch(`http://127.0.0.1:${receiver.localPort}/`, {
      method: "POST",
      body: new Blob([body]).stream(),
      duplex: "half",
    } as RequestInit);

    expect(answer.status).toBe(200);
    expect(Buffer.compare(requests[0]?.body ?? new Uint8Array(0), body)).toBe(0);
    expect(requests[0]?.body.buffer.byteLength).toBe(size);
  });

  test("keeps three thousand headers, which node:http would cut by default", async () => {
    const { receiver, requests } = await start();
    const lines = Array.from({ length: 3_000 }, (_, index) => `X-${index}: ${index}\r\n`).join("");

    await sendRaw(receiver.localPort, `GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`, { done: whole });

    expect(requests[0]?.headers).toHaveLength(3_001);
  });

  test("answers on 127.0.0.1 and ::1 with one port, and on the private socket", async () => {
    const { receiver, requests } = await start();
    const get = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

    const v4 = await sendRaw(receiver.localPort, get, { done: whole });
    const v6 = await sendRaw(receiver.localPort, get, { done: whole, host: "::1" });
    const tunnel = await sendRaw(receiver.tunnelPort, get, { done: whole });

    expect([v4.statuses, v6.statuses, tunnel.statuses]).toEqual([[200], [200], [200]]);
    expect(requests.map(({ source, remoteIp }) => [source, remoteIp])).toEqual([
      ["local", "127.0.0.1"],
      ["local", "::1"],
      ["tunnel", null],
    ]);
  });

  test("never captures a body that was cut off", async () => {
    const { receiver, requests, refused } = await start();

    await sendRaw(receiver.localPort, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", { end: true });
    await sendRaw(receiver.localPort, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", {
      end: true,
    });
    await expect.poll(() => refused.length).toBe(2);

    expect(requests).toEqual([]);
    expect(refused.every(({ request }) => request?.bodyComplete !== true)).toBe(true);
  });

  test("takes the absolute form for its path and query", async () => {
    const { receiver, requests } = await start();

    await sendRaw(receiver.localPort, "POST http://other.test/a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", { done: whole });
    await sendRaw(receiver.localPort, "GET HTTP://other.test?b=c HTTP/1.1\r\nHost: x\r\n\r\n", { done: whole });

    expect(requests.map(({ path }) => path)).toEqual(["/a?b=c", "/?b=c"]);
  });
});

describe("what is refused", () => {
  test.each([
    ["two Host headers", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_host"],
    ["no Host header", "GET / HTTP/1.1\r\n\r\n", 400, "bad_host"],
    ["a target that is no path", "GET ftp://x/y HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
    ["* with another method than OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_target"],
    [
      "an unknown transfer coding",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      501,
      "unknown_transfer_coding",
    ],
    ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method_not_allowed"],
    ["what is not HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "malformed_request"],
    ["a lone CR in a header", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400, "malformed_request"],
    ["a head over 64 KiB", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(70_000)}\r\n\r\n`, 431, "head_too_large"],
    ["a URL over 64 KiB", `GET /${"y".repeat(1_000_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, "head_too_large"],
    [
      "an unknown expectation",
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 0\r\n\r\n",
      417,
      "unknown_expectation",
    ],
  ])("refuses %s", async (_name, bytes, status, code) => {
    const { receiver, requests, refused } = await start();

    const answer = await sendRaw(receiver.localPort, bytes, { done: (text) => text.endsWith("}\n") });

    expect(answer.statuses).toEqual([status]);
    expect(JSON.parse(answer.text.split("\r\n\r\n")[1] ?? "")).toMatchObject({ error: code });
    expect(refused).toMatchObject([{ source: "local", status, code }]);
    expect(requests).toEqual([]);
  });

  test("answers OPTIONS * and the tunnel's probe itself, and shows them to nobody", async () => {
    const { receiver, requests } = await start({ probePath: "/probe-7" });
    const done = (text: string): boolean => text.endsWith("\r\n\r\n");

    const options = await sendRaw(receiver.localPort, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", { done });
    const probe = await sendRaw(receiver.tunnelPort, "GET /probe-7 HTTP/1.1\r\nHost: a\r\n\r\n", { done });
    const local = await sendRaw(receiver.localPort, "GET /probe-7 HTTP/1.1\r\nHost: a\r\n\r\n", { done: whole });

    expect([options.statuses, probe.statuses, local.statuses]).toEqual([[204], [204], [200]]);
    expect(requests.map(({ path }) => path)).toEqual(["/probe-7"]);
  });

  test("refuses by the head before it reads the body, and tells the request", async () => {
    const { receiver, requests, refused } = await start({
      onHead: () => ({ status: 403, code: "ip_not_allowed", message: "no" }),
    });

    const answer = await sendRaw(receiver.localPort, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", {
      done: (text) => text.endsWith("}\n"),
    });

    expect(answer.statuses).toEqual([403]);
    expect(refused[0]?.request).toMatchObject({ path: "/x", bodyComplete: false, body: new Uint8Array(0) });
    expect(requests).toEqual([]);
  });

  test("asks for a body with 100 Continue only when the head is let in", async () => {
    const { receiver, requests } = await start({
      onHead: ({ path }) => (path === "/no" ? { status: 403, code: "ip_not_allowed", message: "no" } : undefined),
      maxBodyBytes: 10,
    });
    const head = (path: string, length: number): string =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;

    const socket = await openRaw(receiver.localPort);
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.write(head("/yes", 3));
    await expect.poll(() => text).toContain("100 Continue");
    socket.write("abc");
    await expect.poll(() => text).toContain("200 OK");
    socket.destroy();
    const refused = await sendRaw(receiver.localPort, head("/no", 3));
    const large = await sendRaw(receiver.localPort, head("/yes", 11));

    expect(requests).toHaveLength(1);
    expect([refused.statuses, large.statuses]).toEqual([[403], [413]]);
  });

  test("lets a sender that is still sending 20 MB see the 413", async () => {
    const { receiver, refused, requests } = await start({ maxBodyBytes: 1_000 });
    const body = Buffer.alloc(20 * 1024 * 1024, 7);

    for (const framing of ["length", "chunked"]) {
      const answer = await fetch(`http://127.0.0.1:${receiver.localPort}/`, {
        method: "POST",
        body: framing === "length" ? body : new Blob([body]).stream(),
        ...(framing === "length" ? {} : { duplex: "half" }),
      } as RequestInit);
      expect(answer.status).toBe(413);
    }

    expect(refused.map(({ code }) => code)).toEqual(["body_too_large", "body_too_large"]);
    expect(requests).toEqual([]);
  });

  test("answers 503 with Retry-After when bodies in flight would go over their limit, and recovers", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const { receiver } = await start({
      maxInFlightBytes: 1_000,
      async onRequest(_request, answer) {
        await released;
        answer.send(200, "fine", "fine");
      },
    });
    const post = (length: number): string =>
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`;
    const done = (text: string): boolean => text.endsWith("}\n");

    const first = sendRaw(receiver.localPort, post(600), { done });
    await expect
      .poll(() => sendRaw(receiver.localPort, post(600), { done }).then(({ statuses }) => statuses))
      .toEqual([503]);
    const refused = await sendRaw(receiver.localPort, post(600), { done });
    release();

    expect((await first).statuses).toEqual([200]);
    expect(refused.text).toContain("Retry-After: 1");
    await expect
      .poll(() => sendRaw(receiver.localPort, post(600), { done }).then(({ statuses }) => statuses))
      .toEqual([200]);
  });

  test("a body that could never fit among those in flight is too large", async () => {
    const { receiver } = await start({ maxInFlightBytes: 1_000 });
    const done = (text: string): boolean => text.endsWith("}\n");

    const declared = await sendRaw(receiver.localPort, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", {
      done,
    });
    const chunked = await sendRaw(
      receiver.localPort,
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n${"x".repeat(1_001)}\r\n0\r\n\r\n`,
      { done },
    );

    expect([declared.statuses, chunked.statuses]).toEqual([[413], [413]]);
  });

  test("gives up a head and a body that trickle", async () => {
    const { receiver, requests, refused } = await start({ times: { headMs: 100, sweepMs: 10 } });

    const head = await sendRaw(receiver.localPort, "GET / HTTP/1.1\r\nHost");
    const body = await sendRaw(receiver.localPort, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");

    expect([head.statuses, body.statuses]).toEqual([[408], [408]]);
    expect(refused.map(({ code }) => code)).toEqual(["head_too_slow", "body_too_slow"]);
    expect(requests).toEqual([]);
  });

  test("keeps an idle connection of the tunnel's client for ever, and never answers it 408", async () => {
    const { receiver } = await start({ times: { headMs: 30, sweepMs: 10, idleMs: 30 } });
    const tunnel = await openRaw(receiver.tunnelPort);
    let text = "";
    tunnel.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const local = await openRaw(receiver.localPort);
    // The unused local connection is closed after the head's time; the private one has waited as long by then.
    await new Promise((resolve) => local.once("close", resolve).resume());

    tunnel.write("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => text).toContain("200 OK");
    tunnel.destroy();

    expect(text).not.toContain("408");
  });

  test("a request that cannot be parsed does not disturb the answer before it", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const { receiver, requests, refused } = await start({
      async onRequest(_request, answer) {
        await released;
        answer.send(201, "fine", "fine");
      },
    });

    const answer = sendRaw(receiver.localPort, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nBAD\x01LINE\r\n\r\n");
    await expect.poll(() => refused.length).toBe(1);
    release();

    expect((await answer).statuses).toEqual([201]);
    expect(requests).toHaveLength(1);
  });
});

describe("connections", () => {
  test("answers a thousand pipelined requests in order", async () => {
    const { receiver, requests } = await start({
      onRequest: (request, answer) => Promise.resolve(answer.send(200, request.path.slice(1), "")),
    });
    const bytes = Array.from({ length: 1_000 }, (_, index) => `GET /${index} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");

    const answer = await sendRaw(receiver.localPort, bytes, {
      limitMs: 20_000,
      done: (text) => text.includes('"error":"999"'),
    });

    const order = [...answer.text.matchAll(/"error":"(\d+)"/g)].map((match) => Number(match[1]));
    expect(order).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    expect(requests).toHaveLength(1_000);
  });

  test("tells every pipelined request that its sender has gone", async () => {
    const gone: string[] = [];
    const { receiver, requests } = await start({
      onRequest: (request, answer) => {
        request.gone.addEventListener("abort", () => gone.push(request.path));
        return answer.finished;
      },
    });

    const socket = await openRaw(receiver.localPort);
    socket.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => requests.length).toBe(2);
    socket.end();

    await expect.poll(() => gone.toSorted()).toEqual(["/1", "/2"]);
  });

  test("a handler that fails, or that forgets to answer, is a 500", async () => {
    const { receiver } = await start({
      onRequest: ({ path }) => (path === "/throw" ? Promise.reject(new Error("bug")) : Promise.resolve()),
    });

    const thrown = await sendRaw(receiver.localPort, "GET /throw HTTP/1.1\r\nHost: a\r\n\r\n", {
      done: (text) => text.endsWith("}\n"),
    });
    const silent = await sendRaw(receiver.localPort, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", {
      done: (text) => text.endsWith("}\n"),
    });

    expect([thrown.statuses, silent.statuses]).toEqual([[500], [500]]);
  });

  test("close finishes answers in flight, refuses what comes then, and leaves nothing open", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const { receiver, requests } = await openReceiver({
      async onRequest(_request, answer) {
        await released;
        answer.send(200, "fine", "fine");
      },
    });
    const idle = await openRaw(receiver.localPort);
    const idleClosed = new Promise((resolve) => idle.once("close", resolve).resume());
    const answer = sendRaw(receiver.localPort, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => requests.length).toBe(1);

    const closed = receiver.close(5_000);
    release();
    await closed;

    expect((await answer).text).toContain("Connection: close");
    expect((await answer).statuses).toEqual([200]);
    await idleClosed;
    expect(receiver.servers.map((server) => server.listening)).toEqual(receiver.servers.map(() => false));
    await expect(openRaw(receiver.localPort)).rejects.toThrow("ECONNREFUSED");
  });

  test("close cuts what does not end in time", async () => {
    const { receiver, requests } = await openReceiver({ onRequest: (_request, answer) => answer.finished });
    const answer = sendRaw(receiver.localPort, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => requests.length).toBe(1);

    await receiver.close(20);

    expect((await answer).text).toBe("");
  });

  test("says that a port is in use", async () => {
    const { receiver } = await start();

    const second = openReceiver({ port: receiver.localPort });

    await expect(second).rejects.toMatchObject({ message: `port ${receiver.localPort} is in use`, exitCode: 2 });
    await expect(
      createReceiver({ port: 0, trustedProxies: ["nonsense"] } as unknown as ReceiverOptions),
    ).rejects.toThrow("--trusted-proxy: nonsense is not an address or a range");
  });
});

describe("an Upgrade header that is no WebSocket's", () => {
  test.each([
    ["one packet", 500, []],
    ["three megabytes", 3_000_000, []],
    ["three megabytes after 100 Continue", 3_000_000, ["-H", "Expect: 100-continue"]],
  ])("curl --http2 -d is an ordinary request: %s", async (_name, size, extra) => {
    const folder = await mkdtemp(join(tmpdir(), "hookcli-"));
    const file = join(folder, "body");
    const body = randomBytes(size);
    await writeFile(file, body);
    const { receiver, requests } = await start();

    const url = `http://127.0.0.1:${receiver.localPort}/a?b=c`;
    const { stdout } = await run("curl", [
      "-s",
      "-w",
      "%{http_code}",
      "--http2",
      ...extra,
      "-H",
      "x-CASE: 1",
      "--data-binary",
      `@${file}`,
      url,
    ]);
    await rm(folder, { recursive: true });

    expect(stdout).toBe("ok200");
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: "POST", path: "/a?b=c", bodyComplete: true });
    expect(requests[0]?.headers).toContainEqual(["Upgrade", "h2c"]);
    expect(requests[0]?.headers).toContainEqual(["x-CASE", "1"]);
    expect(Buffer.compare(requests[0]?.body ?? new Uint8Array(0), body)).toBe(0);
  });

  test("a second request on that connection is not lost", async () => {
    const { receiver, requests } = await start();
    const one = "POST /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi";

    const answer = await sendRaw(receiver.localPort, one);

    expect(answer.text).toContain("Connection: close");
    expect(requests.map(({ path }) => path)).toEqual(["/1"]);
  });
});
