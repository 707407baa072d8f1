import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { sign } from "../../src/index.js";
import { createListener, OptionsError, WaitError, type Listener, type ListenerOptions } from "../../src/listener.js";
import { startApp } from "../helpers/http-app.js";
import { sendRaw } from "../helpers/raw-client.js";

let open: Listener[] = [];

async function listener(options?: ListenerOptions): Promise<Listener> {
  const hook = await createListener(options);
  open.push(hook);
  return hook;
}

afterEach(async () => {
  await Promise.all(open.map((hook) => hook.close()));
  open = [];
});

function post(hook: Listener, event: object, init: RequestInit & { path?: string } = {}): Promise<Response> {
  return fetch(hook.url + (init.path ?? "/webhook"), { method: "POST", body: JSON.stringify(event), ...init });
}

describe("what arrives", () => {
  it("is the public event object, with the body at hand", async () => {
    const hook = await listener({ now: () => Date.UTC(2025, 0, 2) });

    await post(hook, { type: "message.created", id: "msg_1" }, { path: "/in?x=1", headers: { "X-Team": "blue" } });

    const [event] = hook.events;
    expect(event).toMatchObject({
      seq: 1,
      receivedAt: "2025-01-02T00:00:00.000Z",
      source: "local",
      method: "POST",
      path: "/in?x=1",
      bodyText: '{"type":"message.created","id":"msg_1"}',
      size: 39,
      remoteIp: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
      eventType: "message.created",
      providerEventId: "msg_1",
      signature: { status: "unchecked", reason: null },
      state: "stored",
    });
    expect(event?.id).toMatch(/^evt_[0-9a-z]{26}$/);
    expect(event?.json()).toEqual({ type: "message.created", id: "msg_1" });
    expect(event?.header("x-team")).toBe("blue");
    expect(Object.keys(JSON.parse(JSON.stringify(event)) as object)).not.toContain("body");
  });

  it("keeps the exact bytes of a body that is no text", async () => {
    const hook = await listener();
    const bytes = Uint8Array.from([0, 255, 254, 13, 10]);

    await fetch(hook.url, { method: "PUT", body: bytes });

    const [event] = hook.events;
    expect(Buffer.from(event?.body ?? [])).toEqual(Buffer.from(bytes));
    expect(event).toMatchObject({ method: "PUT", bodyBase64: Buffer.from(bytes).toString("base64") });
    expect(() => event?.json()).toThrow(SyntaxError);
  });

  it("is there as soon as the sender has its answer, in the order of arrival", async () => {
    const hook = await listener();

    for (const id of ["a", "b", "c"]) {
      await post(hook, { type: "t", id });
      expect(hook.events.at(-1)?.providerEventId).toBe(id);
    }

    expect(hook.events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it("cannot be changed by a test, neither the list nor an event", async () => {
    const hook = await listener();
    await post(hook, { type: "t" });

    (hook.events as unknown[]).length = 0;

    expect(hook.events).toHaveLength(1);
    expect(Object.isFrozen(hook.events[0])).toBe(true);
  });

  it("marks what the provider sent twice", async () => {
    const hook = await listener();

    await post(hook, { type: "t", id: "same" });
    await post(hook, { type: "t", id: "same" });
    await post(hook, { type: "other", id: "same" });

    expect(hook.events.map(({ duplicateOf }) => duplicateOf)).toEqual([null, hook.events[0]?.id, null]);
  });

  it("keeps a body that is too large as refused, and the sender is told", async () => {
    const hook = await listener({ maxBodyBytes: 10 });

    const answer = await post(hook, { type: "far too large" });

    expect(answer.status).toBe(413);
    expect(hook.events).toMatchObject([{ state: "refused", refusal: "body_too_large", bodyComplete: false }]);
  });

  it("keeps a WebSocket upgrade as an event and answers 501", async () => {
    const hook = await listener();
    const socket = new WebSocket(`${hook.url.replace("http", "ws")}/socket`);

    const [message] = await new Promise<[Error]>((resolve) => socket.once("error", (error) => resolve([error])));

    expect(message.message).toContain("501");
    expect(await hook.waitFor({ path: "/socket" })).toMatchObject({ method: "GET", state: "stored" });
  });
});

describe("waitFor", () => {
  it("waits for the event that is meant and lets others pass", async () => {
    const hook = await listener();
    const waiting = hook.waitFor({ type: "message.*", method: "post", path: "/b" });

    await post(hook, { type: "message.created", n: 1 }, { path: "/a" });
    await post(hook, { type: "user.joined", n: 2 }, { path: "/b" });
    await post(hook, { type: "message.created", n: 3 }, { path: "/b?x=1" });

    expect((await waiting).json()).toEqual({ type: "message.created", n: 3 });
  });

  it("finds what arrived before, the oldest first, and gives each event once", async () => {
    const hook = await listener();
    for (const n of [1, 2]) await post(hook, { type: "t", n });

    const first = await hook.waitFor("t");
    const second = await hook.waitFor("t");
    const third = hook.waitFor("t", { timeoutMs: 20 });

    expect([first.seq, second.seq]).toEqual([1, 2]);
    await expect(third).rejects.toThrow(
      /^no event with type t within 20 ms; 2 arrived:\n {2}#1 t {2}POST \/webhook, taken/,
    );
  });

  it("gives one event to one of those who wait, in the order in which they asked", async () => {
    const hook = await listener();
    const both = [hook.waitFor("t"), hook.waitFor({ provider: "stripe" }), hook.waitFor("t")];

    await post(hook, { type: "t", n: 1 });
    await post(hook, { type: "t", n: 2 });
    await post(hook, { type: "x" }, { headers: { "Stripe-Signature": "t=1,v1=00" } });

    expect((await Promise.all(both)).map(({ seq }) => seq)).toEqual([1, 3, 2]);
  });

  it("takes a function, whose error is its own", async () => {
    const hook = await listener();
    await post(hook, { type: "t", n: 1 });

    expect(await hook.waitFor((event) => (event.json() as { n: number }).n === 1)).toMatchObject({ seq: 1 });
    const waiting = expect(
      hook.waitFor(() => {
        throw new Error("mine");
      }),
    ).rejects.toThrow("mine");
    await post(hook, { type: "t", n: 2 });
    await waiting;
    expect(await hook.waitFor("t")).toMatchObject({ seq: 2 });
  });

  it("says that nothing arrived, and which match it was", async () => {
    const hook = await listener();

    await expect(
      hook.waitFor({ type: "a", provider: "stripe", where: () => true }, { timeoutMs: 1 }),
    ).rejects.toMatchObject({
      name: "WaitError",
      message: "no event with type a, provider stripe, a condition of yours within 1 ms; nothing arrived",
    });
    await expect(hook.waitFor({}, { timeoutMs: 1 })).rejects.toThrow(/^no event within 1 ms; nothing arrived$/);
  });

  it("tells of refused events and of requests that could not be read, and makes hostile text safe", async () => {
    const hook = await listener({ provider: "github", secret: "k", requireSignature: true });
    await post(hook, { type: "\u001b[31mred\u202e" });
    await sendRaw(hook.port, "NO HTTP\r\n\r\n");

    const message = await hook.waitFor("red", { timeoutMs: 1 }).catch((error: Error) => error.message);

    expect(message).toBe(
      "no event with type red within 1 ms; 1 arrived; 1 request was not readable:\n" +
        "  #1 \\x1b[31mred\\u{202e}  POST /webhook, refused: missing_header",
    );
  });

  it("names the line of the test that waited", async () => {
    const hook = await listener();

    const error = await hook.waitFor("t", { timeoutMs: 1 }).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(WaitError);
    expect((error as Error).stack?.split("\n")[1]).toContain("listener.test.ts");
  });

  it("ends by a signal, with its reason", async () => {
    const hook = await listener();
    const controller = new AbortController();
    const waiting = hook.waitFor("t", { signal: controller.signal });

    controller.abort(new Error("enough"));

    await expect(waiting).rejects.toThrow("enough");
    await expect(hook.waitFor("t", { signal: controller.signal })).rejects.toThrow("enough");
  });

  it("ends in time though the test has put false timers in place", async () => {
    const hook = await listener();
    vi.useFakeTimers();
    try {
      await expect(hook.waitFor("t", { timeoutMs: 5 })).rejects.toThrow("within 5 ms");
    } finally {
      vi.useRealTimers();
    }
  });

  it("means a refused event only when it is asked for", async () => {
    const hook = await listener({ provider: "github", secret: "k", requireSignature: true });
    await post(hook, { type: "t" });

    await expect(hook.waitFor({}, { timeoutMs: 1 })).rejects.toThrow("refused: missing_header");
    expect(await hook.waitFor({ state: "refused" })).toMatchObject({ refusal: "missing_header" });
  });
});

describe("respond", () => {
  it("answers 200 without a body until told otherwise", async () => {
    const hook = await listener();

    const answer = await post(hook, { type: "t" });

    expect([answer.status, answer.headers.get("content-length"), await answer.text()]).toEqual([200, "0", ""]);
  });

  it("answers with status, headers and body", async () => {
    const hook = await listener();
    hook.respond({ status: 202, headers: { "X-A": ["1", "2"] }, body: "later" });

    const answer = await post(hook, { type: "t" });

    expect([answer.status, answer.headers.get("x-a"), await answer.text()]).toEqual([202, "1, 2", "later"]);
  });

  it("answers with a JSON value", async () => {
    const hook = await listener({ answer: { json: { ok: true } } });

    const answer = await post(hook, { type: "t" });

    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({ ok: true });
  });

  it("answers a number of times, to some events, and then as before", async () => {
    const hook = await listener();
    hook.respond(503, { times: 2, match: "invoice.*" });
    const statusOf = async (type: string) => (await post(hook, { type })).status;

    expect([
      await statusOf("invoice.paid"),
      await statusOf("message.created"),
      await statusOf("invoice.paid"),
      await statusOf("invoice.paid"),
    ]).toEqual([503, 200, 503, 200]);
  });

  it("asks a function for each event, and the latest rule counts", async () => {
    const hook = await listener({ answer: 500 });
    hook.respond(async (event) => ({ status: 200, body: event.eventType ?? "" }));

    expect(await (await post(hook, { type: "a" })).text()).toBe("a");
    hook.respond(204);
    expect((await post(hook, { type: "a" })).status).toBe(204);
  });

  it("refuses answers that HTTP does not have", async () => {
    const hook = await listener();

    expect(() => hook.respond(99)).toThrow("not a status to answer with: 99");
    expect(() => hook.respond({ status: 204, body: "x" })).toThrow("an answer with status 204 has no body");
    expect(() => hook.respond({ headers: { "a b": "c" } })).toThrow('not a header\'s name: "a b"');
    expect(() => hook.respond({ headers: { a: "b\r\nc: d" } })).toThrow("not a header's value");
    expect(() => hook.respond(200, { times: 0 })).toThrow("once or more often");
    await expect(createListener({ answer: 1000 })).rejects.toThrow("not a status to answer with: 1000");
  });

  it("tells the sender when the function throws, and close tells the test", async () => {
    const hook = await createListener();
    hook.respond(() => {
      throw new Error("no such order");
    });

    const answer = await post(hook, { type: "t" });

    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ error: "respond_failed", message: "no such order" });
    await expect(hook.close()).rejects.toThrow("no such order");
  });
});

describe("a condition of respond that throws", () => {
  it("is told like a function that throws, and the event is kept", async () => {
    const hook = await createListener();
    hook.respond(200, { match: (event) => (event.json() as string[]).includes("x") });

    const answer = await post(hook, { type: "t" });

    expect(answer.status).toBe(500);
    expect(hook.events).toHaveLength(1);
    await expect(hook.close()).rejects.toThrow(TypeError);
  });
});

describe("signatures", () => {
  const now = 1_700_000_000_000;
  const body = '{"id":"evt_1","type":"invoice.paid"}';

  it("are checked by the provider's rules", async () => {
    const hook = await listener({ provider: "stripe", secret: ["old", "whsec_test"], now: () => now });
    const { headers } = sign({ provider: "stripe", body, secret: "whsec_test", now });

    await fetch(hook.url, { method: "POST", body, headers: headers as [string, string][] });
    await fetch(hook.url, { method: "POST", body: `${body} `, headers: headers as [string, string][] });

    expect(hook.events.map(({ signature }) => signature)).toEqual([
      { status: "valid", reason: null, provider: "stripe", scheme: "stripe-v1", secretIndex: 1 },
      { status: "invalid", reason: "signature_mismatch", provider: "stripe", scheme: "stripe-v1" },
    ]);
    expect(await hook.waitFor({ signature: "valid" })).toMatchObject({ seq: 1, providerEventId: "evt_1" });
  });

  it("are checked by the provider that the request names, when none is given", async () => {
    const hook = await listener({ secret: "k" });
    const hex = createHmac("sha256", "k").update(body).digest("hex");

    await fetch(hook.url, {
      method: "POST",
      body,
      headers: { "X-Hub-Signature-256": `sha256=${hex}`, "X-GitHub-Event": "push" },
    });
    await fetch(hook.url, { method: "POST", body, headers: { "X-Signature": hex } });
    await fetch(hook.url, { method: "POST", body });

    expect(hook.events.map(({ provider, signature }) => [provider, signature.status])).toEqual([
      ["github", "valid"],
      [expect.toBeOneOf([null, "generic"]), "valid"],
      [null, "unchecked"],
    ]);
  });

  it("that sign the URL fit the one called and the public one", async () => {
    const options = { provider: "twilio", secret: "token", now: () => now, publicUrl: "https://hooks.example.com/" };
    const hook = await listener(options);
    const form = "MessageSid=SM1&Body=hi";
    const send = (url: string) => {
      const headers = [["Content-Type", "application/x-www-form-urlencoded"] as const];
      const signed = sign({ provider: "twilio", body: form, secret: "token", now, url, headers });
      return fetch(`${hook.url}/sms?a=1`, {
        method: "POST",
        body: form,
        headers: [...headers, ...signed.headers] as [string, string][],
      });
    };

    await send("https://hooks.example.com/sms?a=1");
    await send(`${hook.url}/sms?a=1`);
    await send("https://other.example.com/sms?a=1");

    expect(hook.events.map(({ signature }) => signature.status)).toEqual(["valid", "valid", "invalid"]);
  });

  it("that must be there refuse what has none", async () => {
    const hook = await listener({ secret: "k", requireSignature: true });

    const answer = await fetch(hook.url, { method: "POST", body });

    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: "missing_header" });
    expect(hook.events).toMatchObject([{ state: "refused", refusal: "missing_header" }]);
  });

  it("with options that cannot be are refused at the start", async () => {
    await expect(createListener({ provider: "strip" })).rejects.toThrow("unknown provider: strip");
    await expect(createListener({ requireSignature: true })).rejects.toThrow(
      "requireSignature needs a secret or a key",
    );
    await expect(createListener({ secret: "" })).rejects.toThrow("empty");
    await expect(createListener({ provider: "discord", key: "no key" })).rejects.toThrow();
  });
});

