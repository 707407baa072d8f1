import { generateKeyPairSync, verify } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.js";
import { runCli, type RunOptions } from "../helpers/run.js";
import { hmac, openTestApp, type SeenRequest, type TestApp } from "../helpers/verifying-app.js";

const SECRET = "canary-secret-4711";
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

let app: TestApp;
let cwd = "";

beforeEach(async () => {
  app = await openTestApp();
  cwd = mkdtempSync(join(tmpdir(), "hookcli-send-"));
});
afterEach(async () => {
  await app.close();
  rmSync(cwd, { recursive: true });
});

function run(argv: readonly string[], options: RunOptions = {}) {
  const env = { HOOKCLI_SECRET: SECRET, HOOKCLI_DB: join(cwd, "events.db"), ...options.env };
  return runCli(argv, { cwd, now: NOW, ...options, env });
}

const send = (argv: readonly string[], options: RunOptions = {}) =>
  run(["send", ...argv, "--to", `${app.port}/webhook`], options);

function only(): SeenRequest {
  expect(app.seen).toHaveLength(1);
  return app.seen[0] as SeenRequest;
}

/** An app that checks the generic signature, as an app of a user would. */
function checkGeneric(): void {
  app.answer = ({ body, header }) => ({
    status: header("x-signature") === hmac(SECRET, [body]) ? 200 : 401,
    body: "checked",
  });
}

async function stored() {
  const store = await openStore({ path: join(cwd, "events.db"), context: { now: () => NOW }, readOnly: true });
  try {
    return [...store.select({ names: [] }, { bodies: true })];
  } finally {
    await store.close();
  }
}

describe("send", () => {
  it("sends a fixture, filled in and signed, and shows the answer", async () => {
    const { code, stdout, stderr } = await send(["message.created"]);

    const { method, path, header, body } = only();
    expect([method, path, header("content-type")]).toEqual(["POST", "/webhook", "application/json"]);
    const event = JSON.parse(body.toString()) as { type: string; timestamp: string; data: { id: string } };
    expect(event).toMatchObject({ type: "message.created", timestamp: "2026-01-02T03:04:05.000Z" });
    expect(event.data.id).toMatch(/^msg_[0-9a-f]{12}$/);
    expect(header("x-signature")).toBe(hmac(SECRET, [body]));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^200 OK {2}\d+ ms\nok\n$/);
    expect(stderr).toContain("generic/message.created");
  });

  it("keeps the event with its attempt, as source send", async () => {
    await send(["message.created"]);

    const [event] = await stored();
    expect(event).toMatchObject({
      source: "send",
      provider: "generic",
      eventType: "message.created",
      state: "delivered",
      path: "/webhook",
      signature: { status: "valid" },
    });
    expect(event?.attempts).toMatchObject([{ n: 1, status: 200, target: `http://localhost:${app.port}/webhook` }]);
    expect(Buffer.from(event?.body ?? []).equals(only().body)).toBe(true);
  });

  it("goes on when the store cannot be opened, with a warning", async () => {
    writeFileSync(join(cwd, "broken.db"), "this is no database, and it is long enough to be read as one. ".repeat(100));

    const { code, stderr } = await send(["message.created"], { env: { HOOKCLI_DB: join(cwd, "broken.db") } });

    expect(only().path).toBe("/webhook");
    expect(code).toBe(0);
    expect(stderr).toContain("warning: the store cannot be opened");
  });

  it("refuses to send unsigned without being told to", async () => {
    const { code, stderr } = await runCli(["send", "message.created", "--to", String(app.port)], { cwd });

    expect(code).toBe(2);
    expect(stderr).toContain("no secret is known for generic");
    expect(stderr).toContain("set HOOKCLI_SECRET");
    expect(stderr).toContain("--unsigned");
    expect(app.seen).toHaveLength(0);
  });

  it("says where it could send to when it knows no target", async () => {
    const { code, stderr } = await run(["send", "message.created"]);

    expect(code).toBe(2);
    expect(stderr).toContain("nowhere to send to");
    expect(stderr).toContain("--to 5000/webhook");
  });

  it("takes the configured target", async () => {
    const { code } = await run(["send", "message.created"], {
      env: { HOOKCLI_TARGET: `localhost:${app.port}/configured` },
    });

    expect(code).toBe(0);
    expect(only().path).toBe("/configured");
  });

  it("prefers a fixture of one's own", async () => {
    mkdirSync(join(cwd, "fixtures", "stripe"), { recursive: true });
    writeFileSync(join(cwd, "fixtures", "stripe", "my.event.json"), '{"n": 1.0, "at": "{{unix}}"}\n');

    await send(["my.event"]);

    const { body, header } = only();
    expect(body.toString()).toBe(`{"n": 1.0, "at": ${NOW / 1000}}`);
    expect(header("stripe-signature")).toBe(`t=${NOW / 1000},v1=${hmac(SECRET, [`${NOW / 1000}.`, body])}`);
  });

  it.each([
    [["no.such.event"], "there is no fixture no.such.event"],
    [["../x"], "is not a fixture's name"],
    [["./missing.json"], "no such file"],
    [["ping"], "ping is ambiguous: discord/ping, github/ping"],
    [["message.created", "--provider", "strpe"], "unknown provider"],
    [["message.created", "--data", "{}"], "exclude each other"],
    [[], "nothing to send"],
    [
      ["message.created", "--forward-to", "5001"],
      "'-f, --forward-to <target>' cannot be used with option '--to <target>'",
    ],
    [["message.created", "--stale", "10m"], "signs no time"],
    [["message.created", "--tamper", "timestamp"], "signs no time"],
    [["gitlab/push", "--tamper", "body"], "does not sign the body"],
    [["message.created", "--unsigned", "--tamper", "body"], "leaves nothing to tamper with"],
    [["message.created", "--set", "__proto__.x=1"], "is not allowed"],
    [["message.created", "--scheme", "nonsense"], "has no scheme nonsense"],
  ])("refuses %j with exit code 2", async (argv, message) => {
    const { code, stderr, stdout } = await send(argv);

    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
    expect(app.seen).toHaveLength(0);
  });

  it.each(["body.xml", "./body.xml", "ping"])("says how a file that is no fixture goes out: %s", async (name) => {
    writeFileSync(join(cwd, name), "<a/>");

    const { code, stderr } = await send([name]);
    await send(["--data", `@${name}`]);

    expect([code, stderr]).toEqual([2, expect.stringContaining(`as it is: hookcli send --data @${name}`)]);
    expect(only().body.toString()).toBe("<a/>");
  });
});

