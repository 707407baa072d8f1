import { createServer as createHttpServer } from "node:http";
import type { AddressInfo, LookupFunction, Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createDeliverer } from "../../src/deliver/create.js";
import type { Deliverer, DelivererOptions, Delivery, DeliveryRequest } from "../../src/deliver/deliverer.js";
import { parseTarget } from "../../src/deliver/target.js";
import { eventRequest, headersOf, openRawApp, RecordedAnswer, type RawApp } from "../helpers/app.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const cleanup: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0).toReversed()) await close();
});

async function rawApp(behave: (socket: Socket, nth: number) => void, host?: string): Promise<RawApp> {
  const app = await openRawApp(behave, host);
  cleanup.push(() => app.close());
  return app;
}

function deliverer(options: Partial<DelivererOptions> = {}): Deliverer {
  const made = createDeliverer({
    timeoutMs: 5_000,
    insecure: false,
    allowRemote: false,
    hostHeader: "target",
    headers: [],
    monotonic: () => performance.now(),
    ...options,
  });
  cleanup.push(() => made.close());
  return made;
}

function deliver(to: Deliverer, target: string | number, delivery: Partial<DeliveryRequest> = {}): Promise<Delivery> {
  return to.deliver({ request: eventRequest(), target: parseTarget(String(target)), forwarded: {}, ...delivery });
}

function connectionsOf(server: RawApp["server"]): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

