import { createHmac } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startApp, type TestApp } from "../helpers/http-app.js";
import {
  createSandbox,
  runProgram,
  startListen,
  type ListenMessage,
  type RunningListen,
  type Sandbox,
} from "../helpers/program.js";

const SECRET = "s3cret";
const BODY = '{"type":"message.created","data":{"id":"msg_1"}}';

let sandbox: Sandbox;
let app: TestApp;
let running: RunningListen[];

beforeEach(async () => {
  sandbox = createSandbox();
  app = await startApp();
  running = [];
});

afterEach(async () => {
  for (const listen of running) await listen.stop("SIGKILL");
  await app.close();
  sandbox.remove();
});

async function listenWith(argv: string[], env: Record<string, string> = {}): Promise<RunningListen> {
  const listen = await startListen([...argv, "--no-tunnel"], { sandbox, env });
  running.push(listen);
  return listen;
}

function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
}

function sign(body: string, secret = SECRET): Record<string, string> {
  return { "x-signature": createHmac("sha256", secret).update(body).digest("hex") };
}

function eventsOf(messages: readonly ListenMessage[]): Record<string, unknown>[] {
  return messages.filter(({ type }) => type === "event").map((message) => message["event"] as Record<string, unknown>);
}

describe("listen delivers", () => {
  it("what arrives to the app, and the app's answer to the sender", async () => {
    app.answer = (_request, response) => void response.writeHead(201, "Made", { "X-App": "yes" }).end("thanks");
    const listen = await listenWith([String(app.port)]);

    const answer = await post(`${listen.localUrl}/hooks?x=1&x=2`, BODY);

    expect([answer.status, answer.statusText, answer.headers.get("x-app"), await answer.text()]).toEqual([
      201,
      "Made",
      "yes",
      "thanks",
    ]);
    expect(app.requests[0]).toMatchObject({ method: "POST", url: "/hooks?x=1&x=2", body: Buffer.from(BODY) });
    await listen.waitForCount("attempt", 1);
    expect(eventsOf(listen.messages)).toMatchObject([
      { seq: 1, source: "local", eventType: "message.created", providerEventId: "msg_1", bodyText: BODY },
    ]);
  });

  it("everything to the target's path when it names one, the query kept", async () => {
    const listen = await listenWith([`${app.port}/webhook`]);

    await post(`${listen.localUrl}/other?a=b`, BODY);

    expect(app.requests[0]?.url).toBe("/webhook?a=b");
  });

  it("only the events of --events; the others are stored and answered 200", async () => {
    const listen = await listenWith([String(app.port), "-e", "message.*,user.joined"]);

    const other = await post(listen.localUrl, '{"type":"invoice.paid"}');
    await post(listen.localUrl, BODY);

    expect(other.status).toBe(200);
    expect(app.requests.map(({ body }) => body.toString())).toEqual([BODY]);
    expect(eventsOf(listen.messages).map(({ eventType, state }) => [eventType, state])).toEqual([
      ["invoice.paid", "stored"],
      ["message.created", "pending"],
    ]);
  });

  it("with headers of --header, and the Host that --host-header says", async () => {
    const listen = await listenWith([String(app.port), "-H", "X-Env: dev", "--host-header", "app.test"]);

    await post(listen.localUrl, BODY);

    const headers = new Headers(chunked(app.requests[0]?.rawHeaders ?? []));
    expect([headers.get("x-env"), headers.get("host")]).toEqual(["dev", "app.test"]);
  });

  it("server-sent events as they come", async () => {
    app.answer = (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: one\n\n");
      app.server.once("next", () => response.end("data: two\n\n"));
    };
    const listen = await listenWith([String(app.port)]);

    const answer = await fetch(`${listen.localUrl}/stream`);
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    app.server.emit("next");
    const second = await reader?.read();

    expect(
      [first, second].map((part) => Buffer.from((part?.value ?? new Uint8Array()) as Uint8Array).toString()),
    ).toEqual(["data: one\n\n", "data: two\n\n"]);
  });

  it.each([
    ["HEAD", 200],
    ["GET", 204],
    ["GET", 304],
  ])("%s answered %i without a body", async (method, status) => {
    app.answer = (_request, response) =>
      void response.writeHead(status, status === 200 ? { "content-length": "12" } : {}).end();
    const listen = await listenWith([String(app.port)]);

    const answer = await fetch(listen.localUrl, { method });

    expect([answer.status, await answer.text()]).toEqual([status, ""]);
    if (method === "HEAD") expect(answer.headers.get("content-length")).toBe("12");
  });

  it("a body that waits for 100 Continue", async () => {
    const listen = await listenWith([String(app.port)]);
    const request = httpRequest(listen.localUrl, {
      method: "POST",
      headers: { Expect: "100-continue", "Content-Length": "5" },
    });
    request.flushHeaders();

    await once(request, "continue");
    request.end("hello");
    const [response] = (await once(request, "response")) as [{ statusCode: number; resume(): void }];
    response.resume();

    expect(response.statusCode).toBe(200);
    expect(app.requests[0]?.body.toString()).toBe("hello");
  });

  it("a WebSocket both ways", async () => {
    const sockets = new WebSocketServer({ server: app.server });
    sockets.on("connection", (socket) =>
      socket.on("message", (data: Buffer) => socket.send(`echo ${data.toString()}`)),
    );
    const listen = await listenWith([String(app.port)]);
    const client = new WebSocket(`${listen.localUrl.replace("http", "ws")}/socket`);

    await once(client, "open");
    client.send("hello");
    const [message] = (await once(client, "message")) as [Buffer];
    client.close();
    await once(client, "close");

    await listen.waitForCount("attempt", 1);
    const { stdout } = await runProgram(["events", "list", "--json"], { sandbox });
    expect(message.toString()).toBe("echo hello");
    expect(JSON.parse(stdout)).toMatchObject([{ state: "delivered", attempts: [{ status: 101, error: null }] }]);
    sockets.close();
  });
});