describe("a call with a mistake", () => {
  it("is refused for a key that there is not, with the one that was meant", async () => {
    const hook = await listener();
    const anything = (value: unknown): never => value as never;

    await expect(createListener(anything({ secrt: "x" }))).rejects.toThrow(
      "unknown key secrt in the options of createListener: did you mean secret?",
    );
    await expect(hook.waitFor(anything({ typ: "nope" }))).rejects.toThrow(
      "unknown key typ in a match: did you mean type?",
    );
    await expect(hook.waitFor({}, anything({ timeout: 5 }))).rejects.toThrow("did you mean timeoutMs?");
    expect(() => hook.respond(anything({ stats: 503 }))).toThrow(
      "unknown key stats in an answer: did you mean status?",
    );
    expect(() => hook.respond(503, anything({ time: 1 }))).toThrow("did you mean times?");
    expect(() => hook.respond(503, { match: anything({ typ: "nope" }) })).toThrow("did you mean type?");
    await expect(createListener({ answer: anything({ statsu: 500 }) })).rejects.toThrow("did you mean status?");
  });

  it.each([
    [{ type: 5 }, "type in a match must be a string, not 5"],
    [{ where: "x" }, "where in a match must be a function, not a string"],
    [{ signature: "ok" }, "signature in a match must be valid, invalid, unchecked, not_checkable, not a string"],
    [/invoice/, "a match cannot be RegExp"],
    [null, "a match cannot be null"],
  ])("is refused for a match %j", async (match, message) => {
    const hook = await listener();

    await expect(hook.waitFor(match as never)).rejects.toThrow(message);
  });

  it.each([
    [{ secret: 5 }, "secret in the options of createListener must be a string or bytes, or a list, not 5"],
    [{ requireSignature: "yes" }, "requireSignature in the options of createListener must be true or false"],
    [{ answer: "ok" }, "answer in the options of createListener must be a number or an object or a function"],
    ["5000", "the options of createListener cannot be a string"],
  ])("is refused for the options %j", async (options, message) => {
    await expect(createListener(options as never)).rejects.toThrow(message);
  });

  it("is told by an error of the library's own, a TypeError, and a wrong answer of a function by close", async () => {
    const hook = await createListener();
    hook.respond(() => ({ stats: 503 }) as never);

    expect((await post(hook, { type: "t" })).status).toBe(500);
    await expect(hook.close()).rejects.toThrow("unknown key stats in an answer");
    const error: unknown = await createListener({ requireSignature: true }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OptionsError);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toBe(
      "OptionsError: requireSignature needs a secret or a key: pass the one that your test signs with",
    );
  });

  it("is not one for values that are undefined", async () => {
    const hook = await listener({ secret: undefined as never, answer: { status: 201, json: undefined } });
    const answer = await post(hook, { type: "t" });

    expect(answer.status).toBe(201);
    expect(await hook.waitFor({ type: undefined as never })).toMatchObject({ eventType: "t" });
  });
});