describe("the request to the app", () => {
  test("keeps order, case, repeats and bytes of headers, but for those of the connection", async () => {
    const app = await rawApp((socket) => void socket.write(OK));
    const request = eventRequest({
      headers: [
        ["HOST", "public.test"],
        ["x-first", "1"],
        ["Connection", "keep-alive, X-Named"],
        ["X-Named", "gone"],
        ["Keep-Alive", "timeout=5"],
        ["TE", "trailers"],
        ["Trailer", "X-T"],
        ["Transfer-Encoding", "chunked"],
        ["Upgrade", "h2c"],
        ["Expect", "100-continue"],
        ["Proxy-Authorization", "secret"],
        ["hookcli-replay-of", "forged"],
        ["X-REPEAT", "a"],
        ["content-type", "text/plain"],
        ["x-repeat", "b"],
        ["X-Latin", "caf\xe9"],
        ["Content-Length", "7"],
        ["X-Empty", ""],
      ],
    });

    await deliver(deliverer(), app.port, { request, headers: [["hookcli-replay-of", "evt_1"]] });

    const headers = headersOf(app.requests[0] ?? "");
    const ours = new Set(["host", "connection", "content-length"]);
    expect(headers.filter(([name]) => !ours.has(name.toLowerCase()))).toEqual([
      ["x-first", "1"],
      ["X-REPEAT", "a"],
      ["content-type", "text/plain"],
      ["x-repeat", "b"],
      ["X-Latin", "caf\xe9"],
      ["X-Empty", ""],
      ["hookcli-replay-of", "evt_1"],
    ]);
    expect(app.requests[0]).toContain(`host: 127.0.0.1:${app.port}`.replace("127.0.0.1", "localhost"));
    expect(app.requests[0]).toMatch(/^POST \/hook\?x=1 HTTP\/1\.1\r\n/);
    expect(app.requests[0]?.endsWith('\r\n\r\n{"a":1}')).toBe(true);
  });

  test("sends every byte value, raw paths and queries as they came", async () => {
    const app = await rawApp((socket) => void socket.write(OK));
    const to = deliverer();
    const paths = ["//a//b", "/%2F%2f/..;/", "/?x=1&x=2", "/?", "/a?b?c", "/\xe9?\xff=\x80", '/{}|"<>^`', "/*"];

    for (const path of paths) await deliver(to, app.port, { request: eventRequest({ path }) });
    for (let byte = 0; byte < 256; byte += 1) {
      await deliver(to, app.port, { request: eventRequest({ body: Uint8Array.of(byte) }) });
    }

    expect(app.requests.slice(0, paths.length).map((text) => text.split(" ")[1])).toEqual(paths);
    const bodies = app.requests.slice(paths.length).map((text) => text.slice(text.indexOf("\r\n\r\n") + 4));
    expect(bodies).toEqual(Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)));
  });

  test("an absent body stays absent, and a length is the body's own", async () => {
    const app = await rawApp((socket) => void socket.write(OK));
    const to = deliverer();
    const empty = new Uint8Array(0);

    await deliver(to, app.port, { request: eventRequest({ method: "GET", body: empty }) });
    await deliver(to, app.port, {
      request: eventRequest({ method: "POST", body: empty, headers: [["Content-Length", "0"]] }),
    });
    await deliver(to, app.port, { request: eventRequest({ method: "GET", headers: [["Content-Length", "99"]] }) });
    await deliver(to, app.port, { request: eventRequest({ method: "DELETE" }) });

    const lengths = app.requests.map((text) =>
      headersOf(text).filter(([name]) => name.toLowerCase() === "content-length"),
    );
    expect(lengths.map((list) => list.map(([, value]) => value))).toEqual([[], ["0"], ["7"], ["7"]]);
  });

  test("-H replaces in place, and X-Forwarded-* carry the public values only", async () => {
    const app = await rawApp((socket) => void socket.write(OK));
    const to = deliverer({
      headers: [
        ["Authorization", "mine"],
        ["x-new", "1"],
      ],
    });
    const request = eventRequest({
      headers: [
        ["x-forwarded-for", "6.6.6.6"],
        ["authorization", "theirs"],
        ["X-Forwarded-Proto", "gopher"],
        ["X-Forwarded-Proto", "file"],
        ["Z", "z"],
        ["AUTHORIZATION", "again"],
      ],
    });

    await deliver(to, app.port, { request, forwarded: { host: "public.test", proto: "https" } });
    await deliver(to, app.port, { request });

    const kept = (text: string | undefined): unknown =>
      headersOf(text ?? "").filter(([name]) => !["host", "connection", "content-length"].includes(name));
    expect(kept(app.requests[0])).toEqual([
      ["Authorization", "mine"],
      ["X-Forwarded-Proto", "https"],
      ["Z", "z"],
      ["X-Forwarded-Host", "public.test"],
      ["x-new", "1"],
    ]);
    expect(kept(app.requests[1])).toContainEqual(["x-forwarded-for", "6.6.6.6"]);
  });

  test.each([
    ["target", (port: number) => `localhost:${port}`],
    ["keep", () => "public.test"],
    ["other.test", () => "other.test"],
  ])("--host-header %s", async (hostHeader, expected) => {
    const app = await rawApp((socket) => void socket.write(OK));

    await deliver(deliverer({ hostHeader }), app.port);

    expect(headersOf(app.requests[0] ?? "").filter(([name]) => name.toLowerCase() === "host")).toEqual([
      ["host", expected(app.port)],
    ]);
  });

  test("refuses to send a header or a path outside the grammar", async () => {
    const app = await rawApp((socket) => void socket.write(OK));
    const to = deliverer();

    const outcomes = [
      await deliver(to, app.port, { request: eventRequest({ headers: [["X", "a\r\nY: b"]] }) }),
      await deliver(to, app.port, { request: eventRequest({ headers: [["X Y", "a"]] }) }),
      await deliver(to, app.port, { request: eventRequest({ path: "/a b" }) }),
      await deliver(to, app.port, { request: eventRequest({ method: "GE T" }) }),
    ];

    expect(outcomes.map(({ error, unanswered }) => [error, unanswered])).toEqual(
      outcomes.map(() => ["bad_request", true]),
    );
    expect(app.requests).toEqual([]);
  });
});