describe("send through a listener with a public URL", () => {
  it("signs and calls the public URL, as the provider would", async () => {
    const env = { SQUARE_WEBHOOK_SECRET: SECRET };
    const listen = await listenWith([`${app.port}/hook`, "--public-url", "https://hooks.example.com"], env);

    const sent = await runProgram(["send", "square/payment.created"], { sandbox, env });

    expect([sent.code, sent.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    const [request] = app.requests;
    const headers = new Headers(chunked(request?.rawHeaders ?? []));
    const expected = createHmac("sha256", SECRET)
      .update("https://hooks.example.com/")
      .update(request?.body ?? "")
      .digest("base64");
    expect(headers.get("x-square-hmacsha256-signature")).toBe(expected);
    expect([headers.get("x-forwarded-host"), headers.get("x-forwarded-proto")]).toEqual(["hooks.example.com", "https"]);
    expect(eventsOf(listen.messages)).toMatchObject([{ signature: { status: "valid", provider: "square" } }]);
  });
});

describe("listen, when the app", () => {
  it("is down, answers 502 at once and keeps the event with its cause", async () => {
    const { port } = app;
    await app.close();
    const listen = await listenWith([String(port)]);

    const answer = await post(listen.localUrl, BODY);

    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ error: "refused" });
    const [attempt] = await listen.waitForCount("attempt", 1);
    expect(attempt).toMatchObject({ attempt: { status: null, error: "refused" } });
  });

  it("is too slow, answers 504 in time", async () => {
    app.answer = () => {};
    const listen = await listenWith([String(app.port), "--timeout", "300ms"]);

    const answer = await post(listen.localUrl, BODY);

    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ error: "timeout" });
  });

  it("resets the connection, answers 502", async () => {
    app.answer = (request) => void request.socket.destroy();
    const listen = await listenWith([String(app.port)]);

    const answer = await post(listen.localUrl, BODY);

    expect(answer.status).toBe(502);
    expect(app.requests).toHaveLength(1);
  });
});

describe("listen without a target", () => {
  it("answers 200, or what --respond and --respond-body say", async () => {
    writeFileSync(join(sandbox.folder, "answer.json"), '{"ok":true}');
    const plain = await listenWith([]);
    const own = await listenWith(["--respond", "202", "--respond-body", "answer.json"]);

    const first = await post(plain.localUrl, BODY);
    const second = await post(own.localUrl, BODY);

    expect([first.status, await first.text()]).toEqual([200, ""]);
    expect([second.status, second.headers.get("content-type"), await second.text()]).toEqual([
      202,
      "application/json",
      '{"ok":true}',
    ]);
  });
});