describe("send: the body", () => {
  it.each(["patch.json", "@patch.json"])(
    "applies --merge %s, --set and --unset, and changes no other byte",
    async (patch) => {
      writeFileSync(
        join(cwd, "plain.json"),
        '{ "a" :1.0,"big":12345678901234567890,\n "data":{"id":"x","gone":true} }\n',
      );
      writeFileSync(join(cwd, "patch.json"), '{"data":{"more":[1.50]}}');

      await send(["./plain.json", "--merge", patch, "--set", "data.id=msg_9", "--unset", "data.gone"]);

      expect(only().body.toString()).toBe(
        '{ "a" :1.0,"big":12345678901234567890,\n "data":{"id":"msg_9","more":[1.50]} }',
      );
    },
  );

  it("sends --data as it is, placeholders and all", async () => {
    const data = '{"type":"x","text":"{{now}} {{nonsense}}"} \n';

    await send(["--data", data]);

    expect(only().body.toString()).toBe(data);
  });

  it("reads --data from standard input, byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);

    await send(["--data", "-", "--content-type", "application/octet-stream"], { stdin: bytes });

    const { body, header } = only();
    expect(body.equals(bytes)).toBe(true);
    expect(header("content-type")).toBe("application/octet-stream");
    expect(header("x-signature")).toBe(hmac(SECRET, [body]));
  });

  it("signs --data as a provider does, with the type in its header", async () => {
    await send(["--data", '{"action":"opened"}', "--provider", "github", "--type", "issues.opened"]);

    const { body, header } = only();
    expect(header("x-hub-signature-256")).toBe(`sha256=${hmac(SECRET, [body])}`);
    expect(header("x-github-event")).toBe("issues");
    expect(header("x-github-delivery")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
  });

  it("sends forms where the provider does, and signs the form", async () => {
    await send(["slack/slash_command", "--set", "text=Grüße & more"]);

    const { body, header } = only();
    expect(header("content-type")).toBe("application/x-www-form-urlencoded");
    expect(new URLSearchParams(body.toString()).get("text")).toBe("Grüße & more");
    expect(header("x-slack-signature")).toBe(`v0=${hmac(SECRET, [`v0:${NOW / 1000}:`, body])}`);
  });

  it("makes GitHub's form with its one field when asked for a form", async () => {
    await send(["github/ping", "--content-type", "application/x-www-form-urlencoded"]);

    const { body, header } = only();
    const payload = new URLSearchParams(body.toString()).get("payload") ?? "";
    expect(JSON.parse(payload)).toMatchObject({ zen: "Design for failure." });
    expect(header("x-hub-signature-256")).toBe(`sha256=${hmac(SECRET, [body])}`);
  });

  it("keeps SendGrid's CRLF at the end", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    writeFileSync(join(cwd, "key.pem"), privateKey.export({ format: "pem", type: "pkcs8" }));

    await send(["sendgrid/delivered", "--key", "@key.pem"]);

    const { body } = only();
    expect(body.toString()).toMatch(/^\[\{.*\},\r\n\{.*\}\]\r\n$/);
  });

  it("lets the body be edited, and takes off the newline that the editor adds", async () => {
    writeFileSync(
      join(cwd, "editor.mjs"),
      `import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
const path = process.argv.at(-1);
writeFileSync(path, readFileSync(path, "utf8").replace("Hello", "Edited") + "\\n");`,
    );
    const EDITOR = `"${process.execPath}" '${join(cwd, "editor.mjs")}'`;

    await send(["message.created", "--edit"], { env: { EDITOR, PATH: process.env["PATH"] ?? "" } });

    const { body, header } = only();
    expect(body.toString()).toMatch(/"Edited from hookcli"[^]*\}$/);
    expect(header("x-signature")).toBe(hmac(SECRET, [body]));
  });

  it("puts -H in place of what it would send", async () => {
    await send([
      "message.created",
      "-H",
      "X-Signature: mine",
      "-H",
      "X-More: a",
      "-H",
      "Host: app.test",
      "--method",
      "put",
    ]);

    const { method, header } = only();
    expect([method, header("x-signature"), header("x-more"), header("host")]).toEqual(["PUT", "mine", "a", "app.test"]);
  });
});