describe("the app's answer", () => {
  test("comes back with reason, header order, case, repeats, bytes and trailers", async () => {
    const app = await rawApp((socket) => {
      socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
      socket.write(
        "HTTP/1.1 207 Odd Reason\r\nSet-Cookie: a\r\nX-b: 1\r\nset-cookie: c\xe9\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\n",
      );
      socket.write(
        "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\x1f\x8b\xff\r\n0\r\nX-T: 1\r\n\r\n".replace(
          "\x8b\xff",
          "zz",
        ),
      );
    });
    const answer = new RecordedAnswer();

    const outcome = await deliver(deliverer(), app.port, { answer });

    expect(answer.steps).toEqual(["information 103 Link: </a>", "head 207 Odd Reason", 'end [["X-T","1"]]']);
    expect(answer.headers).toEqual([
      ["Set-Cookie", "a"],
      ["X-b", "1"],
      ["set-cookie", "c\xc3\xa9"],
      ["Content-Encoding", "gzip"],
    ]);
    expect(answer.text).toBe("\x1fzz");
    expect(outcome).toMatchObject({ status: 207, error: null, unanswered: false, reason: "Odd Reason", answerSize: 3 });
    expect(outcome.headers).toContainEqual(["X-Hop", "1"]);
  });

  test.each([
    ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", 200],
    ["POST", "HTTP/1.1 204 No Content\r\n\r\n", 204],
    ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304],
    ["GET", "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 302],
    ["GET", "HTTP/1.0 200 OK\r\n\r\nuntil the end", 200],
  ])("%s answered with %j is whole, and no redirect is followed", async (method, bytes, status) => {
    const app = await rawApp((socket) => (bytes.includes("1.0") ? void socket.end(bytes) : void socket.write(bytes)));

    const outcome = await deliver(deliverer(), app.port, {
      request: eventRequest({ method, body: new Uint8Array(0) }),
    });

    expect(outcome).toMatchObject({ status, error: null, unanswered: false });
    expect(app.requests).toHaveLength(1);
  });

  test("streams at once, before the answer has ended", async () => {
    let app: Socket | undefined;
    const { port } = await rawApp((socket) => {
      app = socket;
      socket.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata:1\r\n",
      );
    });
    const answer = new RecordedAnswer();

    const outcome = deliver(deliverer(), port, { answer });
    await expect.poll(() => answer.text).toBe("data:1");
    app?.write("6\r\ndata:2\r\n0\r\n\r\n");

    expect(await outcome).toMatchObject({ error: null, answerSize: 12 });
    expect(answer.text).toBe("data:1data:2");
  });

  test("waits for a sender that is slow, and does not call that a time-out", async () => {
    const { port } = await rawApp(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n${"x".repeat(400_000)}`),
    );
    const answer = new RecordedAnswer();
    const waits: (() => void)[] = [];
    let writing = 0;
    answer.congested = true;
    answer.write = async () => {
      writing += 1;
      expect(writing).toBe(1);
      await new Promise<void>((resolve) => waits.push(resolve));
      writing -= 1;
    };

    const outcome = deliver(deliverer({ timeoutMs: 60 }), port, { answer });
    let ended = false;
    void outcome.finally(() => (ended = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(ended).toBe(false);
    await expect.poll(() => (waits.shift()?.(), ended), { interval: 1 }).toBe(true);

    expect(await outcome).toMatchObject({ error: null, answerSize: 400_000 });
  });

  test("keeps the first 64 KiB of a long answer", async () => {
    const { port } = await rawApp(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${"y".repeat(300_000)}`),
    );

    const outcome = await deliver(deliverer(), port);

    expect(outcome.body).toHaveLength(65_536);
    expect(outcome.answerSize).toBe(300_000);
  });
});