describe("forwardTo", () => {
  it("gives the app the same bytes, the sender the app's answer, and the event its attempt", async () => {
    const app = await startApp((_request, response) => void response.writeHead(201, { "X-App": "yes" }).end("made"));
    const hook = await listener({ forwardTo: String(app.port) });

    const answer = await post(hook, { type: "t", id: "1" });

    expect([answer.status, answer.headers.get("x-app"), await answer.text()]).toEqual([201, "yes", "made"]);
    expect(app.requests.map((request) => request.body.toString())).toEqual(['{"type":"t","id":"1"}']);
    expect(await hook.waitFor("t")).toMatchObject({
      state: "delivered",
      attempts: [{ n: 1, status: 201, bodyText: "made" }],
    });
    await app.close();
  });

  it("lets respond answer in the app's place", async () => {
    const app = await startApp();
    const hook = await listener({ forwardTo: `http://127.0.0.1:${app.port}` });
    hook.respond(503, { times: 1 });

    const statuses = [(await post(hook, { type: "t" })).status, (await post(hook, { type: "t" })).status];

    expect(statuses).toEqual([503, 200]);
    expect(app.requests).toHaveLength(1);
    await app.close();
  });

  it("joins a WebSocket with the app, and keeps it once it has closed", async () => {
    const app = await startApp();
    const sockets = new WebSocketServer({ server: app.server });
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
    const hook = await listener({ forwardTo: String(app.port) });
    const socket = new WebSocket(`${hook.url.replace("http", "ws")}/socket`);
    await new Promise((resolve) => socket.once("open", resolve));

    socket.send("hello");
    const echoed = await new Promise((resolve) => socket.once("message", (data: Buffer) => resolve(data.toString())));
    socket.close();

    expect(echoed).toBe("hello");
    expect(await hook.waitFor({ path: "/socket" })).toMatchObject({ state: "delivered", attempts: [{ status: 101 }] });
    sockets.close();
    await app.close();
  });

  it("answers 502 when the app is down, and refuses a target elsewhere", async () => {
    const app = await startApp();
    await app.close();
    const hook = await listener({ forwardTo: `127.0.0.1:${app.port}` });

    const answer = await post(hook, { type: "t" });

    expect(answer.status).toBe(502);
    expect(await hook.waitFor()).toMatchObject({ state: "failed", attempts: [{ status: null, error: "refused" }] });
    await expect(createListener({ forwardTo: "http://192.0.2.1:80" })).rejects.toThrow("is not on this computer");
  });
});