describe("send: signatures, checked by hand", () => {
  it("signs with an Ed25519 key", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(join(cwd, "key.pem"), privateKey.export({ format: "pem", type: "pkcs8" }));

    await send(["discord/application_command", "--key", "@key.pem"]);

    const { body, header } = only();
    const signed = Buffer.concat([Buffer.from(header("x-signature-timestamp") ?? ""), body]);
    expect(verify(null, signed, publicKey, Buffer.from(header("x-signature-ed25519") ?? "", "hex"))).toBe(true);
  });

  it("refuses to sign with a public key", async () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(join(cwd, "key.pem"), publicKey.export({ format: "pem", type: "spki" }));

    const { code, stderr } = await send(["discord/ping", "--key", "@key.pem"]);

    expect(code).toBe(2);
    expect(stderr).toContain("public");
  });

  it("signs the URL that it sends to, and the hash of a JSON body in its query", async () => {
    await send(["twilio/com.twilio.messaging.message.delivered"]);

    const { path, header } = only();
    expect(path).toMatch(/^\/webhook\?bodySHA256=[0-9a-f]{64}$/);
    const url = `http://localhost:${app.port}${path}`;
    expect(header("x-twilio-signature")).toBe(hmac(SECRET, [url], "base64", "sha1"));
  });

  it("signs another URL when told the public one", async () => {
    await send(["square/payment.created", "--url", "https://public.test/square"]);

    const { path, header, body } = only();
    expect(path).toBe("/webhook");
    expect(header("x-square-hmacsha256-signature")).toBe(hmac(SECRET, ["https://public.test/square", body], "base64"));
  });

  it("signs exactly the timestamp it is given", async () => {
    await send(["stripe/invoice.paid", "--timestamp", "12345"]);

    const { body, header } = only();
    expect(header("stripe-signature")).toBe(`t=12345,v1=${hmac(SECRET, ["12345.", body])}`);
  });

  it("uses the scheme that was asked for", async () => {
    await send(["github/ping", "--scheme", "sha1"]);

    const { body, header } = only();
    expect(header("x-hub-signature")).toBe(`sha1=${hmac(SECRET, [body], "hex", "sha1")}`);
    expect(header("x-hub-signature-256")).toBeUndefined();
  });
});