describe("apps that misbehave", () => {
  const timeoutMs = 150;
  const head = "HTTP/1.1 200 OK\r\n";
  const every = (socket: Socket, ms: number, bytes: string): void => {
    const timer = setInterval(() => socket.write(bytes), ms);
    socket.once("close", () => clearInterval(timer));
  };
  const behaviours: readonly [name: string, behave: (socket: Socket) => void, error: string, status: number | null][] =
    [
      ["never answers", () => undefined, "timeout", null],
      ["stops inside the head", (socket) => void socket.write("HTTP/1.1 200 O"), "timeout", null],
      ["stops inside the body", (socket) => void socket.write(`${head}Content-Length: 10\r\n\r\nabc`), "timeout", 200],
      ["resets before the head", (socket) => void socket.resetAndDestroy(), "reset", null],
      ["closes before the head", (socket) => void socket.end(), "reset", null],
      ["closes inside the head", (socket) => void socket.end("HTTP/1.1 200 OK\r\nX: "), "reset", null],
      ["closes inside the body", (socket) => void socket.end(`${head}Content-Length: 10\r\n\r\nabc`), "reset", 200],
      [
        "closes inside a chunk",
        (socket) => void socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n9\r\nabc`),
        "reset",
        200,
      ],
      [
        "resets inside the body",
        (socket) => void socket.write(`${head}Content-Length: 10\r\n\r\nabc`, () => socket.resetAndDestroy()),
        "reset",
        200,
      ],
      [
        "sends bad chunks",
        (socket) => void socket.write(`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc`),
        "bad_answer",
        200,
      ],
      ["speaks no HTTP", (socket) => void socket.write("SSH-2.0-OpenSSH_9.2\r\n"), "bad_answer", null],
      [
        "sends two lengths",
        (socket) => void socket.write(`${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`),
        "bad_answer",
        null,
      ],
      [
        "sends a head over 64 KiB",
        (socket) => void socket.write(`${head}X: ${"x".repeat(70_000)}\r\n\r\n`),
        "bad_answer",
        null,
      ],
      [
        "floods with 103",
        (socket) => every(socket, 1, "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n".repeat(10)),
        "bad_answer",
        null,
      ],
      ["drips 103", (socket) => every(socket, 40, "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"), "timeout", null],
      [
        "switches protocols unasked",
        (socket) => void socket.write("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
        "bad_answer",
        null,
      ],
      [
        "continues unasked for ever",
        (socket) => void socket.write("HTTP/1.1 100 Continue\r\n\r\n"),
        "bad_answer",
        null,
      ],
    ];

  test.each(behaviours)(
    "an app that %s ends the attempt with a cause, in time",
    async (_name, behave, error, status) => {
      const app = await rawApp(behave);
      const to = deliverer({ timeoutMs });
      const answers = Array.from({ length: 20 }, () => new RecordedAnswer());

      const outcomes = await Promise.all(answers.map((answer) => deliver(to, app.port, { answer })));

      expect(outcomes.map((outcome) => outcome.error)).toEqual(outcomes.map(() => error));
      expect(outcomes.map((outcome) => outcome.status)).toEqual(outcomes.map(() => status));
      expect(outcomes.every((outcome) => outcome.unanswered === (status === null))).toBe(true);
      expect(Math.max(...outcomes.map(({ durationMs }) => durationMs))).toBeLessThan(timeoutMs + 1_000);
      expect(answers.every((answer) => answer.steps.includes("destroy") === (status !== null))).toBe(true);
      expect(app.requests).toHaveLength(20);
      await to.close();
      await expect.poll(() => connectionsOf(app.server)).toBe(0);
    },
  );

  test("an answer whose sender has gone is read to its end, and counts as what the app answered", async () => {
    let finish = (): void => undefined;
    const { port } = await rawApp((socket) => {
      socket.write(`${head}Content-Length: 4\r\n\r\nab`);
      finish = () => void socket.write("cd");
    });
    const answer = new RecordedAnswer();

    const outcome = deliver(deliverer(), port, { answer });
    await expect.poll(() => answer.text).toBe("ab");
    answer.senderGone = true;
    finish();

    const { status, error, body } = await outcome;
    expect({ status, error, body: Buffer.from(body).toString() }).toEqual({ status: 200, error: null, body: "abcd" });
  });

  test("an endless answer whose sender has gone is read as far as it is kept", async () => {
    const { port, server } = await rawApp((socket) => {
      socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
      every(socket, 1, `400\r\n${"e".repeat(1_024)}\r\n`);
    });
    const answer = new RecordedAnswer();

    const to = deliverer({ timeoutMs: 0 });
    const outcome = deliver(to, port, { answer });
    await expect.poll(() => answer.text.length).toBeGreaterThan(2_000);
    answer.senderGone = true;

    const { status, error, body } = await outcome;
    expect({ status, error, kept: body.length }).toEqual({ status: 200, error: null, kept: 65_536 });
    await to.close();
    await expect.poll(() => connectionsOf(server)).toBe(0);
  });

  test("a silent stream whose sender has gone is listened to for five seconds", async () => {
    const { port, server } = await rawApp(
      (socket) => void socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`),
    );
    const answer = new RecordedAnswer();
    let nowMs = 0;
    let looks = 0;
    const monotonic = () => {
      looks += 1;
      return nowMs;
    };

    const to = deliverer({ timeoutMs: 0, monotonic });
    let settled = false;
    const outcome = deliver(to, port, { answer }).finally(() => (settled = true));
    await expect.poll(() => answer.text).toBe("x");
    answer.senderGone = true;
    const looksFrom = looks;
    await expect.poll(() => looks).toBeGreaterThan(looksFrom + 1);
    nowMs = 4_900;
    const looksBefore = looks;
    await expect.poll(() => looks).toBeGreaterThan(looksBefore + 1);
    expect(settled).toBe(false);
    nowMs = 5_100;

    expect(await outcome).toMatchObject({ status: 200, error: null });
    await to.close();
    await expect.poll(() => connectionsOf(server)).toBe(0);
  });

  test("an answer whose sender has gone counts as what the app answered, though the deliverer is closed meanwhile", async () => {
    const { port } = await rawApp((socket) => void socket.write(`${head}Content-Length: 4\r\n\r\nab`));
    const answer = new RecordedAnswer();

    const to = deliverer();
    const outcome = deliver(to, port, { answer });
    await expect.poll(() => answer.text).toBe("ab");
    answer.senderGone = true;
    await to.close();

    expect(await outcome).toMatchObject({ status: 200, error: null });
  });

  test("an attempt is given up when its signal says so", async () => {
    const { port } = await rawApp(() => undefined);
    const controller = new AbortController();

    const outcome = deliver(deliverer(), port, { signal: controller.signal });
    controller.abort();

    expect(await outcome).toMatchObject({ error: "aborted", unanswered: true });
    expect(await deliver(deliverer(), port, { signal: controller.signal })).toMatchObject({ error: "aborted" });
  });

  test("an answer whose head cannot be passed on is a bad answer, and the sender is still to be answered", async () => {
    const { port } = await rawApp((socket) => void socket.write(OK));
    const answer = new RecordedAnswer();
    answer.writeHead = () => {
      throw new TypeError("invalid character");
    };

    expect(await deliver(deliverer(), port, { answer })).toMatchObject({ error: "bad_answer", unanswered: true });
    expect(answer.steps).toEqual([]);
  });
});