describe("clear", () => {
  it("forgets events, answers and duplicates, and rejects who waits", async () => {
    const hook = await listener();
    hook.respond(503);
    await post(hook, { type: "t", id: "1" });
    const waiting = expect(hook.waitFor("other")).rejects.toThrow("before the listener was cleared");

    hook.clear();

    await waiting;
    expect(hook.events).toEqual([]);
    expect((await post(hook, { type: "t", id: "1" })).status).toBe(200);
    expect(hook.events).toMatchObject([{ seq: 2, duplicateOf: null }]);
  });
});

describe("close", () => {
  it("frees the port, rejects who waits, and may be called twice", async () => {
    const hook = await createListener();
    const waiting = expect(hook.waitFor("t")).rejects.toThrow("before the listener was closed; nothing arrived");

    await Promise.all([hook.close(), hook.close()]);

    await waiting;
    await expect(fetch(hook.url)).rejects.toThrow();
    await expect(hook.waitFor("t")).rejects.toThrow("closed");
    await expect(listener({ port: hook.port })).resolves.toMatchObject({ port: hook.port });
  });

  it("lets an answer under way end", async () => {
    const hook = await createListener();
    let finish = () => {};
    hook.respond(() => new Promise((resolve) => (finish = () => resolve(202))));
    const sent = post(hook, { type: "t" });
    await hook.waitFor("t");

    const closed = hook.close();
    finish();

    expect((await sent).status).toBe(202);
    await closed;
  });

  it("leaves no listener on the process", async () => {
    const before = process.eventNames().map((name) => [name, process.listenerCount(name)]);

    const hook = await createListener();
    await post(hook, { type: "t" });

    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(before);
    await hook.close();
  });

  it("happens at the end of a block with `await using`", async () => {
    let url = "";
    {
      await using hook = await createListener();
      url = hook.url;
      expect((await fetch(url)).status).toBe(200);
    }

    await expect(fetch(url)).rejects.toThrow();
  });

  it("says that a port is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };

    await expect(createListener({ port })).rejects.toThrow(`port ${port} is in use`);
    server.close();
  });
});

describe("as an async iterable", () => {
  it("gives every event that nobody took, until it is closed", async () => {
    const hook = await createListener();
    await post(hook, { type: "taken" });
    await hook.waitFor("taken");
    const seen: (string | null)[] = [];
    const reading = (async () => {
      for await (const event of hook) seen.push(event.eventType);
    })();

    await post(hook, { type: "a" });
    await post(hook, { type: "b" });
    await hook.close();

    await reading;
    expect(seen).toEqual(["a", "b"]);
  });
});