describe("send: trouble on purpose", () => {
  it.each([["--tamper", "body"], ["--tamper", "signature"], ["--tamper", "secret"], ["--unsigned"]])(
    "is content when the app refuses %s %s",
    async (...trouble) => {
      checkGeneric();

      const { code, stdout } = await send(["message.created", ...trouble.filter((word) => word !== undefined)]);

      expect(stdout).toContain("refused, as it should be (401)");
      expect(code).toBe(0);
    },
  );

  it("says no when the app accepts what was tampered with", async () => {
    const { code, stdout } = await send(["message.created", "--tamper", "body"]);

    expect(code).toBe(1);
    expect(stdout).toContain("expected 4xx");
  });

  it("changes one character of one value, and the body stays JSON of the same length", async () => {
    await send(["stripe/invoice.paid", "--tamper", "body", "--expect", "2xx"]);

    const { body, header } = only();
    const [, timestamp, signature] = /^t=(\d+),v1=(\w+)$/.exec(header("stripe-signature") ?? "") ?? [];
    expect(signature).not.toBe(hmac(SECRET, [`${timestamp}.`, body]));
    expect(JSON.parse(body.toString())).toMatchObject({ object: "event", type: "invoice.paid" });
  });

  it("moves the time by a second after signing", async () => {
    await send(["stripe/invoice.paid", "--tamper", "timestamp", "--expect", "2xx"]);

    const { body, header } = only();
    const signature = hmac(SECRET, [`${NOW / 1000}.`, body]);
    expect(header("stripe-signature")).toBe(`t=${NOW / 1000 + 1},v1=${signature}`);
  });

  it("expects the app to accept what --stale leaves within the tolerance", async () => {
    expect((await send(["slack/message", "--stale", "1s"])).code).toBe(0);
    expect((await send(["slack/message", "--stale", "10m"])).code).toBe(1);
  });

  it.each([
    ["1m", "2m"],
    ["20m", "30m"],
  ])("takes the tolerance %s of a provider of one's own for that", async (tolerance, older) => {
    const mine = { header: "X-Mine", content: "{timestamp}.{body}", timestamp: "header:X-Time", tolerance };
    writeFileSync(join(cwd, "hookcli.config.json"), JSON.stringify({ providers: { mine } }));
    const argv = ["--data", "{}", "--provider", "mine", "--stale"];
    app.answer = () => ({ status: 200 });
    const [within, beyond] = [await send([...argv, tolerance]), await send([...argv, older])];

    expect([within.code, beyond.code]).toEqual([0, 1]);
    expect(beyond.stdout).toContain("expected 4xx");
  });

  it("signs a token as of an old time for --stale", async () => {
    await send(["qstash/callback", "--stale", "10m", "--expect", "200"]);

    const [, claims = ""] = only().header("upstash-signature")?.split(".") ?? [];
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      iat: NOW / 1000 - 600,
      exp: NOW / 1000 - 540,
    });
  });

  it("signs rightly with an old time for --stale", async () => {
    await send(["slack/message", "--stale", "10m", "--expect", "200"]);

    const { body, header } = only();
    const timestamp = NOW / 1000 - 600;
    expect(header("x-slack-request-timestamp")).toBe(String(timestamp));
    expect(header("x-slack-signature")).toBe(`v0=${hmac(SECRET, [`v0:${timestamp}:`, body])}`);
  });

  it("delivers one event several times for --duplicate, with the same id", async () => {
    const { code, stdout } = await send(["standard-webhooks/order.shipped", "--duplicate", "3"], {
      env: { HOOKCLI_SECRET: `whsec_${Buffer.from(SECRET).toString("base64")}` },
    });

    expect(code).toBe(0);
    expect(stdout.match(/^200 OK/gm)).toHaveLength(3);
    expect(new Set(app.seen.map(({ header }) => header("webhook-id"))).size).toBe(1);
    expect(new Set(app.seen.map(({ body }) => body.toString())).size).toBe(1);
    const events = await stored();
    expect(events.map(({ attempts }) => attempts.map(({ n }) => n))).toEqual([[1, 2, 3]]);
  });
});