describe("where it connects to", () => {
  test("an app that is down is refused at once", async () => {
    const app = await openRawApp(() => undefined);
    await app.close();

    expect(await deliver(deliverer(), app.port)).toMatchObject({ error: "refused", status: null, unanswered: true });
    expect(await deliver(deliverer(), `127.0.0.1:${app.port}`)).toMatchObject({ error: "refused" });
  });

  test.each(["127.0.0.1", "::1"])("localhost finds an app that listens on %s only", async (host) => {
    const app = await rawApp((socket) => void socket.write(OK), host);

    expect(await deliver(deliverer(), `localhost:${app.port}`)).toMatchObject({ status: 200 });
  });

  test("0.0.0.0 means this machine", async () => {
    const app = await rawApp((socket) => void socket.write(OK));

    expect(await deliver(deliverer(), `0.0.0.0:${app.port}`)).toMatchObject({ status: 200 });
  });

  test.each(["192.0.2.1:80", "[2001:db8::1]:80", "10.0.0.1:80", "169.254.169.254:80", "[::ffff:192.0.2.1]:80"])(
    "%s needs --allow-remote",
    async (target) => {
      expect(await deliver(deliverer(), target)).toMatchObject({ error: "not_allowed", unanswered: true });
    },
  );

  test("a name is judged by the address that is then connected to, each time", async () => {
    const app = await rawApp((socket) => void socket.end(OK));
    const answers = ["127.0.0.1", "192.0.2.1", "127.0.0.1"];
    let asked = 0;
    const lookup: LookupFunction = (_hostname, _options, callback) => {
      callback(null, [{ address: answers[asked++] ?? "", family: 4 }]);
    };
    const to = deliverer({ lookup });

    const outcomes = [];
    for (const _ of answers) outcomes.push(await deliver(to, `rebind.test:${app.port}`));

    expect(outcomes.map(({ status, error }) => error ?? status)).toEqual([200, "not_allowed", 200]);
    expect(asked).toBe(3);
  });

  test("a name that does not resolve says so", async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), []);

    expect(await deliver(deliverer({ lookup }), "nowhere.test:80")).toMatchObject({ error: "dns" });
  });
});