describe("listen lets in", () => {
  it("only the addresses of --allow-ip", async () => {
    const closed = await listenWith([String(app.port), "--allow-ip", "203.0.113.0/24"]);
    const open = await listenWith([String(app.port), "--allow-ip", "127.0.0.0/8", "--allow-ip", "::1/128"]);

    expect((await post(closed.localUrl, BODY)).status).toBe(403);
    expect((await post(open.localUrl, BODY)).status).toBe(200);
    expect(app.requests).toHaveLength(1);
  });

  it("X-Forwarded-For from a trusted proxy only", async () => {
    const listen = await listenWith([
      String(app.port),
      "--allow-ip",
      "203.0.113.7",
      "--trusted-proxy",
      "127.0.0.0/8",
      "--trusted-proxy",
      "::1",
    ]);

    expect((await post(listen.localUrl, BODY, { "x-forwarded-for": "203.0.113.7" })).status).toBe(200);
    expect((await post(listen.localUrl, BODY, { "x-forwarded-for": "203.0.113.7, 198.51.100.1" })).status).toBe(403);
  });

  it("only the types of --allow-type", async () => {
    const listen = await listenWith([String(app.port), "--allow-type", "message.*"]);

    const refused = await post(listen.localUrl, '{"type":"user.left"}');

    expect([refused.status, await refused.json()]).toMatchObject([400, { message: "unknown event type" }]);
    expect((await post(listen.localUrl, BODY)).status).toBe(200);
  });

  it("only bodies with the fields of --require", async () => {
    const listen = await listenWith([String(app.port), "--require", "type,data"]);

    const refused = await post(listen.localUrl, '{"type":"x"}');

    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { message: "invalid payload: data is missing" },
    ]);
    expect((await post(listen.localUrl, BODY)).status).toBe(200);
  });

  it.each(["schema.json", "@schema.json"])(
    "only bodies that fit --validate %s, and names the failing path",
    async (schema) => {
      writeFileSync(
        join(sandbox.folder, "schema.json"),
        JSON.stringify({
          type: "object",
          properties: { data: { type: "object", required: ["id"], properties: { id: { type: "string" } } } },
        }),
      );
      const listen = await listenWith([String(app.port), "--validate", schema]);

      const refused = await post(listen.localUrl, '{"data":{"id":7}}');

      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { message: "invalid payload: /data/id must be string" },
      ]);
      expect((await post(listen.localUrl, BODY)).status).toBe(200);
    },
  );

  it("only what is signed, with --require-signature, and says why not", async () => {
    const listen = await listenWith([String(app.port), "--require-signature"], { HOOKCLI_SECRET: SECRET });

    const unsigned = await post(listen.localUrl, BODY);
    const wrong = await post(listen.localUrl, BODY, sign(BODY, "other"));
    const right = await post(listen.localUrl, BODY, sign(BODY));

    expect([unsigned.status, await unsigned.json()]).toMatchObject([401, { error: "missing_header" }]);
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: "signature_mismatch" }]);
    expect(right.status).toBe(200);
    await listen.waitForCount("event", 3);
    expect(
      eventsOf(listen.messages).map(({ state, signature }) => [state, (signature as { status: string }).status]),
    ).toEqual([
      ["refused", "invalid"],
      ["refused", "invalid"],
      ["pending", "valid"],
    ]);
  });

  it("an unsigned event without --require-signature, and only shows it", async () => {
    const listen = await listenWith([String(app.port)], { HOOKCLI_SECRET: SECRET });

    expect((await post(listen.localUrl, BODY, sign(BODY, "other"))).status).toBe(200);
    expect(eventsOf(listen.messages)[0]).toMatchObject({
      signature: { status: "invalid", reason: "signature_mismatch" },
    });
  });

  it("no WebSocket that a gate refuses, and keeps what it refused", async () => {
    const listen = await listenWith([String(app.port), "--allow-type", "message.*"]);
    const client = new WebSocket(`${listen.localUrl.replace("http", "ws")}/socket`);

    const [error] = (await once(client, "error")) as [Error];
    await listen.waitForCount("event", 1);

    expect(error.message).toContain("400");
    expect(eventsOf(listen.messages)).toMatchObject([
      { state: "refused", refusal: "unknown_event_type", method: "GET" },
    ]);
  });

  it("no body over --max-body", async () => {
    const listen = await listenWith([String(app.port), "--max-body", "1kb"]);

    expect((await post(listen.localUrl, "x".repeat(1025))).status).toBe(413);
    expect((await post(listen.localUrl, "x".repeat(1024))).status).toBe(200);
  });
});