describe("send: the outcome", () => {
  it.each([
    [500, [], 1],
    [404, ["--expect", "404"], 0],
    [404, ["--expect", "status=2xx,404"], 0],
    [200, ["--expect", "5xx"], 1],
    [302, [], 1],
  ])("judges an answer of %i with %j as exit code %i", async (status, argv, expected) => {
    app.answer = () => ({ status });

    expect((await send(["message.created", ...argv])).code).toBe(expected);
  });

  it("ends with 4 when nothing listens", async () => {
    const { port } = app;
    await app.close();

    const { code, stdout } = await run(["send", "message.created", "--to", String(port)]);

    expect(code).toBe(4);
    expect(stdout).toContain("connection refused");
    app = await openTestApp();
  });

  it("ends with 3 when the answer takes too long", async () => {
    app.answer = () => undefined;

    const { code, stdout } = await send(["message.created", "--timeout", "100ms"]);

    expect(code).toBe(3);
    expect(stdout).toContain("no answer in time");
  });

  it("refuses a target that is not on this computer, before connecting", async () => {
    const { code, stdout } = await run(["send", "message.created", "--to", "http://192.0.2.1/"]);

    expect(code).toBe(2);
    expect(stdout).toContain("--allow-remote");
  });

  it("prints one JSON document with --json", async () => {
    const { stdout } = await send(["message.created", "--json"]);

    const [event] = await stored();
    expect(JSON.parse(stdout)).toMatchObject({
      eventId: event?.id,
      seq: 1,
      target: `http://localhost:${app.port}/webhook`,
      attempts: [{ n: 1, status: 200, bodyText: "ok\n" }],
      expected: "2xx",
      accepted: true,
      exitCode: 0,
    });
  });

  it("lets no control character of an answer reach the terminal", async () => {
    app.answer = () => ({ status: 200, body: "\u001b]0;title\u0007\u202e\u009b31m" });

    const { stdout } = await send(["message.created"], { stdoutIsTerminal: true, env: { NO_COLOR: "1" } });

    expect(stdout).toContain("\\x1b]0;title\\x07\\u{202e}\\x9b31m");
  });
});

describe("send: printing in place of sending", () => {
  it("prints the exact request with --dry-run, the bytes of its body as they are", async () => {
    const { code, stdout } = await send(["--data", '{"a": 1.0}', "--dry-run"]);

    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        "POST /webhook HTTP/1.1",
        `Host: localhost:${app.port}`,
        "Content-Type: application/json",
        `X-Signature: ${hmac(SECRET, ['{"a": 1.0}'])}`,
        "Content-Length: 10",
        "",
        '{"a": 1.0}',
      ].join("\n"),
    );
    expect(app.seen).toHaveLength(0);
  });

  it("prints the same for programs with --json", async () => {
    const { stdout } = await send(["--data", "x", "--dry-run", "--json"]);

    expect(JSON.parse(stdout)).toMatchObject({
      method: "POST",
      url: `http://localhost:${app.port}/webhook`,
      bodyText: "x",
    });
  });

  it.each(["--dry-run", "--curl"])("prints no token with %s unless asked to", async (flag) => {
    const argv = ["gitlab/push", flag, "-H", "Authorization: Bearer canary-2"];

    const masked = await send(argv);
    const shown = await send([...argv, "--show-secrets"]);

    expect(masked.stdout + masked.stderr).not.toContain("canary");
    expect(masked.stdout).toMatch(/X-Gitlab-Token: (?:\*\*\*|'"\$GITLAB_WEBHOOK_SECRET)/);
    expect(shown.stdout).toContain(SECRET);
  });
});

describe("send to a running listener", () => {
  async function registered<Result>(
    listeners: readonly { pid: number; publicUrl?: string; port?: number }[],
    work: () => Promise<Result>,
  ): Promise<Result> {
    const store = await openStore({ path: join(cwd, "events.db"), context: { now: () => NOW } });
    for (const { pid, publicUrl, port } of listeners) {
      const localUrl = `http://localhost:${port ?? app.port}`;
      await store.saveListener({
        pid,
        project: cwd,
        localUrl,
        routes: [],
        publicUrl: publicUrl ?? null,
        target: "http://localhost:1",
      });
    }
    try {
      return await work();
    } finally {
      await store.close();
    }
  }

  it("posts to its local URL, and leaves the keeping to it", async () => {
    const { code, stderr } = await registered([{ pid: process.pid }], () => run(["send", "message.created"]));

    expect(code).toBe(0);
    expect(stderr).toContain("the running listener");
    expect(only().path).toBe("/");
    expect(await stored()).toEqual([]);
  });

  it("posts to its public URL with --through-tunnel", async () => {
    const listener = { pid: process.pid, port: 9, publicUrl: `http://localhost:${app.port}` };

    const { code } = await registered([listener], () => run(["send", "message.created", "--through-tunnel"]));

    expect(code).toBe(0);
    expect(app.seen).toHaveLength(1);
  });

  it("lists them when there are several", async () => {
    const listeners = [
      { pid: process.pid, port: 4001 },
      { pid: process.ppid, port: 4002 },
    ];

    const { code, stderr } = await registered(listeners, () => run(["send", "message.created"]));

    expect(code).toBe(2);
    expect(stderr).toContain("http://localhost:4001");
    expect(stderr).toContain("http://localhost:4002");
  });
});