describe("connections that are reused", () => {
  test("deliveries one after another need no more than two connections", async () => {
    const app = await rawApp((socket) => void socket.write(OK));
    const to = deliverer();

    for (let count = 0; count < 50; count += 1) await deliver(to, app.port);

    expect(app.requests).toHaveLength(50);
    expect(app.connections()).toBeLessThanOrEqual(2);
  });

  test("an app that closes idle connections gets every event once", async () => {
    const app = await rawApp((socket) => void socket.write(OK, () => setTimeout(() => socket.destroy(), 5)));
    const to = deliverer();
    const errors: (string | null)[] = [];

    for (let count = 0; count < 60; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, count % 10));
      const { error } = await deliver(to, app.port, { request: eventRequest({ path: `/${count}` }) });
      errors.push(error);
    }

    const paths = app.requests.map((text) => text.split(" ")[1]);
    expect(new Set(paths).size).toBe(paths.length);
    expect(errors.filter((error) => error !== null && error !== "reset")).toEqual([]);
    // What is lost is at most what was on its way in the very moment of closing.
    expect(errors.filter((error) => error === null).length).toBeGreaterThanOrEqual(55);
  });

  test("a reset connection that nothing was written to is not the end of the attempt", async () => {
    const sockets: Socket[] = [];
    const app = await rawApp((socket) => {
      sockets.push(socket);
      socket.write(OK);
    });
    const to = deliverer();
    await deliver(to, app.port);

    for (let count = 0; count < 20; count += 1) {
      sockets.at(-1)?.resetAndDestroy();
      // In the same turn: the deliverer has not seen the reset yet.
      expect(await deliver(to, app.port)).toMatchObject({ error: null, status: 200 });
    }

    expect(app.requests).toHaveLength(21);
  });

  test("an app that reads and then resets is never sent the event again", async () => {
    // Each connection answers once and is reset after its second request was read.
    const app = await rawApp((socket, nth) => (nth === 0 ? void socket.write(OK) : void socket.resetAndDestroy()));
    const to = deliverer();
    const outcomes: Delivery[] = [];

    for (let count = 0; count < 20; count += 1) {
      outcomes.push(await deliver(to, app.port, { request: eventRequest({ path: `/${count}` }) }));
    }

    expect(outcomes.filter(({ error }) => error === "reset").length).toBeGreaterThanOrEqual(5);
    expect(outcomes.every(({ error, unanswered }) => unanswered === (error !== null))).toBe(true);
    expect(app.requests.map((text) => text.split(" ")[1])).toEqual(outcomes.map((_, index) => `/${index}`));
  });
});

test("https needs a trusted certificate, or -k", async () => {
  const { createServer } = await import("node:https");
  const { selfSigned } = await import("../helpers/certificate.js");
  const server = createServer(selfSigned, (incoming, response) => response.end(incoming.headers.host));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.push(async () => {
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
  });
  const target = `https://localhost:${(server.address() as AddressInfo).port}`;

  expect(await deliver(deliverer(), target)).toMatchObject({ error: "tls", unanswered: true });
  const trusting = await deliver(deliverer({ insecure: true, hostHeader: "keep" }), target);

  expect(trusting).toMatchObject({ status: 200, error: null });
  expect(Buffer.from(trusting.body).toString()).toBe("public.test");
});

test("an http target that speaks TLS, and the other way round, end with a cause", async () => {
  const server = createHttpServer((_incoming, response) => response.end("plain"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.push(async () => {
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
  });

  const outcome = await deliver(
    deliverer({ insecure: true }),
    `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );

  expect(outcome).toMatchObject({ error: "tls", unanswered: true });
});