describe("listen ends", () => {
  it("with the end of an open WebSocket stored, though the app does not close its side", async () => {
    app.server.on("upgrade", (_request, socket: Socket) => {
      socket.on("error", () => {}).resume();
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    });
    const listen = await listenWith([String(app.port)]);
    const client = connect({ host: "127.0.0.1", port: Number(new URL(listen.localUrl).port) });
    client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await once(client, "data");

    const ended = await listen.stop("SIGINT");

    const { stdout } = await runProgram(["events", "list", "--json"], { sandbox });
    expect([ended.code, ended.stderr]).toEqual([130, expect.not.stringContaining("warning")]);
    expect(JSON.parse(stdout)).toMatchObject([{ state: "delivered", attempts: [{ status: 101 }] }]);
    client.destroy();
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("on %s with %i, after the answer on its way", async (signal, code) => {
    app.answer = (_request, response) => {
      running[0]?.child.kill(signal);
      setTimeout(() => response.end("late"), 300);
    };
    const listen = await listenWith([String(app.port)]);

    const answer = await post(listen.localUrl, BODY);

    expect(await answer.text()).toBe("late");
    expect((await listen.ended()).code).toBe(code);
    expect(listen.messages.at(-1)).toMatchObject({ type: "done", reason: signal, events: 1, exitCode: code });
    const shown = await runProgram(["events", "show", "1", "--json"], { sandbox });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      state: "delivered",
      attempts: [{ status: 200, bodyText: "late" }],
    });
  });

  it("with 2 and a hint when the port is taken", async () => {
    const result = await runProgram(["listen", "--no-tunnel", "--port", String(app.port)], { sandbox });

    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(new RegExp(`^hookcli: error: port ${app.port} is in use`));
  });

  it("with 2 when the target is not on this computer and --allow-remote was not given", async () => {
    const result = await runProgram(["listen", "http://192.0.2.1:80", "--no-tunnel"], { sandbox });

    expect(result.code).toBe(2);
    expect(result.stderr).toContain("--allow-remote");
  });

  it("with 2 when the config file is wrong, naming file, line and key", async () => {
    writeFileSync(join(sandbox.folder, "hookcli.config.json"), '{\n  // the app\n  "target": 5000\n}');

    const result = await runProgram(["listen", "--no-tunnel"], { sandbox });

    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(
      /^hookcli: error: .*hookcli\.config\.json:3: target: expected a target .*found 5000\n/,
    );
  });

  it("with 2 when the target is its own port", async () => {
    const port = await freePort();

    const result = await runProgram(["listen", String(port), "--no-tunnel", "--port", String(port)], { sandbox });

    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`hookcli: error: the target http://localhost:${port} is hookcli's own port`);
  });

  it("with 2 when --require-signature has no secret to check with", async () => {
    const result = await runProgram(["listen", "--no-tunnel", "--require-signature"], { sandbox });

    expect(result.code).toBe(2);
    expect(result.stderr).toContain("HOOKCLI_SECRET");
  });

  it("with 2 when the secret does not fit the provider, without saying what it is", async () => {
    const { code, stderr } = await runProgram(
      ["listen", "--no-tunnel", "--provider", "svix", "--secret", "env:BAD_SECRET"],
      { sandbox, env: { BAD_SECRET: "whsec_!!not-base64!!" } },
    );

    expect(code).toBe(2);
    expect(stderr).toContain("the secret of env:BAD_SECRET does not fit svix");
    expect(stderr).not.toContain("not-base64");
  });

  it("with 5 when the store is no store, and leaves the file as it is", async () => {
    writeFileSync(join(sandbox.folder, "events.db"), "not a database, but somebody's notes");

    const result = await runProgram(["listen", "--no-tunnel"], { sandbox });

    expect(result.code).toBe(5);
    expect(result.stderr).toContain("hookcli: error:");
  });
});

async function freePort(): Promise<number> {
  const other = await startApp();
  await other.close();
  return other.port;
}

function chunked(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? "", raw[index * 2 + 1] ?? ""]);
}
